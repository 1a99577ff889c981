"""Every outcome is recorded, then the lock is released, then the one notification is published."""

import json
from typing import Any

import pytest

from tests.support.plans import EXECUTION_ARN, deployment_plan, removal_plan
from tests.unit.conftest import ENVIRONMENT, EXECUTION
from tests.unit.fakes import client_error
from tests.unit.notify.world import NOW, World

RECOVERY_ARN = "arn:aws:states:eu-west-1:123456789012:execution:slipway-recover:one"
MESSAGE_ID = "67f0c4a4-0000-4000-8000-000000000001"
SUCCEEDED = {
    "plan": deployment_plan(),
    "endpoint": {"endpointConfigName": "test-endpoint-0123456789ab", "elapsedSeconds": 420.0, "variants": []},
    "tests": [],
    "cleanUp": None,
    "execution": EXECUTION,
    "now": NOW,
}
REMOVED = {
    "plan": removal_plan(),
    "removal": {"removed": ["endpoint test-endpoint"], "kept": [], "left": []},
    "execution": EXECUTION,
    "now": NOW,
}
FAILED = {
    "run": {"arn": EXECUTION_ARN, "redriveCount": 0},
    "plan": deployment_plan(),
    "request": {"endpointName": "test-endpoint"},
    "failure": {"Error": "UpdateFailed", "Cause": json.dumps({"errorMessage": "no capacity"})},
    "rollBack": None,
    "execution": EXECUTION,
    "now": NOW,
}
REMOVAL_FAILED = FAILED | {"plan": removal_plan(), "execution": EXECUTION | {"kind": "removal"}}
EVENTS = [
    pytest.param(SUCCEEDED, id="deployment succeeded"),
    pytest.param(REMOVED, id="removal succeeded"),
    pytest.param(FAILED, id="deployment failed"),
    pytest.param(REMOVAL_FAILED, id="removal failed"),
]


def redriven(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"run": {"arn": event["run"]["arn"], "redriveCount": 2}}


def counted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]


@pytest.mark.parametrize("event", EVENTS)
def test_the_lock_is_released_after_the_record_and_before_the_notification(
    world: World, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]
) -> None:
    seen: list[Any] = []
    update_item, publish = world.dynamodb.update_item, world.sns.on_publish

    def at_update(**parameters: Any) -> Any:
        if parameters["UpdateExpression"] == "REMOVE heldBy":
            seen.append(("release", len(world.history), len(world.sns.calls)))
        return update_item(**parameters)

    def at_publish(parameters: dict[str, Any]) -> Any:
        seen.append(("publish", world.lock_holder))
        return publish(parameters)

    monkeypatch.setattr(world.dynamodb, "update_item", at_update)
    monkeypatch.setattr(world.sns, "on_publish", at_publish, raising=False)

    world.notify(event)

    assert seen == [("release", 1, 0), ("publish", None)]


@pytest.mark.parametrize("event", EVENTS)
def test_the_lock_of_another_execution_is_not_released(world: World, event: dict[str, Any]) -> None:
    world.lock("another")

    assert world.notify(event)["messageId"] == MESSAGE_ID
    assert world.lock_holder == "another"


@pytest.mark.parametrize("event", [FAILED, REMOVAL_FAILED], ids=["deployment", "removal"])
def test_a_redriven_run_releases_and_records_nothing_and_is_reported(world: World, event: dict[str, Any]) -> None:
    output = world.notify(redriven(event))

    assert world.lock_holder == EXECUTION_ARN
    assert world.history == []
    assert output["error"] == "ExecutionRedriven"
    assert output["cause"].startswith("The execution was redriven. It changed nothing")
    assert output["cause"].endswith("What to do: Start the same request again: it continues from the current state.")
    assert world.sns.published["MessageAttributes"]["outcome"]["StringValue"] == "ExecutionRedriven"


def test_a_recovery_releases_its_own_lock_and_reports_the_deployment(world: World) -> None:
    world.lock(RECOVERY_ARN)

    world.notify(FAILED | {"run": {"arn": RECOVERY_ARN, "redriveCount": 0}})

    assert world.lock_holder is None
    assert json.loads(world.sns.published["Message"].splitlines()[-1])["executionArn"] == EXECUTION_ARN


def test_a_recovery_that_did_not_get_the_lock_releases_nothing(world: World) -> None:
    world.notify(FAILED | {"run": {"arn": RECOVERY_ARN, "redriveCount": 0}})

    assert world.lock_holder == EXECUTION_ARN


@pytest.mark.parametrize("event", EVENTS)
def test_a_lock_that_cannot_be_released_is_logged_and_does_not_stop_the_notification(
    world: World, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]
) -> None:
    update_item, warnings = world.dynamodb.update_item, []

    def refuse(**parameters: Any) -> Any:
        if parameters["UpdateExpression"] == "REMOVE heldBy":
            raise client_error("ThrottlingException", "slow down", "UpdateItem")
        return update_item(**parameters)

    monkeypatch.setattr(world.dynamodb, "update_item", refuse)
    monkeypatch.setattr("notify.logic.logger.warning", lambda message, **about: warnings.append((message, about)))

    assert world.notify(event)["messageId"] == MESSAGE_ID
    assert len(world.history) == 1
    ((message, about),) = warnings
    assert (message, about["endpoint"]) == ("lock not released", "test-endpoint")
    assert "slow down" in about["reason"]


@pytest.mark.parametrize("event", EVENTS)
def test_the_notification_is_published_once_even_if_the_state_is_retried(world: World, event: dict[str, Any]) -> None:
    first, second = world.notify(event), world.notify(event)

    assert first["messageId"] == second["messageId"] == MESSAGE_ID
    assert len(world.sns.calls) == len(world.history) == 1


@pytest.mark.parametrize("event", EVENTS)
def test_a_notification_that_cannot_be_published_fails_the_state_after_the_lock_is_released(
    world: World, event: dict[str, Any]
) -> None:
    world.sns.errors["Publish"] = client_error("KMSAccessDenied", "no key", "Publish")

    with pytest.raises(Exception, match="Publish: KMSAccessDenied: no key") as raised:
        world.notify(event)

    assert type(raised.value).__name__ == "AccessDenied"
    assert world.lock_holder is None
    assert len(world.history) == 1


@pytest.mark.parametrize("event", [SUCCEEDED, REMOVED], ids=["deployment", "removal"])
def test_a_record_that_cannot_be_written_is_a_warning_of_a_success(world: World, event: dict[str, Any]) -> None:
    world.fail("put_item", client_error("AccessDeniedException", "not now", "PutItem"))

    output = world.notify(event)

    assert output["warnings"] == [
        "Deployment one was not written to the history, so it cannot be restored: PutItem: AccessDeniedException: not "
        "now. Fix this before the next deployment."
    ]
    assert f"What to do\n{output['warnings'][0]}" in world.sns.published["Message"]


def test_a_record_that_cannot_be_written_is_part_of_the_remedy_of_a_failure(world: World) -> None:
    world.fail("put_item", client_error("AccessDeniedException", "not now", "PutItem"))

    output = world.notify(FAILED)

    assert output["cause"].endswith(
        "\nDeployment one was not written to the history, so it cannot be restored: PutItem: AccessDeniedException: not "
        "now. Fix this before the next deployment."
    )


@pytest.mark.parametrize(
    ("event", "topic", "outcome"),
    [
        (SUCCEEDED, "SUCCESS_TOPIC_ARN", "SUCCEEDED"),
        (REMOVED, "SUCCESS_TOPIC_ARN", "SUCCEEDED"),
        (FAILED, "FAILURE_TOPIC_ARN", "UpdateFailed"),
        (REMOVAL_FAILED, "FAILURE_TOPIC_ARN", "UpdateFailed"),
    ],
)
def test_each_outcome_has_its_topic(world: World, event: dict[str, Any], topic: str, outcome: str) -> None:
    world.notify(event)

    assert world.sns.published["TopicArn"] == ENVIRONMENT[topic]
    assert world.sns.published["MessageAttributes"]["outcome"]["StringValue"] == outcome


@pytest.mark.parametrize(("event", "name"), [(FAILED, "DeploymentsFailed"), (REMOVAL_FAILED, "RemovalsFailed")])
def test_a_failure_is_counted_in_all_and_by_its_error(
    world: World, capsys: pytest.CaptureFixture[str], event: dict[str, Any], name: str
) -> None:
    world.notify(event)

    assert [(line[name], line.get("Error")) for line in counted(capsys)] == [([1.0], "UpdateFailed"), ([1.0], None)]


def test_a_deployment_is_counted_with_its_seconds_to_in_service(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.notify(SUCCEEDED)

    (line,) = counted(capsys)
    assert (line["DeploymentsSucceeded"], line["SecondsToInService"]) == ([1.0], [420.0])


def test_a_deployment_without_changes_has_no_seconds_to_in_service(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.notify(SUCCEEDED | {"plan": deployment_plan("none")})

    (line,) = counted(capsys)
    assert line["DeploymentsSucceeded"] == [1.0]
    assert "SecondsToInService" not in line


def test_a_removal_is_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.notify(REMOVED)

    (line,) = counted(capsys)
    assert line["RemovalsSucceeded"] == [1.0]


def test_a_failure_has_the_state_in_which_it_happened(world: World) -> None:
    output = world.notify(FAILED)

    assert output["error"] == "UpdateFailed"
    assert output["cause"].startswith("no capacity\nFailed in the state Check endpoint.\nLive config: ")


def test_a_failure_whose_message_contains_its_state_gets_no_second_one(world: World) -> None:
    refused = "no\nFailed in the state Update endpoint, which called sagemaker:updateEndpoint."
    failure = {"Error": "RequestRefused", "Cause": json.dumps({"errorMessage": refused})}

    output = world.notify(FAILED | {"failure": failure})

    assert output["cause"].startswith(f"{refused}\nLive config: ")
