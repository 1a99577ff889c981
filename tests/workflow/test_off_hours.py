"""Schedules remove an endpoint when its hours end and bring it back before they begin, through the same machines."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local_aws import until
from tests.faults.world import snapshot
from tests.support.answering import GOLDEN, SETOSA, VIRGINICA, set_answer
from tests.support.components import adapter_of, described, specification, variant
from tests.support.deployment import Slipway, deployment
from tests.support.off_hours import HOURS, ZONE, OffHours
from tests.support.scaling import ExternalScaling
from tests.support.scenarios.approving import approve
from tests.support.scenarios.catalogue import endpoint
from tests.workflow.test_history import history
from tests.workflow.test_update import with_model
from tools import stack

# Days around both changes of the clocks in 2026, from a Thursday to a Tuesday.
WEEKS = {"spring": "2026-03-26", "autumn": "2026-10-22"}


@pytest.fixture(scope="module")
def berlin() -> Iterator[Slipway]:
    """The deployed application in spring: tests here let days pass."""
    with deployment(time="2026-03-26T09:00:00Z", AbortRollsBack="true") as slipway:
        yield slipway


@pytest.fixture
def slipway(berlin: Slipway) -> Iterator[Slipway]:
    """The deployed application, without the faults and outcomes of other tests."""
    yield berlin
    berlin.clear_faults()


@pytest.fixture
def hours(slipway: Slipway, request: Any, request_for: Any) -> Iterator[OffHours]:
    """An endpoint that is up on weekdays; its schedules are removed after the test."""
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:30].rstrip("-")
    days = OffHours(slipway, name)
    days.play(days.next("10:00"))
    run = slipway.deploy(request_for(name, schedule=HOURS, alarms="create"))
    assert run.status == "SUCCEEDED", run.cause
    yield days
    slipway.clear_faults()
    days.remove()


@pytest.mark.parametrize("week", WEEKS)
def test_the_endpoint_is_up_and_away_at_the_local_times_of_both_daylight_savings(
    slipway: Slipway, request_for: Any, week: str
) -> None:
    days = OffHours(slipway, f"week-of-{week}")
    thursday = datetime.fromisoformat(f"{WEEKS[week]}T12:00").replace(tzinfo=ZONE)
    days.play(thursday)
    slipway.deploy(request_for(days.name, schedule=HOURS))
    slipway.aws.delete("calls")

    days.play(thursday + timedelta(days=5))

    sunday = thursday + timedelta(days=3)
    assert (sunday - timedelta(days=1)).utcoffset() != sunday.utcoffset()
    date = thursday.day
    assert days.changes() == [
        f"Thu {date} 20:00 away",
        f"Fri {date + 1} 06:45 up",
        f"Fri {date + 1} 20:00 away",
        f"Mon {date + 4} 06:45 up",
        f"Mon {date + 4} 20:00 away",
        f"Tue {date + 5} 06:45 up",
    ]
    ticked = days.ticked()
    assert {(each.status, each.output["action"]) for each in ticked} == {
        ("SUCCEEDED", "remove"),
        ("SUCCEEDED", "create"),
        ("SUCCEEDED", "none"),
    }
    changed = [each for each in ticked if each.output["changed"]]
    assert len(days.messages(*ticked)) == len(changed) == len(days.changes())
    days.remove()


def test_a_night_keeps_what_the_morning_needs(hours: OffHours) -> None:
    slipway = hours.slipway
    before = snapshot(slipway, hours.name)

    (night,) = hours.evening()

    away = snapshot(slipway, hours.name)
    assert (away.endpoint, away.scaling, away.alarms, away.held_by) == (None, {}, {}, None)
    assert away.configs == before.configs
    assert night.output["removed"][0] == f"endpoint {hours.name}"
    (message,) = hours.messages(night)
    assert message["topicArn"] == slipway.outputs["SuccessTopicArn"]
    assert f"{hours.name} is away until its hours begin." in message["message"]

    morning, again = hours.morning()

    assert (morning.output["action"], again.output["action"]) == ("create", "none")
    assert "is InService" in again.output["reason"]
    back = snapshot(slipway, hours.name)
    assert (back.scaling, back.alarms.keys(), back.configs) == (before.scaling, before.alarms.keys(), before.configs)
    assert [(record.kind, record.action) for record in history(slipway, hours.name)] == [
        ("schedule", "create"),
        ("schedule", "remove"),
        ("request", "create"),
    ]


def test_an_alarm_to_which_an_owner_added_an_action_still_has_it_in_the_morning(hours: OffHours) -> None:
    cloudwatch, topic = hours.slipway.aws.client("cloudwatch"), hours.slipway.outputs["FailureTopicArn"]
    name, alarm = next(iter(snapshot(hours.slipway, hours.name).alarms.items()))
    cloudwatch.put_metric_alarm(**alarm | {"AlarmActions": [topic]})

    hours.evening()
    away = snapshot(hours.slipway, hours.name).alarms
    morning, _ = hours.morning()

    assert (list(away), morning.status) == ([name], "SUCCEEDED"), morning.cause
    assert snapshot(hours.slipway, hours.name).alarms[name]["AlarmActions"] == [topic]


def test_every_delivery_of_a_tick_after_the_first_changes_nothing(hours: OffHours) -> None:
    nights, mornings = hours.evening(deliveries=2), hours.morning(deliveries=2)

    assert sorted(each.output["action"] for each in nights) == ["none", "remove"]
    assert sorted(each.output["action"] for each in mornings) == ["create", "none", "none", "none"]
    assert len(hours.messages(*nights, *mornings)) == 2


def test_a_tick_that_arrives_hours_late_changes_nothing(hours: OffHours) -> None:
    hours.slipway.wait(hours.tick("away"))
    assert hours.is_up()
    hours.evening()
    hours.slipway.wait(hours.tick("up"))
    assert not hours.is_up()

    late_night, _, late_morning = hours.ticked()

    assert "is within the hours of deployment" in late_night.output["reason"]
    assert "is outside the hours of deployment" in late_morning.output["reason"]
    assert hours.messages(late_night, late_morning) == []
    assert len(history(hours.slipway, hours.name)) == 2


def test_a_morning_that_fails_is_reported_with_its_command_and_the_next_tick_recovers(hours: OffHours) -> None:
    hours.evening()
    hours.slipway.outcome(hours.name, "create", "fails")

    failed, recovered = hours.morning()

    assert (failed.status, failed.error, recovered.output["action"]) == ("FAILED", "CreateFailed", "create")
    (message,) = hours.messages(failed)
    assert message["topicArn"] == hours.slipway.outputs["FailureTopicArn"]
    assert message["subject"].endswith("deployment failed, CreateFailed; the endpoint is still away")
    assert f"Endpoint {hours.name} is still away (removed at " in failed.cause
    command = failed.cause.splitlines()[-1]
    assert f"--state-machine-arn {hours.slipway.machine_arn} --input '" in command
    assert json.loads(command.partition("--input '")[2].removesuffix("'"))["scheduled"]["wants"] == "up"
    assert hours.is_up()


def test_a_night_waits_for_a_deployment_and_the_morning_deploys_its_outcome(hours: OffHours, request_for: Any) -> None:
    slipway = hours.slipway
    newer = with_model(request_for(hours.name, schedule=HOURS), f"{hours.name}-2")
    stack.make_models(slipway.aws, newer)
    slipway.outcome(hours.name, "update", "succeeds", afterSeconds=7200)
    hours.play(hours.next("19:00"))
    deploys = slipway.start(newer | {"deadlineSeconds": 14400})

    (night,) = hours.evening()

    assert slipway.wait(deploys)["status"] == "SUCCEEDED"
    assert (night.at[-5:], slipway.entered(night.arn, "Wait for turn")) == ("20:00", True)
    assert night.output["action"] == "remove"
    morning, _ = hours.morning()
    assert morning.output["modelNames"] == [f"{hours.name}-2"]


def test_an_approval_at_night_is_up_until_the_next_end_and_comes_back(slipway: Slipway) -> None:
    days = OffHours(slipway, endpoint("approved_at_night"))
    days.play(days.next("22:00"))

    approved = approve(slipway, "approved_at_night", schedule=HOURS)

    assert approved.status == "SUCCEEDED", approved.cause
    assert "The endpoint exists until they end the next time." in " ".join(approved.output["warnings"])
    assert [each.output["action"] for each in days.morning()] == ["none", "none"]
    assert days.is_up()
    assert [each.output["action"] for each in days.evening()] == ["remove"]
    morning, _ = days.morning()
    assert morning.output["modelNames"] == approved.output["modelNames"]
    days.remove()


def test_a_removal_on_request_ends_the_hours_and_leaves_nothing(slipway: Slipway, request_for: Any) -> None:
    days = OffHours(slipway, "retired-at-night")
    days.play(days.next("10:00"))
    slipway.deploy(request_for(days.name, schedule=HOURS))
    assert len(days.schedules()) == 3
    days.evening()

    days.remove()

    assert (days.schedules(), slipway.configs(days.name)) == ([], [])
    assert days.morning() == []
    slipway.wait(days.tick("up"))
    (late,) = days.ticked()[1:]
    assert late.output["reason"].startswith("Removal ")
    assert slipway.endpoint(days.name) is None


def test_a_request_without_schedule_ends_the_hours_and_the_endpoint_stays(hours: OffHours, request_for: Any) -> None:
    run = hours.slipway.deploy(request_for(hours.name, alarms="create"))

    assert run.output["changed"] is True
    assert hours.schedules() == []
    assert hours.evening() == []
    hours.slipway.wait(hours.tick("away"))
    (late,) = hours.ticked()
    assert late.output["reason"].endswith("the last one, has no schedule.")
    assert hours.is_up()


def test_after_nights_a_rollback_restores_the_deployment_before_and_the_hours_keep_it(
    hours: OffHours, request_for: Any
) -> None:
    slipway = hours.slipway
    (first,) = history(slipway, hours.name)
    slipway.deploy(with_model(request_for(hours.name, schedule=HOURS), f"{hours.name}-2"))
    for _ in range(2):
        hours.evening()
        hours.morning()

    run = slipway.deploy({"endpointName": hours.name, "rollback": True})

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["trigger"]["deploymentId"] == first.deployment_id
    hours.evening()
    morning, _ = hours.morning()
    assert morning.output["modelNames"] == run.output["modelNames"]
    assert morning.output["trigger"]["deploymentId"] == run.output["deploymentId"]


def test_a_rollback_while_the_endpoint_is_away_deploys_the_deployment_before(hours: OffHours, request_for: Any) -> None:
    slipway = hours.slipway
    (first,) = history(slipway, hours.name)
    slipway.deploy(with_model(request_for(hours.name, schedule=HOURS), f"{hours.name}-2"))
    hours.evening()

    run = slipway.deploy({"endpointName": hours.name, "rollback": True})

    assert run.status == "SUCCEEDED", run.cause
    assert (run.output["action"], run.output["trigger"]["deploymentId"]) == ("create", first.deployment_id)


def test_an_endpoint_with_external_scaling_stays_up_and_the_message_names_it(hours: OffHours) -> None:
    ExternalScaling(hours.slipway, hours.name).schedule("lunch")

    (night,) = hours.evening()

    assert (night.status, night.error) == ("FAILED", "EndpointNotOwned")
    assert f"scheduled action lunch of endpoint/{hours.name}/variant/AllTraffic" in night.cause
    (message,) = hours.messages(night)
    assert message["subject"].endswith("removal failed, EndpointNotOwned; the endpoint is live")
    assert hours.is_up()


def test_an_endpoint_that_another_user_updated_stays_up(hours: OffHours) -> None:
    sagemaker = hours.slipway.aws.client("sagemaker")
    live = hours.slipway.endpoint(hours.name)
    assert live is not None
    config = sagemaker.describe_endpoint_config(EndpointConfigName=live["EndpointConfigName"])
    variants = config["ProductionVariants"]
    sagemaker.create_endpoint_config(EndpointConfigName=f"{hours.name}-by-hand", ProductionVariants=variants)
    sagemaker.update_endpoint(EndpointName=hours.name, EndpointConfigName=f"{hours.name}-by-hand")
    until(hours.is_up)

    (night,) = hours.evening()

    assert night.error == "EndpointNotOwned"
    assert f"config {hours.name}-by-hand, which is not of deployment" in night.cause
    assert hours.is_up()


def test_inference_components_go_with_the_endpoint_and_come_back_with_it(slipway: Slipway) -> None:
    days = OffHours(slipway, "hosts-at-day")
    base = {"name": "hosts-at-day-llm", "copyCount": 2, "Specification": specification("hosts-at-day-model")}
    adapter = {"name": "hosts-at-day-fr", "Specification": adapter_of(base["name"])}
    asked = {"productionVariants": [variant()], "inferenceComponents": [base, adapter], "schedule": HOURS}
    days.play(days.next("10:00"))
    run = slipway.deploy({"endpointName": days.name, **asked})
    assert run.status == "SUCCEEDED", run.cause

    (night,) = days.evening()

    assert (night.status, described(slipway, days.name)) == ("SUCCEEDED", {}), night.cause
    removed = [what for what in night.output["removed"] if what.startswith(("inference", "endpoint"))]
    assert removed == [
        "inference component hosts-at-day-fr",
        "inference component hosts-at-day-llm",
        "endpoint hosts-at-day",
    ]
    morning, again = days.morning()
    assert (morning.status, again.output["action"]) == ("SUCCEEDED", "none"), morning.cause
    statuses = {name: each["InferenceComponentStatus"] for name, each in described(slipway, days.name).items()}
    assert statuses == {"hosts-at-day-llm": "InService", "hosts-at-day-fr": "InService"}
    days.remove()


def test_components_that_a_failed_night_deleted_are_back_in_the_morning(slipway: Slipway) -> None:
    days = OffHours(slipway, "hosts-at-night")
    base = {"name": "kept-at-night", "Specification": specification("hosts-at-night-model")}
    adapter = {"name": "gone-at-night", "Specification": adapter_of(base["name"])}
    asked = {"productionVariants": [variant()], "inferenceComponents": [base, adapter], "schedule": HOURS}
    days.play(days.next("10:00"))
    slipway.deploy({"endpointName": days.name, **asked})
    refused = {"match": {"InferenceComponentName": base["name"]}, "times": 9}
    slipway.fault("sagemaker", "DeleteInferenceComponent", "AccessDeniedException", "Not permitted.", **refused)

    (night,) = days.evening()

    assert (night.error, list(described(slipway, days.name))) == ("AccessDenied", [base["name"]])
    slipway.clear_faults()
    morning, again = days.morning()
    assert (morning.status, morning.output["changed"], again.output["action"]) == ("SUCCEEDED", True, "none")
    assert sorted(described(slipway, days.name)) == [adapter["name"], base["name"]]
    days.remove()


def test_the_tests_of_the_request_run_in_the_morning(hours: OffHours, request_for: Any) -> None:
    slipway = hours.slipway
    set_answer(slipway, hours.name, SETOSA)
    run = slipway.deploy(request_for(hours.name, schedule=HOURS, test=[GOLDEN], force=True))
    assert run.status == "SUCCEEDED", run.cause
    hours.evening()
    passed, _ = hours.morning()
    assert [each["name"] for each in passed.output["tests"]] == ["golden"]

    hours.evening()
    set_answer(slipway, hours.name, VIRGINICA)
    failed, again = hours.morning()

    assert [each.error for each in (failed, again)] == ["VerificationFailed"] * 2
    assert slipway.endpoint(hours.name) is None
    assert "is still away" in again.cause


def test_a_role_that_cannot_start_the_machine_leaves_the_tick_in_the_queue_of_an_alarm(hours: OffHours) -> None:
    aws, role = hours.slipway.aws, hours.slipway.physical_id("OffHoursRole")
    deny = {"Effect": "Deny", "Action": "states:StartExecution", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    aws.client("iam").put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=document)
    try:
        assert hours.evening() == []
    finally:
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName="deny")

    sqs, queue = aws.client("sqs"), hours.slipway.outputs["ApprovalsDeadLetterQueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    body = json.loads(message["Body"])
    assert (body["endpointName"], body["scheduled"]["wants"]) == (hours.name, "away")
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert "AccessDenied" in attributes["ERROR_CODE"]
    assert attributes["TARGET_ARN"] == hours.slipway.removing_machine_arn, "for the replay"
    alarm = hours.slipway.physical_id("ApprovalsDeadLetterAlarm")
    (watched,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert watched["Dimensions"] == [{"Name": "QueueName", "Value": queue.rsplit("/", 1)[1]}]
    assert hours.is_up()
