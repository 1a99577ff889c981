"""Alarms that a failed deployment created, changed or replaced."""

from typing import Any

import pytest

from shared.errors import RollbackFailed
from shared.plan import DeploymentPlan
from shared.planning import calls
from tests.support.plans import put_alarm, step
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


def the_plan(**changes: Any) -> DeploymentPlan:
    """An update that sets the standing alarm to 2, creates one for its fleet and replaces that of the old fleet."""
    old = alarm(OF_OLD_FLEET)
    steps = (
        step("prepare", calls.delete_alarm(OF_OLD_FLEET), calls.put_alarm(old)),
        put_alarm(old, old),
        put_alarm(alarm(STANDING, 2.0), alarm(STANDING)),
        put_alarm(alarm(OF_NEW_FLEET)),
    )
    return plan(*steps, **changes)


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
    ids=["all put", "none put yet", "one deleted"],
)
def test_alarms_are_restored_from_any_stage_of_the_deployment(there: list[dict[str, Any]]) -> None:
    found = world(*there)

    found.roll_back(the_plan())

    assert thresholds(found) == AS_BEFORE


def test_removed_and_restored_alarms_are_reported() -> None:
    found = world(alarm(STANDING, 2.0), alarm(OF_NEW_FLEET), alarm(OF_OLD_FLEET))

    progress = found.roll_back(the_plan())

    assert f"alarm {OF_NEW_FLEET}" in progress["removed"]
    assert progress["restored"] == [f"alarm {STANDING}"]


def test_alarms_that_sagemaker_may_watch_are_kept_while_the_endpoint_changes() -> None:
    found = World("Updating", OLD)
    found.cloudwatch.on_put_metric_alarm(alarm(OF_NEW_FLEET))

    found.roll_back(the_plan())

    assert list(found.cloudwatch.alarms) == [OF_NEW_FLEET]


def test_a_plan_without_alarms_reads_none() -> None:
    found = world()

    found.roll_back(plan())

    assert found.cloudwatch.calls == []


def test_keep_leaves_the_alarms_and_reports_the_commands() -> None:
    found = world(alarm(STANDING, 2.0), alarm(OF_NEW_FLEET), alarm(OF_OLD_FLEET))

    progress = found.roll_back(the_plan(onFailure="KEEP"))

    assert found.mutations() == []
    assert {
        f"{what}: the request says onFailure KEEP"
        for what in (f"alarm {OF_NEW_FLEET}", f"the new state instead of alarm {STANDING}")
    } <= set(progress["kept"])
    assert [command.split(" --")[0] for command in progress["commands"][:2]] == [
        "aws cloudwatch delete-alarms",
        "aws cloudwatch put-metric-alarm",
    ]


def test_a_listed_alarm_that_is_not_found_is_read_again() -> None:
    found = world(alarm(STANDING), alarm(OF_NEW_FLEET), alarm(OF_OLD_FLEET))
    found.cloudwatch.errors["DeleteAlarms"] = client_error("ResourceNotFound", "no such alarm", "DeleteAlarms", 404)

    progress = found.roll_back(the_plan())

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert f"alarm {OF_NEW_FLEET}" not in progress["removed"]
    del found.cloudwatch.alarms[OF_NEW_FLEET]
    assert found.roll_back(the_plan())["done"] is True


def test_an_alarm_that_cannot_be_restored_is_reported_with_its_command() -> None:
    found = world(alarm(STANDING, 2.0), alarm(OF_OLD_FLEET))
    found.cloudwatch.errors["PutMetricAlarm"] = client_error("ValidationError", "no", "PutMetricAlarm")

    with pytest.raises(
        RollbackFailed, match=f"To be restored: alarm {STANDING}(.|\\n)*\\naws cloudwatch put-metric-alarm"
    ):
        found.roll_back(the_plan())
