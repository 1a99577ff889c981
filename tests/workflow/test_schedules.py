"""The schedules of an endpoint are created, changed, restored and deleted with its deployments."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.deployment import Slipway, deployment
from tests.support.roles import document
from tools import deployer

Json = dict[str, Any]
BERLIN = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}
LONGER = BERLIN | {"weekdays": "06:00-21:00"}
ALL = {"weekdays-up": "cron(45 6 ? * MON-FRI *)", "weekdays-retry": "cron(0 7 ? * MON-FRI *)"} | {
    "weekdays-away": "cron(0 20 ? * MON-FRI *)"
}
GROUP = "slipway-off-hours"


@pytest.fixture
def scheduled(slipway: Slipway, request_for: Any) -> Iterator[Callable[..., Json]]:
    """Return a function that returns a request with hours; its endpoint is removed after the test."""
    names = []

    def make(endpoint_name: str, **changes: Any) -> Json:
        names.append(endpoint_name)
        return request_for(endpoint_name, **{"schedule": BERLIN} | changes)  # type: ignore[no-any-return]

    yield make
    slipway.clear_faults()
    for name in dict.fromkeys(names):
        slipway.remove({"endpointName": name, "confirm": name})


def schedules(slipway: Slipway, endpoint_name: str) -> dict[str, Json]:
    """The schedules of the endpoint by the ends of their names."""
    scheduler = slipway.aws.client("scheduler")
    listed = scheduler.list_schedules(GroupName=GROUP, NamePrefix=f"{endpoint_name}-", MaxResults=100)["Schedules"]
    found = [scheduler.get_schedule(GroupName=GROUP, Name=each["Name"]) for each in listed]
    return {"-".join(each["Name"].split("-")[-2:]): each for each in found}


def expressions(slipway: Slipway, endpoint_name: str) -> dict[str, str]:
    return {name: each["ScheduleExpression"] for name, each in schedules(slipway, endpoint_name).items()}


def test_an_endpoint_with_hours_has_schedules_that_start_the_two_machines(slipway: Slipway, scheduled: Any) -> None:
    run = slipway.deploy(scheduled("with-hours"))

    assert run.status == "SUCCEEDED", run.cause
    assert expressions(slipway, "with-hours") == ALL
    targets = {name: each["Target"] for name, each in schedules(slipway, "with-hours").items()}
    assert {name: target["Arn"] for name, target in targets.items()} == {
        "weekdays-up": slipway.machine_arn,
        "weekdays-retry": slipway.machine_arn,
        "weekdays-away": slipway.removing_machine_arn,
    }
    assert json.loads(targets["weekdays-away"]["Input"]) == {
        "endpointName": "with-hours",
        "scheduled": {"wants": "away", "time": "<aws.scheduler.scheduled-time>"},
    }
    assert {target["RoleArn"] for target in targets.values()} == {
        f"arn:aws:iam::123456789012:role/{slipway.physical_id('OffHoursRole')}"
    }
    sentence = "up on weekdays from 07:00 to 20:00 Berlin time; created again from 06:45"
    assert run.output["schedule"] == {"changed": True, "sentence": sentence}
    assert f"Schedule\nThe endpoint is {sentence}.\n" in run.message["message"]


def test_the_same_hours_again_change_nothing_and_other_hours_only_the_schedules(
    slipway: Slipway, scheduled: Any
) -> None:
    slipway.deploy(scheduled("other-hours"))

    again = slipway.deploy(scheduled("other-hours"))
    longer = slipway.deploy(scheduled("other-hours", schedule=LONGER))

    assert (again.mutations("scheduler"), again.output["changed"]) == ([], False)
    assert (longer.mutations("scheduler"), longer.mutations("sagemaker")) == (["UpdateSchedule"] * 3, [])
    assert (longer.output["action"], longer.output["changed"]) == ("none", True)
    assert "only its schedule changed" in longer.message["message"]
    assert expressions(slipway, "other-hours")["weekdays-away"] == "cron(0 21 ? * MON-FRI *)"


def test_a_request_without_hours_deletes_the_schedules_and_a_rollback_restores_them(
    slipway: Slipway, scheduled: Any, request_for: Any
) -> None:
    slipway.deploy(scheduled("dropped-hours"))

    dropped = slipway.deploy(request_for("dropped-hours"))

    assert dropped.status == "SUCCEEDED", dropped.cause
    assert expressions(slipway, "dropped-hours") == {}
    assert "Schedule\nRemoved: the endpoint is up at all hours.\n" in dropped.message["message"]

    restored = slipway.deploy({"endpointName": "dropped-hours", "rollback": True})

    assert restored.status == "SUCCEEDED", restored.cause
    assert expressions(slipway, "dropped-hours") == ALL


def test_a_failed_creation_leaves_no_schedule(slipway: Slipway, scheduled: Any) -> None:
    slipway.aws.post("sagemaker/answers", [{"endpointName": "failed-hours", "body": {"wrong": True}}])
    test = {"name": "golden", "body": {}, "expect": {"equals": {"/wrong": False}}}

    run = slipway.deploy(scheduled("failed-hours", test=[test]))

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    assert "CreateSchedule" in run.mutations("scheduler")
    assert (slipway.endpoint("failed-hours"), expressions(slipway, "failed-hours")) == (None, {})


@pytest.mark.parametrize(
    ("name", "schedule"),
    [("changed", {"schedule": LONGER}), ("added", {"schedule": {**LONGER, "weekends": "09:00-18:00"}})],
)
def test_a_failed_change_of_hours_restores_the_former_schedules(
    slipway: Slipway, scheduled: Any, name: str, schedule: Json
) -> None:
    endpoint_name = f"{name}-hours"
    slipway.deploy(scheduled(endpoint_name))
    before = {name: without_times(each) for name, each in schedules(slipway, endpoint_name).items()}
    slipway.aws.post("sagemaker/answers", [{"endpointName": endpoint_name, "body": {"wrong": True}}])
    test = {"name": "golden", "body": {}, "expect": {"equals": {"/wrong": False}}}

    run = slipway.deploy(scheduled(endpoint_name, test=[test], **schedule))

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    assert "UpdateSchedule" in run.mutations("scheduler")
    assert {name: without_times(each) for name, each in schedules(slipway, endpoint_name).items()} == before


def without_times(schedule: Json) -> Json:
    return {
        name: schedule[name]
        for name in schedule
        if name not in ("LastModificationDate", "ResponseMetadata", "CreationDate")
    }


def test_schedules_that_a_failed_deployment_without_hours_deleted_are_created_again(
    slipway: Slipway, scheduled: Any, request_for: Any
) -> None:
    slipway.deploy(scheduled("kept-hours"))
    slipway.aws.post("sagemaker/answers", [{"endpointName": "kept-hours", "body": {"wrong": True}}])
    test = {"name": "golden", "body": {}, "expect": {"equals": {"/wrong": False}}}

    run = slipway.deploy(request_for("kept-hours", test=[test]))

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    assert expressions(slipway, "kept-hours") == ALL


def test_a_removal_on_request_deletes_the_schedules_before_the_endpoint(slipway: Slipway, scheduled: Any) -> None:
    slipway.deploy(scheduled("removed-hours"))

    run = slipway.remove({"endpointName": "removed-hours", "confirm": "removed-hours"})

    assert run.status == "SUCCEEDED", run.cause
    deletions = [call["operation"] for call in run.calls if call["operation"] in ("DeleteSchedule", "DeleteEndpoint")]
    assert deletions == ["DeleteSchedule"] * 3 + ["DeleteEndpoint"]
    assert expressions(slipway, "removed-hours") == {}
    assert len([each for each in run.output["removed"] if each.startswith("schedule removed-hours-")]) == 3


def test_a_schedule_that_others_change_at_the_same_time_is_as_requested_in_the_end(
    slipway: Slipway, scheduled: Any
) -> None:
    """It exists when it is to be created, and is gone when it is to be updated."""
    slipway.deploy(scheduled("doubled-hours"))
    name = schedules(slipway, "doubled-hours")["weekdays-up"]["Name"]
    conflict = {"match": {"Name": name}, "times": 1, "status": 409}
    slipway.aws.client("scheduler").delete_schedule(GroupName=GROUP, Name=name)
    slipway.fault("scheduler", "CreateSchedule", "ConflictException", f"Schedule {name} already exists.", **conflict)

    run = slipway.deploy(scheduled("doubled-hours"))

    assert run.status == "SUCCEEDED", run.cause
    assert expressions(slipway, "doubled-hours") == ALL


def policy_of(slipway: Slipway, logical_id: str) -> tuple[str, str, Json]:
    """Role, name and document of the role's inline policy."""
    iam, role = slipway.aws.client("iam"), slipway.physical_id(logical_id)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return role, name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def test_without_the_right_to_pass_the_role_nothing_is_left(slipway: Slipway, scheduled: Any) -> None:
    iam = slipway.aws.client("iam")
    role, name, rights = policy_of(slipway, "RegisterScalingFunctionRole")
    others = [each for each in rights["Statement"] if each["Action"] != "iam:PassRole"]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document(*others))

    try:
        run = slipway.deploy(scheduled("not-passed"))
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(rights))

    assert (run.status, run.error) == ("FAILED", "AccessDenied")
    assert "iam:PassRole" in run.cause
    assert (slipway.endpoint("not-passed"), expressions(slipway, "not-passed")) == (None, {})


def test_a_role_that_scheduler_cannot_take_is_a_scaling_failure_and_nothing_is_left(
    slipway: Slipway, scheduled: Any
) -> None:
    iam, role = slipway.aws.client("iam"), slipway.physical_id("OffHoursRole")
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    (statement,) = trust["Statement"]
    condition = {"StringEquals": {"aws:SourceArn": "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/other"}}
    others = document({**statement, "Condition": condition})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=others)

    try:
        run = slipway.deploy(scheduled("not-trusted"))
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))

    assert (run.status, run.error) == ("FAILED", "ScalingFailed")
    assert "must allow AWS EventBridge Scheduler to assume the role" in run.cause
    assert (slipway.endpoint("not-trusted"), expressions(slipway, "not-trusted")) == (None, {})


def test_the_deployer_deletes_the_schedules_with_the_stack_and_the_endpoint_stays(request_for: Any) -> None:
    with deployment() as slipway:
        run = slipway.deploy(request_for("outlives-its-hours", schedule=BERLIN))
        assert run.status == "SUCCEEDED", run.cause

        deployer.delete(slipway.aws, deployer.credentials(slipway.aws))

        scheduler = slipway.aws.client("scheduler")
        assert [each["Name"] for each in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default"]
        assert scheduler.list_schedules()["Schedules"] == []
        endpoint = slipway.endpoint("outlives-its-hours")
        assert endpoint is not None
        assert endpoint["EndpointStatus"] == "InService"
