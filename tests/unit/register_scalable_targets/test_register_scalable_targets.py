from collections.abc import Callable
from types import ModuleType

import pytest
from botocore.exceptions import ClientError

from register_scalable_targets.logic import register
from shared.errors import QuotaExceeded, ScalingFailed, ScalingNotReady, ServiceUnavailable
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeAutoScaling, client_error

TARGETS = [
    {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/e/variant/{name}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 4,
    }
    for name in ("Champion", "Challenger")
]


def test_every_target_is_registered() -> None:
    autoscaling = FakeAutoScaling()

    done = register(TARGETS, [], autoscaling)

    assert done == {
        "registered": ["endpoint/e/variant/Champion", "endpoint/e/variant/Challenger"],
        "scheduled": [],
        "missed": [],
    }
    assert list(autoscaling.targets.values()) == TARGETS


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("ValidationException", ScalingFailed),
        ("FailedResourceAccessException", ScalingFailed),
        ("ObjectNotFoundException", ScalingNotReady),
        ("ConcurrentUpdateException", ScalingNotReady),
        ("SomethingNewException", ClientError),
    ],
)
def test_a_refusal_names_the_resource_and_what_application_auto_scaling_said(
    code: str, raised: type[Exception]
) -> None:
    autoscaling = FakeAutoScaling()
    autoscaling.errors["RegisterScalableTarget"] = client_error(code, "said AWS", "RegisterScalableTarget")

    with pytest.raises(raised, match=f"{code}") as error:
        register(TARGETS, [], autoscaling)

    if raised is not ClientError:
        assert str(error.value) == f"endpoint/e/variant/Champion: RegisterScalableTarget: {code}: said AWS"


@pytest.mark.parametrize(
    ("code", "ending"), [("LimitExceededException", QuotaExceeded), ("InternalServiceException", ServiceUnavailable)]
)
def test_the_doorway_names_what_is_not_the_requests_fault(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    ending: type[Exception],
) -> None:
    module = app("register_scalable_targets")
    autoscaling = FakeAutoScaling()
    autoscaling.errors["RegisterScalableTarget"] = client_error(code, "said AWS", "RegisterScalableTarget")
    monkeypatch.setattr(module, "AUTOSCALING", autoscaling)

    with pytest.raises(ending, match=code):
        module.lambda_handler({"executionArn": EXECUTION_ARN, "targets": TARGETS, "scheduledActions": []}, context)


def test_the_doorway_answers_with_what_is_registered(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("register_scalable_targets")
    monkeypatch.setattr(module, "AUTOSCALING", FakeAutoScaling())

    done = module.lambda_handler(
        {"executionArn": EXECUTION_ARN, "targets": TARGETS[:1], "scheduledActions": []}, context
    )

    assert done == {"registered": ["endpoint/e/variant/Champion"], "scheduled": [], "missed": []}


ACTION = {
    "ServiceNamespace": "sagemaker",
    "ScheduledActionName": "office-hours",
    "ResourceId": "endpoint/e/variant/Champion",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "Schedule": "cron(0 8 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 2},
    "StartTime": "2026-11-21T05:12:59.152Z",
}


def test_what_was_scheduled_is_back_after_its_target() -> None:
    autoscaling = FakeAutoScaling()

    done = register(TARGETS[:1], [ACTION], autoscaling)

    assert (done["scheduled"], done["missed"]) == (["office-hours"], [])
    assert autoscaling.scheduled_actions == {"office-hours": ACTION}
    assert autoscaling.made() == ["RegisterScalableTarget", "PutScheduledAction"]


def test_a_moment_that_went_by_is_missed_and_fails_nothing() -> None:
    autoscaling = FakeAutoScaling()
    autoscaling.errors["PutScheduledAction"] = client_error("ValidationException", "in the past", "PutScheduledAction")

    done = register(TARGETS[:1], [ACTION | {"Schedule": "at(2026-11-21T05:30:00)"}], autoscaling)

    assert (done["scheduled"], done["missed"]) == ([], ["office-hours"])
    with pytest.raises(ScalingFailed, match="in the past"):
        register(TARGETS[:1], [ACTION], autoscaling)
