from collections.abc import Callable
from types import ModuleType

import pytest

from remove_scaling.logic import remove_all
from shared.errors import ScalingFailed, ScalingNotReady
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeAutoScaling, client_error

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/Champion",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
POLICY = TARGET | {"PolicyName": "e-Challenger-target-tracking", "ResourceId": "endpoint/e/variant/Challenger"}
REMOVE = {"policies": [POLICY], "targets": [TARGET]}
DONE = {"policies": ["e-Challenger-target-tracking"], "targets": ["endpoint/e/variant/Champion"]}


@pytest.fixture
def autoscaling() -> FakeAutoScaling:
    fake = FakeAutoScaling()
    fake.targets = {TARGET["ResourceId"]: TARGET, POLICY["ResourceId"]: POLICY}
    fake.policies = {POLICY["PolicyName"]: POLICY}
    return fake


def test_policies_and_targets_are_removed_and_nothing_else(autoscaling: FakeAutoScaling) -> None:
    assert remove_all(REMOVE, autoscaling) == DONE
    assert (list(autoscaling.targets), autoscaling.policies) == (["endpoint/e/variant/Challenger"], {})


def test_what_is_not_there_is_done(autoscaling: FakeAutoScaling) -> None:
    remove_all(REMOVE, autoscaling)

    assert remove_all(REMOVE, autoscaling) == DONE


@pytest.mark.parametrize(
    ("code", "raised"), [("ConcurrentUpdateException", ScalingNotReady), ("ValidationException", ScalingFailed)]
)
def test_a_refusal_is_no_absence(autoscaling: FakeAutoScaling, code: str, raised: type[Exception]) -> None:
    autoscaling.errors["DeleteScalingPolicy"] = client_error(code, "said AWS", "DeleteScalingPolicy")

    with pytest.raises(raised, match=f"^endpoint/e/variant/Challenger: DeleteScalingPolicy: {code}: said AWS$"):
        remove_all(REMOVE, autoscaling)


@pytest.mark.parametrize("operation", ["DeleteScalingPolicy", "DeregisterScalableTarget"])
def test_what_is_not_found_and_is_there_all_the_same_is_tried_again(
    autoscaling: FakeAutoScaling, operation: str
) -> None:
    autoscaling.errors[operation] = client_error("ObjectNotFoundException", "no such thing", operation)

    with pytest.raises(ScalingNotReady, match=f"{operation}: ObjectNotFoundException: no such thing"):
        remove_all(REMOVE, autoscaling)


def test_the_doorway_answers_with_what_is_gone(
    app: Callable[[str], ModuleType],
    context: Context,
    autoscaling: FakeAutoScaling,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = app("remove_scaling")
    monkeypatch.setattr(module, "AUTOSCALING", autoscaling)

    assert module.lambda_handler({"executionArn": EXECUTION_ARN, "remove": REMOVE}, context) == DONE
