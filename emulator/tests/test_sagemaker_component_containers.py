"""Containers of inference components: they answer with the component's own code while it has copies."""

from typing import Any

import pytest

from local_aws import until
from support.components import Components
from support.hosting import Hosting
from support.serving import SCRIPT, SCRIPT_MODE, SKLEARN, Serving, archive

Json = dict[str, Any]

BROKEN = "def model_fn(model_dir):\n    raise RuntimeError('no model')\n"
UNHEALTHY = (
    "The container of the inference component did not pass the ping health check. Please check CloudWatch logs for "
    "this inference component."
)


class Coded:
    """Components with code, on an endpoint whose role can read their models."""

    def __init__(self, hosting: Hosting, serving: Serving) -> None:
        self.components, self.serving, self.hosting = Components(hosting), serving, hosting

    def endpoint(self, name: str) -> str:
        config = self.hosting.config(name, self.components.variant(minimum=0), ExecutionRoleArn=self.serving.role_arn)
        self.hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.hosting.wait(name)
        return name

    def specification(self, key: str, script: str = SCRIPT, **changes: Any) -> Json:
        """A specification with a container of its own, whose model is called like the key."""
        uri = self.serving.upload(key, archive(code__inference=script, name=key))
        container = {"Image": SKLEARN, "ArtifactUrl": uri, "Environment": SCRIPT_MODE}
        return self.components.specification(Container=container, **changes)

    def invoke(self, endpoint: str, component: str) -> Any:
        return self.serving.invoke(endpoint, InferenceComponentName=component)


@pytest.fixture
def coded(hosting: Hosting, serving: Serving) -> Coded:
    return Coded(hosting, serving)


def test_each_component_answers_with_its_own_code(coded: Coded) -> None:
    endpoint = coded.endpoint("coded")
    coded.serving.config("coded-model", coded.serving.container("of-model"))
    of_model = coded.components.specification(ModelName="coded-model")
    del of_model["Container"]

    coded.components.component(endpoint, "by-model", Specification=of_model)
    coded.components.component(endpoint, "by-container", copies=2, Specification=coded.specification("of-container"))

    assert coded.invoke(endpoint, "by-model")["model"] == "of-model"
    assert coded.invoke(endpoint, "by-container")["model"] == "of-container"
    group = "/aws/sagemaker/InferenceComponents/by-container"
    assert coded.hosting.aws.client("logs").describe_log_streams(logGroupName=group)["logStreams"]


def test_a_component_can_have_a_model_and_variables_of_its_own(coded: Coded) -> None:
    endpoint = coded.endpoint("coded-both")
    script = "import os\n" + SCRIPT.replace('"pid": os.getpid()', '"pid": os.environ["WHO"]')
    coded.serving.config("both-model", coded.serving.container("both", script=script))

    both = coded.components.specification(ModelName="both-model", Container={"Environment": {"WHO": "me"}})
    coded.components.component(endpoint, "both", Specification=both)

    assert coded.invoke(endpoint, "both")["pid"] == "me"


def test_an_update_replaces_the_container(coded: Coded) -> None:
    endpoint = coded.endpoint("coded-update")
    coded.components.component(endpoint, "replaced", Specification=coded.specification("replaced-1"))

    coded.components.sagemaker.update_inference_component(
        InferenceComponentName="replaced", Specification=coded.specification("replaced-2")
    )
    coded.components.wait("replaced")

    assert coded.invoke(endpoint, "replaced")["model"] == "replaced-2"


def test_a_container_starts_again_when_the_component_returns_from_zero(coded: Coded) -> None:
    endpoint = coded.endpoint("coded-zero")
    coded.components.component(endpoint, "returns", Specification=coded.specification("returns"))
    before = coded.invoke(endpoint, "returns")["pid"]

    coded.components.scale("returns", 0)
    coded.components.scale("returns", 1)

    after = coded.invoke(endpoint, "returns")
    assert after["model"] == "returns"
    assert after["pid"] != before


def test_more_copies_start_no_other_container(coded: Coded) -> None:
    endpoint = coded.endpoint("coded-copies")
    coded.components.component(endpoint, "copied", Specification=coded.specification("copied"))
    before = coded.invoke(endpoint, "copied")["pid"]

    coded.components.scale("copied", 2)

    assert coded.invoke(endpoint, "copied")["pid"] == before


def test_a_component_whose_container_does_not_start_fails_after_its_time_out(coded: Coded) -> None:
    endpoint = coded.endpoint("coded-broken")
    broken = coded.specification(
        "broken", BROKEN, StartupParameters={"ContainerStartupHealthCheckTimeoutInSeconds": 600}
    )
    coded.components.sagemaker.create_inference_component(
        **coded.components.request(endpoint, "broken", Specification=broken)
    )

    failed = coded.components.wait("broken", "Failed")

    assert failed["FailureReason"] == UNHEALTHY
    seconds = (failed["LastModifiedTime"] - failed["CreationTime"]).total_seconds()
    assert seconds == pytest.approx(137 + 600, abs=5)
    assert failed["RuntimeConfig"]["CurrentCopyCount"] == 0


def test_an_update_to_a_container_that_does_not_start_keeps_the_old_one(coded: Coded) -> None:
    endpoint = coded.endpoint("coded-keeps")
    coded.components.component(endpoint, "keeps", Specification=coded.specification("keeps-1"))

    coded.components.sagemaker.update_inference_component(
        InferenceComponentName="keeps", Specification=coded.specification("keeps-2", BROKEN)
    )
    kept = coded.components.wait("keeps")

    assert kept["FailureReason"] == UNHEALTHY
    assert kept["Specification"]["Container"]["ArtifactUrl"].endswith("/keeps-1")
    assert coded.invoke(endpoint, "keeps")["model"] == "keeps-1"


def test_a_component_of_a_deleted_endpoint_has_no_container(coded: Coded, hosting: Hosting) -> None:
    endpoint = coded.endpoint("coded-gone")
    coded.components.component(endpoint, "left-behind", Specification=coded.specification("left-behind"))
    hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    until(lambda: not hosting.exists(endpoint))

    hosting.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=endpoint)
    hosting.wait(endpoint)

    with pytest.raises(hosting.runtime.exceptions.ClientError, match="left-behind has no container"):
        coded.invoke(endpoint, "left-behind")
