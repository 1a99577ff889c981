"""Every bad event in events/ is refused before anything changes."""

import json

import pytest

from tests.support import project
from tests.support.deployment import Slipway

BAD = sorted(path.stem for path in (project.ROOT / "events").glob("bad_*.json"))
GOOD_ENDINGS = {"bad_unknown_model": "ModelNotFound"}


@pytest.mark.parametrize("event", BAD)
def test_a_bad_event_is_refused_with_one_message_and_changes_nothing(slipway: Slipway, event: str) -> None:
    run = slipway.deploy(project.event(event), with_models=event not in GOOD_ENDINGS)

    assert (run.status, run.error) == ("FAILED", GOOD_ENDINGS.get(event, "InvalidRequest"))
    assert run.path == ["Plan deployment", "Notify failure", "Deployment failed"]
    assert run.mutations("sagemaker") + run.mutations("application-autoscaling") == []
    assert run.message["topicArn"] == slipway.outputs["FailureTopicArn"]


def test_all_faults_are_reported_at_once_with_their_pointers(slipway: Slipway) -> None:
    request = project.event("deploy_endpoint")
    request["endpointName"] = "under_score"
    request["productionVariants"][0]["InitialInstanceCount"] = 0
    request["deadlineSeconds"] = "soon"

    run = slipway.deploy(request, with_models=False)

    assert run.error == "InvalidRequest"
    for pointer in ("/endpointName", "/productionVariants/0/InitialInstanceCount", "/deadlineSeconds"):
        assert pointer in run.cause


def test_a_request_of_the_maximum_input_size_is_refused_with_the_limit(slipway: Slipway) -> None:
    request = project.event("deploy_endpoint") | {"padding": ""}
    request["padding"] = "x" * (262_144 - len(json.dumps(request)))

    run = slipway.deploy(request, with_models=False)

    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
    assert "exceeds the 262,144 bytes that Step Functions passes" in run.cause
    assert "test-endpoint: deployment failed, InvalidRequest" in run.message["subject"]


@pytest.mark.parametrize("payload", ["text", 7, None, [], {}])
def test_a_payload_that_is_not_a_request_is_refused(slipway: Slipway, payload: object) -> None:
    run = slipway.deploy(json.loads(json.dumps(payload)), with_models=False)

    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
