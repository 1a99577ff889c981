"""An update of a stack of the version before the redesign, and the real template in China."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.support import project
from tests.support.deployment import PROVISION_SECONDS, Run, Slipway
from tools import stack

# That version: `git archive 38a1a0f template.yaml statemachine functions LICENSE README.md`.
BEFORE = Path(__file__).parent / "data" / "stack_of_38a1a0f.tar.xz"
REQUEST = project.event("deploy_endpoint")


@dataclass(frozen=True)
class Updated:
    """A stack of the version before the redesign with a deployment, and the same stack after its update."""

    before: Slipway
    first: Run
    exports: dict[str, str]
    after: Slipway


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Updated]:
    """The update, in China: in a partition other than the commercial one."""
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(BEFORE) as archive:
        archive.extractall(folder, filter="data")
    with LocalAws(region="cn-north-1") as aws:
        stack.make_model_role(aws)
        aws.post("sagemaker/durations", {"instance": PROVISION_SECONDS})
        before = Slipway(aws, stack.deploy(aws, template=folder / "template.yaml"))
        first, exports = before.deploy(REQUEST), exported(aws)
        yield Updated(before, first, exports, Slipway(aws, stack.deploy(aws)))


def test_a_stack_update_keeps_the_exports_and_the_history(updated: Updated) -> None:
    after, first = updated.after, updated.first
    assert first.status == "SUCCEEDED", first.cause
    assert updated.before.outputs.items() <= after.outputs.items()
    assert updated.exports.items() <= exported(after.aws).items()
    (variant,) = REQUEST["productionVariants"]
    second = after.deploy({**REQUEST, "productionVariants": [{**variant, "ModelName": "newer"}]})
    assert (second.status, second.output["action"]) == ("SUCCEEDED", "update"), second.cause
    restored = after.deploy({"endpointName": REQUEST["endpointName"], "rollback": True})
    assert restored.status == "SUCCEEDED", restored.cause
    assert restored.output["trigger"]["deploymentId"] == first.output["deploymentId"]
    assert restored.output["endpointConfigName"] == first.output["endpointConfigName"]
    assert after.scaling(REQUEST["endpointName"]) == {
        "AllTraffic": (1, 4, [REQUEST["targetTrackingScalingPolicyConfiguration"]])
    }


def test_an_endpoint_is_deployed_scaled_and_notified_in_china(updated: Updated) -> None:
    slipway = updated.after

    run = slipway.deploy({**REQUEST, "endpointName": "in-china", "alarms": "create"})

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["endpointArn"] == "arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/in-china"
    assert slipway.scaling("in-china")["AllTraffic"][:2] == (1, 4)
    assert "https://cn-north-1.console.amazonaws.cn/" in json.dumps(run.message)
    assert "arn:aws:" not in json.dumps([run.output, run.message, slipway.outputs])


def exported(aws: LocalAws) -> dict[str, str]:
    """Exports of the Region, by name."""
    pages = aws.client("cloudformation").get_paginator("list_exports").paginate()
    return {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}
