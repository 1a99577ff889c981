"""EventBridge Scheduler: what is stored, and what is refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.callers import allow, error_of, make_role
from support.schedules import Scheduled, make_scheduled

ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}"
ROLE_REFUSED = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
OFF = {"Mode": "OFF"}


def refusal(scheduled: Scheduled, expression: str = "rate(1 hour)", **more: Any) -> tuple[str, str]:
    """Code and message of the refusal to create a schedule, of which nothing is left."""
    code, message, _ = error_of(scheduled.client.create_schedule, **scheduled.request(expression, **more))
    assert scheduled.client.list_schedules(GroupName=scheduled.group)["Schedules"] == []
    return code, message


def test_a_schedule_has_its_request_and_the_defaults(scheduled: Scheduled) -> None:
    arn = scheduled.create("cron(0 7 ? * MON-FRI *)", Description="morning")

    assert arn == f"{ARN}:schedule/{scheduled.group}/s"
    got = scheduled.client.get_schedule(GroupName=scheduled.group, Name="s")
    assert got["CreationDate"] == got["LastModificationDate"]
    del got["ResponseMetadata"], got["CreationDate"], got["LastModificationDate"]
    assert got == {
        "Arn": arn,
        "GroupName": scheduled.group,
        "Name": "s",
        "ScheduleExpression": "cron(0 7 ? * MON-FRI *)",
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "ActionAfterCompletion": "NONE",
        "Description": "morning",
        "FlexibleTimeWindow": OFF,
        "Target": scheduled.target(RetryPolicy={"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}),
    }


def test_an_update_resets_what_it_omits(scheduled: Scheduled) -> None:
    scheduled.create("rate(1 hour)", State="DISABLED", ScheduleExpressionTimezone="Europe/Berlin", Description="old")

    scheduled.client.update_schedule(**scheduled.request("rate(2 hours)"))

    got = scheduled.client.get_schedule(GroupName=scheduled.group, Name="s")
    assert (got["ScheduleExpression"], got["State"]) == ("rate(2 hours)", "ENABLED")
    assert got["ScheduleExpressionTimezone"] == "UTC"
    assert "Description" not in got


def test_a_refused_update_changes_nothing(scheduled: Scheduled) -> None:
    scheduled.create("rate(1 hour)")

    code, _, _ = error_of(scheduled.client.update_schedule, **scheduled.request("rate(0 hours)"))

    assert code == "ValidationException"
    got = scheduled.client.get_schedule(GroupName=scheduled.group, Name="s")
    assert got["ScheduleExpression"] == "rate(1 hour)"


def test_a_name_is_used_once_in_a_group(scheduled: Scheduled) -> None:
    scheduled.create("rate(1 hour)")

    refused = error_of(scheduled.client.create_schedule, **scheduled.request())

    assert refused == ("ConflictException", "Schedule s already exists.", 409)


def test_a_request_with_the_same_token_is_answered_again(scheduled: Scheduled) -> None:
    arn = scheduled.create("rate(1 hour)", ClientToken="t")

    assert scheduled.create("rate(1 hour)", ClientToken="t") == arn
    refused = error_of(scheduled.client.create_schedule, **scheduled.request("rate(2 hours)", ClientToken="t"))
    assert refused[0] == "ConflictException"


@pytest.mark.parametrize("operation", ["get_schedule", "delete_schedule"])
def test_a_missing_schedule_is_not_found(scheduled: Scheduled, operation: str) -> None:
    refused = error_of(getattr(scheduled.client, operation), GroupName=scheduled.group, Name="none")

    assert refused == ("ResourceNotFoundException", "Schedule none does not exist.", 404)


def test_a_schedule_needs_an_existing_group(scheduled: Scheduled) -> None:
    request = {**scheduled.request(), "GroupName": "none"}

    refused = error_of(scheduled.client.create_schedule, **request)

    assert refused == ("ResourceNotFoundException", "Schedule group none does not exist.", 404)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 hours)",
        "rate(1 week)",
        "at(2030-01-01)",
        "cron(0 7 * * * *)",
        "cron(0 0 7 ? * MON *)",
        "cron(0 25 ? * MON *)",
        "every day",
    ],
)
def test_an_invalid_expression_is_refused(scheduled: Scheduled, expression: str) -> None:
    code, message = refusal(scheduled, expression)

    assert code == "ValidationException"
    assert message.startswith(f"Invalid Schedule Expression {expression}.")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ScheduleExpressionTimezone": "Berlin"}, "Timezone Berlin is not the name of an IANA time zone."),
        ({"StartDate": 1}, "The StartDate you specify cannot be earlier than 5 minutes ago."),
        ({"EndDate": 1}, "The EndDate you specify must be in the future."),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes is required"),
        ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}, "must not be specified"),
        ({"Name": "a b"}, "at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern"),
        ({"State": "ON"}, "at 'state' failed to satisfy constraint: Member must satisfy enum value set"),
    ],
)
def test_an_invalid_member_is_refused(scheduled: Scheduled, more: dict[str, Any], message: str) -> None:
    code, found = refusal(scheduled, **more)

    assert code == "ValidationException"
    assert message in found


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ({"Arn": "machine"}, "Provided Arn is not in correct format."),
        ({"Input": "{"}, "Input must be well-formed JSON for this target"),
        ({"Input": f'"{"x" * 262_143}"'}, "Input must not be longer than 262144 bytes."),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/none"}, ROLE_REFUSED),
    ],
)
def test_an_invalid_target_is_refused(scheduled: Scheduled, member: dict[str, str], message: str) -> None:
    code, found = refusal(scheduled, Target=scheduled.target(**member))

    assert code == "ValidationException"
    assert message in found


def test_the_role_must_trust_the_scheduler(local_aws: LocalAws) -> None:
    scheduled = make_scheduled(local_aws, trusts="lambda.amazonaws.com")

    assert refusal(scheduled) == ("ValidationException", ROLE_REFUSED)


def test_a_target_of_an_unmodelled_service_is_refused(scheduled: Scheduled) -> None:
    universal = scheduled.target(Arn="arn:aws:scheduler:::aws-sdk:sfn:startExecution")

    assert refusal(scheduled, Target=universal)[0] == "NotImplemented"


def test_the_caller_must_pass_the_role(local_aws: LocalAws, scheduled: Scheduled) -> None:
    caller = make_role(local_aws, allow("scheduler:CreateSchedule"))

    code, message, status = error_of(caller.client("scheduler").create_schedule, **scheduled.request())

    assert (code, status) == ("AccessDeniedException", 403)
    assert f"iam:PassRole on resource: {scheduled.role.role_arn}" in message


def test_lists_have_pages_and_filters(scheduled: Scheduled) -> None:
    for name in ("a-1", "a-2", "b-1"):
        scheduled.create("rate(1 hour)", name, State="DISABLED" if name == "a-2" else "ENABLED")

    def names(**filters: Any) -> list[str]:
        pages = scheduled.client.get_paginator("list_schedules").paginate(GroupName=scheduled.group, **filters)
        return [each["Name"] for page in pages for each in page["Schedules"]]

    assert names(PaginationConfig={"PageSize": 2}) == ["a-1", "a-2", "b-1"]
    assert names(NamePrefix="a-") == ["a-1", "a-2"]
    assert names(State="DISABLED") == ["a-2"]


def test_a_deleted_group_takes_its_schedules_with_it(scheduled: Scheduled) -> None:
    scheduled.create("rate(1 hour)")

    scheduled.client.delete_schedule_group(Name=scheduled.group)

    code, message, _ = error_of(scheduled.client.get_schedule, GroupName=scheduled.group, Name="s")
    assert (code, message) == ("ResourceNotFoundException", f"Schedule group {scheduled.group} does not exist.")


def test_a_group_is_created_once_and_the_default_group_stays(scheduled: Scheduled) -> None:
    with pytest.raises(ClientError, match=f"Schedule group {scheduled.group} already exists"):
        scheduled.client.create_schedule_group(Name=scheduled.group)
    with pytest.raises(ClientError, match="The default schedule group cannot be deleted"):
        scheduled.client.delete_schedule_group(Name="default")
    assert scheduled.client.get_schedule_group(Name=scheduled.group)["State"] == "ACTIVE"


def test_a_group_has_the_time_of_its_creation(local_aws: LocalAws) -> None:
    before = make_scheduled(local_aws).now().replace(microsecond=0)
    scheduled = make_scheduled(local_aws)

    created = scheduled.client.get_schedule_group(Name=scheduled.group)["CreationDate"]

    assert before <= created <= scheduled.now()
