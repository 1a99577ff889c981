"""Several policies, step policies with their alarms, and scheduled actions: registered, changed, removed."""

from typing import Any

from shared import alarms
from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.support.scaling import ExternalScaling, instances_of, registered

Json = dict[str, Any]
TRACKING, SURGE = project.event("deploy_scaled")["autoscaling"]["Champion"]["policies"]
MORNING = {
    "name": "morning",
    "schedule": "cron(0 7 ? * MON-FRI *)",
    "timeZone": "Europe/Berlin",
    "minCapacity": 2,
    "maxCapacity": 6,
}
ALL = {"minCapacity": 1, "maxCapacity": 6, "policies": [TRACKING, SURGE], "scheduledActions": [MORNING]}
TARGET = "AllTraffic:InstanceCount"


def scaled(name: str, scaling: Json | None, **changes: Any) -> Json:
    plain = {key: value for key, value in project.event("deploy_endpoint").items() if "caling" not in key}
    return plain | {"endpointName": name} | ({"autoscaling": {"*": scaling}} if scaling else {}) | changes


def scaling_alarms(slipway: Slipway, endpoint_name: str) -> list[Json]:
    prefix = f"slipway/{endpoint_name}/"
    found = slipway.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return [alarm for alarm in found if "scaling-" in alarm["AlarmName"]]


def arn_of(slipway: Slipway, endpoint_name: str, policy: str) -> str:
    autoscaling = slipway.aws.client("application-autoscaling")
    found = autoscaling.describe_scaling_policies(**instances_of(endpoint_name), PolicyNames=[policy])
    return str(found["ScalingPolicies"][0]["PolicyARN"])


def writes(run: Run) -> list[str]:
    operations = {*run.mutations("application-autoscaling"), *run.mutations("cloudwatch")}
    return [call["operation"] for call in run.calls if call["operation"] in operations and not call.get("error")]


def test_policies_alarms_and_actions_are_registered_once_and_removed(slipway: Slipway) -> None:
    name = "many-policies"

    created = slipway.deploy(scaled(name, ALL))

    assert created.status == "SUCCEEDED", created.error
    assert registered(slipway, name)[TARGET] == {
        "bounds": registered(slipway, name)[TARGET]["bounds"],
        "suspended": [],
        "policies": {"slipway-invocations": 600.0, "slipway-surge": "steps"},
        "scheduled": {"slipway-morning": MORNING["schedule"]},
    }
    (alarm,) = scaling_alarms(slipway, name)
    assert alarm["AlarmActions"] == [arn_of(slipway, name, "slipway-surge")]
    assert (alarm["Threshold"], alarm["Namespace"]) == (960, "AWS/SageMaker")

    again = slipway.deploy(scaled(name, ALL))
    assert (again.status, writes(again), again.output["changed"]) == ("SUCCEEDED", [], False)

    ExternalScaling(slipway, name).schedule("theirs")
    fewer = slipway.deploy(scaled(name, ALL | {"policies": [TRACKING], "scheduledActions": []}))
    assert fewer.status == "SUCCEEDED", fewer.error
    removals = [operation for operation in writes(fewer) if operation.startswith("Delete")]
    assert removals == ["DeleteAlarms", "DeleteScalingPolicy", "DeleteScheduledAction"]
    assert scaling_alarms(slipway, name) == []
    assert registered(slipway, name)[TARGET]["policies"] == {"slipway-invocations": 600.0}
    assert registered(slipway, name)[TARGET]["scheduled"] == {"theirs": "cron(0 8 * * ? *)"}


def test_an_alarm_follows_its_policy_that_is_put_again(slipway: Slipway) -> None:
    name = "put-again"
    request = scaled(name, ALL)
    slipway.deploy(request)
    before = arn_of(slipway, name, "slipway-surge")
    (variant,) = request["productionVariants"]

    run = slipway.deploy(request | {"productionVariants": [variant | {"InstanceType": "ml.m5.xlarge"}]})

    assert run.status == "SUCCEEDED", run.error
    after = arn_of(slipway, name, "slipway-surge")
    assert after != before
    assert [alarm["AlarmActions"] for alarm in scaling_alarms(slipway, name)] == [[after]]


def test_a_policy_that_an_external_alarm_triggers_is_not_deleted(slipway: Slipway) -> None:
    name, cloudwatch = "triggered-by-others", slipway.aws.client("cloudwatch")
    slipway.deploy(scaled(name, ALL))
    (alarm,) = scaling_alarms(slipway, name)
    theirs = {member: alarm[member] for member in alarms.MEMBERS if member in alarm} | {"AlarmName": "theirs"}
    cloudwatch.put_metric_alarm(**theirs)

    run = slipway.deploy(scaled(name, ALL | {"policies": [TRACKING]}))

    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
    assert "/productionVariants/0: this change deletes step policy slipway-surge of variant" in run.cause
    assert "alarm theirs, which Slipway did not create, triggers it" in run.cause
    assert writes(run) == []
    cloudwatch.delete_alarms(AlarmNames=["theirs"])


def test_a_failed_update_restores_policies_alarms_and_actions(slipway: Slipway) -> None:
    name = "restored-policies"
    request = scaled(name, ALL)
    slipway.deploy(request)
    before, (alarm,) = registered(slipway, name), scaling_alarms(slipway, name)
    changed = ALL | {"policies": [TRACKING, SURGE | {"name": "other"}], "scheduledActions": []}
    refused = {"match": {"ScheduledActionName": "slipway-morning"}, "principal": "RegisterScalingFunctionRole"}
    slipway.fault("application-autoscaling", "DeleteScheduledAction", "ValidationException", "no", **refused)

    run = slipway.deploy(scaled(name, changed))
    slipway.clear_faults()

    assert (run.status, run.error) == ("FAILED", "ScalingFailed")
    assert registered(slipway, name) == before
    (restored,) = scaling_alarms(slipway, name)
    assert restored["AlarmName"] == alarm["AlarmName"]
    assert restored["AlarmActions"] == [arn_of(slipway, name, "slipway-surge")]


def test_a_removal_leaves_no_alarm_of_a_policy(slipway: Slipway) -> None:
    name = "gone-policies"
    slipway.deploy(scaled(name, ALL))

    run = slipway.remove({"endpointName": name, "confirm": name})

    assert run.status == "SUCCEEDED", run.error
    assert (scaling_alarms(slipway, name), registered(slipway, name)) == ([], {})
