"""Deployments that create alarms."""

from typing import Any

import pytest

from tests.support.deployment import Slipway
from tools.tripping import trip_in_stage

Alarms = dict[str, dict[str, Any]]
NOT_DEFINITION = ("StateUpdatedTimestamp", "StateReasonData", "AlarmConfigurationUpdatedTimestamp", "StateReason")


def alarms(slipway: Slipway, endpoint_name: str) -> Alarms:
    """The endpoint's alarms by name, as CloudWatch describes them, without the times of their changes."""
    pages = slipway.aws.client("cloudwatch").get_paginator("describe_alarms")
    found = [
        alarm for page in pages.paginate(AlarmNamePrefix=f"slipway/{endpoint_name}/") for alarm in page["MetricAlarms"]
    ]
    return {
        alarm["AlarmName"]: {name: value for name, value in alarm.items() if name not in NOT_DEFINITION}
        for alarm in found
    }


def named(endpoint_name: str, config: str | None = None) -> set[str]:
    parts = ["slipway", endpoint_name, "AllTraffic", *([config] if config else [])]
    return {"/".join([*parts, what]) for what in ("server-errors", "model-latency")}


def with_model(request: dict[str, Any], name: str) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": name}]}


def test_a_creation_creates_alarms_before_the_endpoint(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(request_for("watched", alarms="create"))

    assert run.status == "SUCCEEDED", run.cause
    assert alarms(slipway, "watched").keys() == named("watched")
    assert run.path.index("Prepare endpoint") < run.path.index("Create endpoint")
    assert run.mutations("cloudwatch").count("DeleteAlarms") == 0
    assert set(run.output["alarms"]["put"]) == named("watched")


def test_a_deployment_without_alarms_changes_no_alarm(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(request_for("unwatched"))

    assert run.status == "SUCCEEDED", run.cause
    assert not {"PutMetricAlarm", "DeleteAlarms"} & set(run.mutations("cloudwatch"))


def test_repeating_the_request_changes_nothing(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("watched-again", alarms="create"))

    run = slipway.deploy(request_for("watched-again", alarms="create"))

    assert (run.output["changed"], run.mutations("cloudwatch")) == (False, [])


def test_each_update_creates_its_own_alarms_and_deletes_the_previous_ones(slipway: Slipway, request_for: Any) -> None:
    request = request_for("rewatched", alarms="create")
    slipway.deploy(request)
    second = slipway.deploy(with_model(request, "rewatched-2"))
    assert alarms(slipway, "rewatched").keys() == named("rewatched") | named(
        "rewatched", second.output["endpointConfigName"]
    )

    third = slipway.deploy(with_model(request, "rewatched-3"))

    assert third.status == "SUCCEEDED", third.cause
    assert alarms(slipway, "rewatched").keys() == named("rewatched") | named(
        "rewatched", third.output["endpointConfigName"]
    )
    (update,) = [call for call in third.calls if call["operation"] == "UpdateEndpoint"]
    rollback = update["parameters"]["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert {alarm["AlarmName"] for alarm in rollback["Alarms"]} == named(
        "rewatched", third.output["endpointConfigName"]
    )


def test_an_update_is_rolled_back_when_its_alarm_goes_off_and_only_the_earlier_alarms_remain(
    slipway: Slipway, request_for: Any
) -> None:
    request = request_for("alarmed", alarms="create")
    slipway.deploy(request)
    before = alarms(slipway, "alarmed")
    pending = "$endpoint.PendingDeploymentSummary.EndpointConfigName"
    alarm = f"{{% 'slipway/alarmed/AllTraffic/' & {pending} & '/server-errors' %}}"
    trip_in_stage(slipway.aws, "alarmed", alarm, "Baking")

    run = slipway.deploy(with_model({**request, "alarmThresholds": {"serverErrorPercent": 7}}, "alarmed-2"))

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    assert alarms(slipway, "alarmed") == before


def test_an_update_is_not_blocked_by_a_standing_alarm_in_alarm_state(slipway: Slipway, request_for: Any) -> None:
    request = request_for("alarm-fixed", alarms="create")
    slipway.deploy(request)
    for name in named("alarm-fixed"):
        slipway.aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    run = slipway.deploy(with_model(request, "alarm-fixed-2"))

    assert run.status == "SUCCEEDED", run.cause


def test_an_alarm_from_a_kept_failed_update_does_not_fail_the_next_update(slipway: Slipway, request_for: Any) -> None:
    request = request_for("kept-alarms", alarms="create")
    slipway.deploy(request)
    slipway.outcome("kept-alarms", "update", "rolls_back")
    newer = with_model(request, "kept-alarms-2")
    slipway.deploy({**newer, "onFailure": "KEEP"})
    left = alarms(slipway, "kept-alarms").keys() - named("kept-alarms")
    assert len(left) == 2
    for name in left:
        slipway.aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    run = slipway.deploy(newer)

    assert run.status == "SUCCEEDED", run.cause
    assert {alarm["StateValue"] for alarm in alarms(slipway, "kept-alarms").values()} == {"INSUFFICIENT_DATA"}


def test_a_change_of_thresholds_creates_no_config_and_no_update(slipway: Slipway, request_for: Any) -> None:
    request = request_for("rethought", alarms="create")
    slipway.deploy(request)

    run = slipway.deploy({**request, "alarmThresholds": {"modelLatencyP99Milliseconds": 250}})

    assert run.status == "SUCCEEDED", run.cause
    assert (run.mutations("sagemaker"), run.mutations("cloudwatch")) == ([], ["PutMetricAlarm"])
    assert alarms(slipway, "rethought")["slipway/rethought/AllTraffic/model-latency"]["Threshold"] == 250_000
    assert "only its alarms changed" in run.message["message"]


def test_a_request_without_alarms_create_removes_the_alarms(slipway: Slipway, request_for: Any) -> None:
    request = request_for("forgotten", alarms="create")
    slipway.deploy(request)

    run = slipway.deploy(request_for("forgotten"))

    assert run.status == "SUCCEEDED", run.cause
    assert (run.mutations("sagemaker"), run.mutations("cloudwatch")) == ([], ["DeleteAlarms"])
    assert alarms(slipway, "forgotten") == {}
    assert set(run.output["alarms"]["removed"]) == named("forgotten")


@pytest.mark.parametrize("earlier", [{"alarms": "create"}, {}], ids=["watched before", "not watched before"])
def test_a_failed_creation_or_scaling_leaves_the_alarms_unchanged(
    slipway: Slipway, request_for: Any, earlier: dict[str, Any]
) -> None:
    name = f"unscaled-{len(earlier)}"
    slipway.deploy(request_for(name, **earlier))
    before = alarms(slipway, name)
    resource = {"ResourceId": f"endpoint/{name}/variant/AllTraffic"}
    refused = {"match": resource, "principal": "RegisterScalingFunctionRole"}
    slipway.fault("application-autoscaling", "RegisterScalableTarget", "ValidationException", "no", **refused)

    thresholds = {"serverErrorPercent": 9}
    run = slipway.deploy(request_for(name, alarms="create", alarmThresholds=thresholds, autoscalingMaxCapacity=9))
    slipway.clear_faults()

    assert (run.status, run.error) == ("FAILED", "ScalingFailed")
    assert alarms(slipway, name) == before


def test_a_failed_creation_leaves_no_alarms(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("never-watched", "create", "fails")

    run = slipway.deploy(request_for("never-watched", alarms="create"))

    assert (run.status, alarms(slipway, "never-watched")) == ("FAILED", {})


def test_alarms_have_the_tags_of_the_deployment(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(request_for("tagged-alarms", alarms="create", tags=[{"Key": "team", "Value": "churn"}]))

    (name, *_) = sorted(named("tagged-alarms"))
    cloudwatch = slipway.aws.client("cloudwatch")
    arn = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
    tags = {tag["Key"]: tag["Value"] for tag in cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]}
    assert tags == {"team": "churn", "slipway:execution": run.arn}
