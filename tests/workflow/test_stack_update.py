"""An update of a stack of the version before the redesign keeps its exports and its history."""

import tarfile
from pathlib import Path

from local_aws import LocalAws
from tests.support import project
from tests.support.deployment import PROVISION_SECONDS, Slipway
from tools import stack

# That version: `git archive 38a1a0f template.yaml statemachine functions LICENSE README.md`.
BEFORE = Path(__file__).parent / "data" / "stack_of_38a1a0f.tar.xz"


def test_a_stack_update_keeps_the_exports_and_the_history(tmp_path: Path) -> None:
    with tarfile.open(BEFORE) as archive:
        archive.extractall(tmp_path, filter="data")
    with LocalAws() as aws:
        stack.make_model_role(aws)
        aws.post("sagemaker/durations", {"instance": PROVISION_SECONDS})
        before = Slipway(aws, stack.deploy(aws, template=tmp_path / "template.yaml"))
        request = project.event("deploy_endpoint")
        first = before.deploy(request)
        assert first.status == "SUCCEEDED", first.cause
        exports = exported(aws)

        after = Slipway(aws, stack.deploy(aws))

        assert before.outputs.items() <= after.outputs.items()
        assert exports.items() <= exported(aws).items()
        (variant,) = request["productionVariants"]
        second = after.deploy({**request, "productionVariants": [{**variant, "ModelName": "newer"}]})
        assert (second.status, second.output["action"]) == ("SUCCEEDED", "update"), second.cause
        restored = after.deploy({"endpointName": request["endpointName"], "rollback": True})
        assert restored.status == "SUCCEEDED", restored.cause
        assert restored.output["trigger"]["deploymentId"] == first.output["deploymentId"]
        assert restored.output["endpointConfigName"] == first.output["endpointConfigName"]
        assert after.scaling(request["endpointName"]) == {
            "AllTraffic": (1, 4, [request["targetTrackingScalingPolicyConfiguration"]])
        }


def exported(aws: LocalAws) -> dict[str, str]:
    """Exports of the Region, by name."""
    pages = aws.client("cloudformation").get_paginator("list_exports").paginate()
    return {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}
