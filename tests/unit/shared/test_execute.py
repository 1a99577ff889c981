"""Steps are executed in order, each by the rule of its operation, and repeating them changes nothing."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import ScalingFailed, ScalingNotReady, ServiceUnavailable
from shared.execute import Clients, execute, resources_of
from shared.plan import Call
from shared.planning import calls
from tests.unit.fakes import POLICY_ARN, FakeAutoScaling, FakeCloudWatch, client_error

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def of(variant: str) -> dict[str, Any]:
    resource_id = f"endpoint/e/variant/{variant}"
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource_id, "ScalableDimension": DIMENSION}


def register(variant: str) -> Call:
    return calls.register_target(of(variant) | {"MinCapacity": 1, "MaxCapacity": 4})


def deregister(variant: str) -> Call:
    return calls.deregister_target(of(variant))


def delete_alarms(*names: str) -> Call:
    return {**calls.delete_alarm(names[0]), "request": {"AlarmNames": list(names)}}


POLICY = of("A") | {
    "PolicyName": "e-A-target-tracking",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 5000.0},
}
PUT_POLICY, DELETE_POLICY = calls.put_policy(POLICY), calls.delete_policy(POLICY)
ACTION = of("A") | {
    "ScheduledActionName": "office-hours",
    "Schedule": "cron(0 8 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 2},
    "StartTime": "2026-11-21T05:12:59.152Z",
}
ALARM = {
    "AlarmName": "slipway/e/A/model-latency",
    "Namespace": "AWS/SageMaker",
    "MetricName": "ModelLatency",
    "ExtendedStatistic": "p99",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 5e6,
    "ComparisonOperator": "GreaterThanThreshold",
    "Tags": [{"Key": "team", "Value": "churn"}],
}


class AllOrNone(FakeCloudWatch):
    """CloudWatch, which deletes none of several alarms if one of them does not exist."""

    def on_delete_alarms(self, parameters: dict[str, Any]) -> Any:
        if not self.alarms.keys() >= set(parameters["AlarmNames"]):
            raise client_error("ResourceNotFound", "no such alarm", "DeleteAlarms", 404)
        return super().on_delete_alarms(parameters)


@pytest.fixture
def autoscaling() -> FakeAutoScaling:
    return FakeAutoScaling()


@pytest.fixture
def cloudwatch() -> FakeCloudWatch:
    return AllOrNone()


@pytest.fixture
def clients(autoscaling: FakeAutoScaling, cloudwatch: FakeCloudWatch) -> Clients:
    return {"application-autoscaling": autoscaling, "cloudwatch": cloudwatch}


def test_calls_are_made_in_their_order_and_returned(clients: Clients, autoscaling: FakeAutoScaling) -> None:
    made = execute([register("A"), register("B"), PUT_POLICY], clients)

    assert made == [
        {"operation": "RegisterScalableTarget", "what": register("A")["what"], "outcome": "done"},
        {"operation": "RegisterScalableTarget", "what": register("B")["what"], "outcome": "done"},
        {"operation": "PutScalingPolicy", "what": PUT_POLICY["what"], "outcome": "done"},
    ]
    assert autoscaling.calls == [
        ("RegisterScalableTarget", register("A")["request"]),
        ("RegisterScalableTarget", register("B")["request"]),
        ("PutScalingPolicy", POLICY),
    ]


@pytest.mark.parametrize("operation", ["RegisterScalableTarget", "PutScalingPolicy"])
@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("ValidationException", ScalingFailed),
        ("FailedResourceAccessException", ScalingFailed),
        ("ObjectNotFoundException", ScalingNotReady),
        ("ConcurrentUpdateException", ScalingNotReady),
    ],
)
def test_a_refusal_names_the_resource_and_the_words_of_application_auto_scaling(
    clients: Clients, autoscaling: FakeAutoScaling, operation: str, code: str, raised: type[Exception]
) -> None:
    autoscaling.errors[operation] = client_error(code, "from AWS", operation)

    with pytest.raises(raised, match=f"^endpoint/e/variant/A: {operation}: {code}: from AWS$"):
        execute([register("A"), PUT_POLICY], clients)


@pytest.mark.parametrize("each", [register("A"), deregister("A"), PUT_POLICY, DELETE_POLICY])
def test_an_unknown_error_is_raised_as_it_is(clients: Clients, autoscaling: FakeAutoScaling, each: Call) -> None:
    autoscaling.errors[each["operation"]] = client_error("SomethingNewException", "from AWS", each["operation"])

    with pytest.raises(ClientError, match="SomethingNewException"):
        execute([each], clients)


def test_scaling_that_does_not_exist_is_already_removed(clients: Clients, autoscaling: FakeAutoScaling) -> None:
    execute([register("A"), register("B"), PUT_POLICY], clients)

    outcomes = [
        [made["outcome"] for made in execute([DELETE_POLICY, deregister("B")], clients)] for _ in ("first", "again")
    ]

    assert outcomes == [["done", "done"], ["already done", "already done"]]
    assert (list(autoscaling.targets), autoscaling.policies) == (["endpoint/e/variant/A"], {})


@pytest.mark.parametrize("each", [deregister("A"), DELETE_POLICY])
@pytest.mark.parametrize(
    ("code", "raised"), [("ConcurrentUpdateException", ScalingNotReady), ("ValidationException", ScalingFailed)]
)
def test_a_refused_removal_is_not_taken_for_done(
    clients: Clients, autoscaling: FakeAutoScaling, each: Call, code: str, raised: type[Exception]
) -> None:
    autoscaling.errors[each["operation"]] = client_error(code, "from AWS", each["operation"])

    with pytest.raises(raised, match=f"^endpoint/e/variant/A: {each['operation']}: {code}: from AWS$"):
        execute([each], clients)


@pytest.mark.parametrize("each", [deregister("A"), DELETE_POLICY])
def test_scaling_that_is_not_found_although_it_is_listed_is_not_ready(
    clients: Clients, autoscaling: FakeAutoScaling, each: Call
) -> None:
    execute([register("A"), PUT_POLICY], clients)
    autoscaling.errors[each["operation"]] = client_error("ObjectNotFoundException", "no such thing", each["operation"])

    with pytest.raises(ScalingNotReady, match=f"{each['operation']}: ObjectNotFoundException: no such thing"):
        execute([each], clients)


def test_a_scheduled_action_whose_only_time_has_passed_is_missed(
    clients: Clients, autoscaling: FakeAutoScaling
) -> None:
    put = calls.put_scheduled_action(ACTION)
    once = calls.put_scheduled_action(ACTION | {"Schedule": "at(2026-11-21T05:30:00)"})

    assert execute([put], clients)[0]["outcome"] == "done"
    autoscaling.errors["PutScheduledAction"] = client_error("ValidationException", "in the past", "PutScheduledAction")

    assert execute([once], clients)[0]["outcome"] == "missed"
    with pytest.raises(ScalingFailed, match="in the past"):
        execute([put], clients)


SCALING_ALARM = ALARM | {"AlarmName": "slipway/e/A/scaling-surge", "AlarmActions": ["arn:aws:sns:eu-west-1:1:on-call"]}


def test_a_scaling_alarm_gets_the_arn_of_its_policy(clients: Clients, cloudwatch: FakeCloudWatch) -> None:
    execute([register("A"), PUT_POLICY, calls.put_scaling_alarm(SCALING_ALARM, POLICY)], clients)

    assert cloudwatch.alarms["slipway/e/A/scaling-surge"]["AlarmActions"] == [
        f"{POLICY_ARN}:{POLICY['PolicyName']}",
        "arn:aws:sns:eu-west-1:1:on-call",
    ]


def test_a_scaling_alarm_waits_until_its_policy_is_found(clients: Clients, cloudwatch: FakeCloudWatch) -> None:
    put = calls.put_scaling_alarm(SCALING_ALARM, POLICY)

    with pytest.raises(ScalingNotReady, match=r"^endpoint/e/variant/A: policy e-A-target-tracking is not found"):
        execute([put], clients)

    assert cloudwatch.alarms == {}


def test_a_refused_scaling_alarm_is_a_failure_of_the_scaling(clients: Clients, cloudwatch: FakeCloudWatch) -> None:
    execute([PUT_POLICY], clients)
    cloudwatch.errors["PutMetricAlarm"] = client_error("ValidationError", "bad period", "PutMetricAlarm")

    with pytest.raises(ScalingFailed, match=r"^alarm slipway/e/A/scaling-surge: .*ValidationError: bad period$"):
        execute([calls.put_scaling_alarm(SCALING_ALARM, POLICY)], clients)


def test_a_scheduled_action_is_deleted_once(clients: Clients, autoscaling: FakeAutoScaling) -> None:
    delete = calls.delete_scheduled_action(ACTION)

    made = execute([calls.put_scheduled_action(ACTION), delete, delete], clients)

    assert [each["outcome"] for each in made] == ["done", "done", "already done"]
    assert autoscaling.scheduled_actions == {}


def test_a_replaced_alarm_forgets_its_state(clients: Clients, cloudwatch: FakeCloudWatch) -> None:
    put = calls.put_alarm(ALARM)
    execute([put], clients)
    cloudwatch.alarms[ALARM["AlarmName"]]["StateValue"] = "ALARM"

    execute([calls.delete_alarm(ALARM["AlarmName"]), put], clients)

    assert cloudwatch.alarms[ALARM["AlarmName"]]["StateValue"] == "INSUFFICIENT_DATA"


def test_alarms_that_do_not_exist_are_deleted_and_so_are_the_others(
    clients: Clients, cloudwatch: FakeCloudWatch
) -> None:
    cloudwatch.alarms = {name: {"AlarmName": name} for name in ("a", "b", "theirs")}

    execute([delete_alarms("a", "gone", "b")], clients)

    assert list(cloudwatch.alarms) == ["theirs"]


def test_an_alarm_that_is_not_found_although_it_is_listed_is_retried(
    clients: Clients, cloudwatch: FakeCloudWatch
) -> None:
    cloudwatch.alarms = {"a": {"AlarmName": "a"}}
    cloudwatch.errors["DeleteAlarms"] = client_error("ResourceNotFound", "no such alarm", "DeleteAlarms", 404)

    with pytest.raises(ServiceUnavailable, match="ResourceNotFound: no such alarm: alarm a, which is listed"):
        execute([calls.delete_alarm("a")], clients)


def test_alarms_are_deleted_together(clients: Clients, cloudwatch: FakeCloudWatch) -> None:
    cloudwatch.alarms = {"a": {}, "b": {}}

    made = execute([deregister("A"), calls.delete_alarm("a"), calls.delete_alarm("b")], clients)

    assert [each["what"] for each in made[1:]] == ["alarm a", "alarm b"]
    assert cloudwatch.calls == [("DeleteAlarms", {"AlarmNames": ["a", "b"]})]


def test_more_alarms_than_one_call_takes_are_deleted_in_parts(clients: Clients, cloudwatch: FakeCloudWatch) -> None:
    names = [f"slipway/e/{number}/server-errors" for number in range(101)]
    cloudwatch.alarms = {name: {} for name in names}

    execute([delete_alarms(*names)], clients)

    assert [len(parameters["AlarmNames"]) for _, parameters in cloudwatch.calls] == [100, 1]


def test_an_alarm_that_cannot_be_deleted_is_an_error(clients: Clients, cloudwatch: FakeCloudWatch) -> None:
    cloudwatch.errors["DeleteAlarms"] = client_error("ValidationError", "from AWS", "DeleteAlarms")

    with pytest.raises(ClientError, match="from AWS"):
        execute([calls.delete_alarm("a")], clients)


def test_an_operation_without_a_rule_is_refused(clients: Clients) -> None:
    with pytest.raises(KeyError, match="DeleteModel"):
        execute([calls.delete_model("m")], clients)


def test_every_removed_resource_has_a_name() -> None:
    assert resources_of(delete_alarms("a", "b")) == ["alarm a", "alarm b"]
    assert resources_of(deregister("A")) == ["scalable target endpoint/e/variant/A"]
    assert resources_of(calls.delete_config("c")) == ["endpoint config c"]
