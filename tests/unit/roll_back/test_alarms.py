"""Alarms that a failed deployment made, changed or removed."""

from typing import Any

import pytest

from shared.errors import RollbackFailed
from tests.unit.fakes import client_error
from tests.unit.roll_back.updates import NEW, OLD, World, plan

STANDING = "slipway/churn/A/server-errors"
OF_NEW_FLEET = f"slipway/churn/A/{NEW}/server-errors"
OF_OLD_FLEET = f"slipway/churn/A/{OLD}/server-errors"


def alarm(name: str, threshold: float = 1.0) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def alarms() -> dict[str, Any]:
    """An update that puts the standing alarm at 2, makes one for its fleet and removes that of the old fleet."""
    return {
        "prefix": "slipway/churn/",
        "replace": [],
        "put": [alarm(STANDING, 2.0), alarm(OF_NEW_FLEET)],
        "remove": [OF_OLD_FLEET],
        "previous": [alarm(STANDING), alarm(OF_OLD_FLEET)],
    }


def world(*there: dict[str, Any]) -> World:
    made = World(config=OLD)
    for each in there:
        made.cloudwatch.on_put_metric_alarm(each)
    return made


def thresholds(found: World) -> dict[str, float]:
    return {name: each["Threshold"] for name, each in found.cloudwatch.alarms.items()}


AS_BEFORE = {STANDING: 1.0, OF_OLD_FLEET: 1.0}


@pytest.mark.parametrize(
    "there",
    [
        [alarm(STANDING, 2.0), alarm(OF_NEW_FLEET), alarm(OF_OLD_FLEET)],
        [alarm(STANDING), alarm(OF_OLD_FLEET)],
        [alarm(STANDING, 2.0), alarm(OF_NEW_FLEET)],
    ],
    ids=["all put", "none put yet", "old ones removed"],
)
def test_alarms_are_as_before_however_far_the_deployment_came(there: list[dict[str, Any]]) -> None:
    found = world(*there)

    found.look(plan(alarms=alarms()))

    assert thresholds(found) == AS_BEFORE


def test_what_goes_back_is_told() -> None:
    found = world(alarm(STANDING, 2.0), alarm(OF_NEW_FLEET), alarm(OF_OLD_FLEET))

    progress = found.look(plan(alarms=alarms()))

    assert f"alarm {OF_NEW_FLEET}" in progress["removed"]
    assert progress["restored"] == [f"alarm {STANDING}"]


def test_alarms_that_sagemaker_may_watch_stay_until_the_endpoint_is_at_rest() -> None:
    found = World("Updating", OLD)
    found.cloudwatch.on_put_metric_alarm(alarm(OF_NEW_FLEET))

    found.look(plan(alarms=alarms()))

    assert list(found.cloudwatch.alarms) == [OF_NEW_FLEET]


def test_a_plan_that_touches_no_alarms_asks_for_none() -> None:
    found = world()

    found.look(plan(alarms={"prefix": "slipway/churn/", "replace": [], "put": [], "remove": [], "previous": []}))

    assert found.cloudwatch.calls == []


def test_keep_leaves_them_and_tells_the_commands() -> None:
    found = world(alarm(STANDING, 2.0), alarm(OF_NEW_FLEET), alarm(OF_OLD_FLEET))

    progress = found.look(plan(alarms=alarms(), onFailure="KEEP"))

    assert found.made() == []
    assert {
        f"{what}: the request says onFailure KEEP"
        for what in (f"alarm {OF_NEW_FLEET}", f"the new state instead of alarm {STANDING}")
    } <= set(progress["kept"])
    assert [command.split(" --")[0] for command in progress["commands"][:2]] == [
        "aws cloudwatch delete-alarms",
        "aws cloudwatch put-metric-alarm",
    ]


def test_what_was_there_and_is_not_found_is_looked_for_again_before_it_counts_as_gone() -> None:
    found = world(alarm(STANDING), alarm(OF_NEW_FLEET), alarm(OF_OLD_FLEET))
    found.cloudwatch.errors["DeleteAlarms"] = client_error("ResourceNotFound", "no such alarm", "DeleteAlarms", 404)

    progress = found.look(plan(alarms=alarms()))

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert f"alarm {OF_NEW_FLEET}" not in progress["removed"]
    del found.cloudwatch.alarms[OF_NEW_FLEET]
    assert found.look(plan(alarms=alarms()))["done"] is True


def test_an_alarm_that_cannot_be_put_back_is_told_with_its_command() -> None:
    found = world(alarm(STANDING, 2.0), alarm(OF_OLD_FLEET))
    found.cloudwatch.errors["PutMetricAlarm"] = client_error("ValidationError", "no", "PutMetricAlarm")

    with pytest.raises(
        RollbackFailed, match=f"To be restored: alarm {STANDING}[^\\n]*\\naws cloudwatch put-metric-alarm"
    ):
        found.look(plan(alarms=alarms()))
