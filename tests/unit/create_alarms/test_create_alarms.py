from collections.abc import Callable
from types import ModuleType

import pytest

from create_alarms.logic import create
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeCloudWatch, client_error

NAME = "slipway/e/A/model-latency"
ALARM = {
    "AlarmName": NAME,
    "Namespace": "AWS/SageMaker",
    "MetricName": "ModelLatency",
    "ExtendedStatistic": "p99",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 5e6,
    "ComparisonOperator": "GreaterThanThreshold",
    "Tags": [{"Key": "team", "Value": "churn"}],
}
DONE = {"alarms": [NAME]}


def test_every_alarm_is_put_as_the_plan_says() -> None:
    cloudwatch = FakeCloudWatch()

    assert create([], [ALARM], cloudwatch) == DONE
    assert cloudwatch.calls == [("PutMetricAlarm", ALARM)]


def test_what_is_to_forget_its_state_is_deleted_before_it_is_put() -> None:
    cloudwatch = FakeCloudWatch()
    create([], [ALARM], cloudwatch)
    cloudwatch.alarms[NAME]["StateValue"] = "ALARM"

    create([NAME], [ALARM], cloudwatch)

    assert cloudwatch.alarms[NAME]["StateValue"] == "INSUFFICIENT_DATA"


def test_what_is_to_be_replaced_and_is_not_there_is_put_all_the_same() -> None:
    cloudwatch = FakeCloudWatch()
    cloudwatch.errors["DeleteAlarms"] = client_error("ResourceNotFound", "no such alarm", "DeleteAlarms", 404)

    assert create([NAME, "slipway/e/A/other"], [ALARM], cloudwatch) == DONE


def test_the_doorway_answers_with_what_was_put(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("create_alarms")
    monkeypatch.setattr(module, "CLOUDWATCH", FakeCloudWatch())

    event = {"executionArn": EXECUTION_ARN, "replace": [], "alarms": [ALARM]}
    assert module.lambda_handler(event, context) == DONE
