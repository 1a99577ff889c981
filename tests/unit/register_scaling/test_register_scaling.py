from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from register_scaling.logic import register
from shared.errors import QuotaExceeded, ServiceUnavailable
from shared.planning import calls
from tests.support.plans import (
    POLICY,
    STARTED_AT,
    TARGET,
    before_stack_update,
    deployment_plan,
    put_policy,
    register_target,
    step,
)
from tests.unit.conftest import Context
from tests.unit.fakes import FakeAutoScaling, client_error

REGISTER, PUT = register_target(), put_policy()
DELETE = step("scale", calls.delete_policy(POLICY | {"PolicyName": "old"}))
PLAN = deployment_plan(
    steps=[
        step("prepare", calls.deregister_target(TARGET)),
        REGISTER,
        PUT,
        DELETE,
        step("clean up", calls.delete_alarm("a")),
    ]
)
CALLS = [
    {"operation": "RegisterScalableTarget", "what": REGISTER["what"], "outcome": "done"},
    {"operation": "PutScalingPolicy", "what": PUT["what"], "outcome": "done"},
    {"operation": "DeleteScalingPolicy", "what": DELETE["what"], "outcome": "already done"},
]


def test_only_steps_of_the_phase_scale_are_executed() -> None:
    autoscaling = FakeAutoScaling()

    assert register(PLAN, STARTED_AT, {"application-autoscaling": autoscaling}) == CALLS
    assert autoscaling.mutations() == ["RegisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy"]


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
    autoscaling.errors["RegisterScalableTarget"] = client_error(code, "from AWS", "RegisterScalableTarget")
    monkeypatch.setattr(module, "CLIENTS", {"application-autoscaling": autoscaling})

    with pytest.raises(error, match=f"^RegisterScalableTarget: {code}: from AWS$"):
        module.lambda_handler({"plan": PLAN, "now": STARTED_AT}, context)


def test_the_handler_returns_the_calls(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("register_scaling")
    clients: Any = {"application-autoscaling": FakeAutoScaling()}
    monkeypatch.setattr(module, "CLIENTS", clients)

    assert module.lambda_handler({"plan": PLAN, "now": STARTED_AT}, context) == {"calls": CALLS}


def test_an_execution_that_began_before_a_stack_update_is_scaled(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("register_scaling")
    clients: Any = {"application-autoscaling": FakeAutoScaling()}
    monkeypatch.setattr(module, "CLIENTS", clients)

    assert module.lambda_handler({"plan": before_stack_update(PLAN)}, context) == {"calls": CALLS}
