"""Invocations of inference components: refusals, answers that are set, and metrics."""

from typing import Any

import pytest

from support.components import Components
from support.hosting import Hosting, refused

NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if "
    "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)


@pytest.fixture
def components(hosting: Hosting) -> Components:
    return Components(hosting)


def total(hosting: Hosting, component: str, metric: str) -> float:
    """The sum of a metric of a component over the last hour."""
    data: dict[str, Any] = hosting.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": "InferenceComponentName", "Value": component}],
        StartTime="2020-01-01T00:00:00Z",
        EndTime="2100-01-01T00:00:00Z",
        Period=3_153_600_000 // 60 * 60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in data["Datapoints"]))


def test_each_component_gives_its_answer_and_is_counted(components: Components, hosting: Hosting) -> None:
    endpoint = components.endpoint()
    for name in ("llm-a", "llm-b"):
        components.component(endpoint, name, copies=2)
        hosting.aws.post(
            "sagemaker/answers", [{"endpointName": endpoint, "inferenceComponentName": name, "body": f"by {name}"}]
        )

    answers = [hosting.invoke(endpoint, InferenceComponentName=name) for name in ("llm-a", "llm-b")]

    assert [answer["Body"] for answer in answers] == ["by llm-a", "by llm-b"]
    assert answers[0]["InvokedProductionVariant"] == "AllTraffic"
    assert (total(hosting, "llm-a", "Invocations"), total(hosting, "llm-a", "InvocationsPerCopy")) == (1.0, 0.5)


def test_an_endpoint_for_components_needs_the_name_of_one(components: Components, hosting: Hosting) -> None:
    endpoint = components.endpoint()
    message = (
        "Inference Component Name header is required for endpoints to which you plan to deploy inference components. "
        "Please include Inference Component Name header or consider using SageMaker models."
    )
    with refused("ValidationError", message):
        hosting.invoke(endpoint)
    with refused("ValidationError", f"Inference component none not found for endpoint {endpoint}."):
        hosting.invoke(endpoint, InferenceComponentName="none")


def test_an_ordinary_endpoint_refuses_the_name_of_a_component(hosting: Hosting) -> None:
    hosting.endpoint("ordinary-runtime")
    message = (
        "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference "
        "components. Please remove the Inference Component Name header and try again."
    )
    with refused("ValidationError", message):
        hosting.invoke("ordinary-runtime", InferenceComponentName="llm")


def test_a_component_without_copies_has_no_capacity_and_counts_the_failure(
    components: Components, hosting: Hosting
) -> None:
    endpoint = components.endpoint(components.variant(minimum=0))
    components.component(endpoint, "asleep")
    components.scale("asleep", 0)

    with refused("ValidationError", NO_CAPACITY):
        hosting.invoke(endpoint, InferenceComponentName="asleep")

    assert total(hosting, "asleep", "NoCapacityInvocationFailures") == 1.0
    assert total(hosting, "asleep", "Invocations") == 0.0


def test_an_adapter_answers_on_the_copies_of_its_base(components: Components, hosting: Hosting) -> None:
    endpoint = components.endpoint()
    components.component(endpoint, "runtime-base")
    components.sagemaker.create_inference_component(**components.adapter(endpoint, "runtime-adapter", "runtime-base"))
    components.wait("runtime-adapter")
    with pytest.raises(hosting.runtime.exceptions.ClientError, match="no container here loads adapters"):
        hosting.invoke(endpoint, InferenceComponentName="runtime-adapter")
    hosting.answer(endpoint, "answered")

    assert hosting.invoke(endpoint, InferenceComponentName="runtime-adapter")["Body"] == "answered"
    components.scale("runtime-base", 0)
    with refused("ValidationError", NO_CAPACITY):
        hosting.invoke(endpoint, InferenceComponentName="runtime-adapter")


def test_a_component_on_an_image_that_does_not_run_here_needs_an_answer(
    components: Components, hosting: Hosting
) -> None:
    endpoint = components.endpoint()
    components.component(endpoint, "not-run")

    with pytest.raises(hosting.runtime.exceptions.ClientError, match="llm:1 cannot run here: only AWS's images"):
        hosting.invoke(endpoint, InferenceComponentName="not-run")
