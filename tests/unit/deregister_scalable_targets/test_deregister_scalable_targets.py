from collections.abc import Callable
from types import ModuleType

import pytest
from botocore.exceptions import ClientError

from deregister_scalable_targets.logic import deregister
from shared.errors import ScalingFailed, ScalingNotReady
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeAutoScaling, client_error

TARGETS = [
    {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/e/variant/{name}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    for name in ("Champion", "Challenger")
]
IDS = [target["ResourceId"] for target in TARGETS]


@pytest.fixture
def autoscaling() -> FakeAutoScaling:
    fake = FakeAutoScaling()
    fake.targets = {target["ResourceId"]: target for target in TARGETS}
    return fake


def test_every_target_is_deregistered(autoscaling: FakeAutoScaling) -> None:
    assert deregister(TARGETS, autoscaling) == {"deregistered": IDS}
    assert autoscaling.targets == {}


def test_a_target_that_is_not_registered_is_done(autoscaling: FakeAutoScaling) -> None:
    deregister(TARGETS[:1], autoscaling)

    assert deregister(TARGETS, autoscaling) == {"deregistered": IDS}


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("ConcurrentUpdateException", ScalingNotReady),
        ("ValidationException", ScalingFailed),
        ("SomethingNewException", ClientError),
    ],
)
def test_a_refusal_is_no_absence(autoscaling: FakeAutoScaling, code: str, raised: type[Exception]) -> None:
    autoscaling.errors["DeregisterScalableTarget"] = client_error(code, "said AWS", "DeregisterScalableTarget")

    with pytest.raises(raised, match=code):
        deregister(TARGETS, autoscaling)


def test_the_doorway_answers_with_what_is_deregistered(
    app: Callable[[str], ModuleType],
    context: Context,
    autoscaling: FakeAutoScaling,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = app("deregister_scalable_targets")
    monkeypatch.setattr(module, "AUTOSCALING", autoscaling)

    done = module.lambda_handler({"executionArn": EXECUTION_ARN, "targets": TARGETS}, context)

    assert done == {"deregistered": IDS}
