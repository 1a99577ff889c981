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
