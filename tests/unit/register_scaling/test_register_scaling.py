from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from register_scaling.logic import register
from shared.errors import QuotaExceeded, ServiceUnavailable
from tests.unit.conftest import Context
from tests.unit.fakes import FakeAutoScaling, client_error
from tests.unit.plans import deployment_plan, step

OF_A = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/test-endpoint/variant/A",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
POLICY = {
    "PolicyName": "test-endpoint-A-target-tracking",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 5000.0},
}
PLAN = deployment_plan(
    step("DeregisterScalableTarget", OF_A, "in the way", phase="prepare"),
    step("RegisterScalableTarget", OF_A | {"MinCapacity": 1, "MaxCapacity": 4}, "target A", phase="scale"),
    step("PutScalingPolicy", OF_A | POLICY, "policy of A", phase="scale"),
    step("DeleteScalingPolicy", OF_A | {"PolicyName": "old"}, "policy old", phase="scale"),
    step("DeleteAlarms", {"AlarmNames": ["a"]}, "alarm a", phase="clean up"),
)
CALLS = [
    {"operation": "RegisterScalableTarget", "what": "target A", "outcome": "done"},
    {"operation": "PutScalingPolicy", "what": "policy of A", "outcome": "done"},
    {"operation": "DeleteScalingPolicy", "what": "policy old", "outcome": "already done"},
]


def test_only_the_steps_that_scale_are_executed() -> None:
    autoscaling = FakeAutoScaling()

    assert register(PLAN, {"application-autoscaling": autoscaling}) == CALLS
    assert autoscaling.made() == ["RegisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy"]


@pytest.mark.parametrize(
    ("code", "error"), [("LimitExceededException", QuotaExceeded), ("InternalServiceException", ServiceUnavailable)]
)
def test_the_handler_raises_documented_errors(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    error: type[Exception],
) -> None:
    module = app("register_scaling")
    autoscaling = FakeAutoScaling()
    autoscaling.errors["RegisterScalableTarget"] = client_error(code, "said AWS", "RegisterScalableTarget")
    monkeypatch.setattr(module, "CLIENTS", {"application-autoscaling": autoscaling})

    with pytest.raises(error, match=f"^RegisterScalableTarget: {code}: said AWS$"):
        module.lambda_handler({"plan": PLAN}, context)


def test_the_handler_returns_the_calls(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("register_scaling")
    clients: Any = {"application-autoscaling": FakeAutoScaling()}
    monkeypatch.setattr(module, "CLIENTS", clients)

    assert module.lambda_handler({"plan": PLAN}, context) == {"calls": CALLS}
