from collections.abc import Callable
from types import ModuleType

import pytest

from look_at_refused_call import logic
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import ARN, FakeSageMaker

PLAN = {
    "executionArn": EXECUTION_ARN,
    "endpointName": "e",
    "model": {"name": "m"},
    "endpointConfig": {"name": "e-new"},
    "weights": {"A": 1, "B": 3},
}
CREATED = {"CreateModel": "model/m", "CreateEndpointConfig": "endpoint-config/e-new", "CreateEndpoint": "endpoint/e"}


def look(operation: str, sagemaker: FakeSageMaker) -> bool:
    return bool(logic.look(operation, PLAN, sagemaker)["carriedOut"])


def account(maker: str | None = EXECUTION_ARN) -> FakeSageMaker:
    """An account with everything that the plan creates, by that maker."""
    sagemaker = FakeSageMaker()
    sagemaker.models.add("m")
    sagemaker.configs["e-new"] = {}
    sagemaker.add_endpoint("e", "Creating", "e-new")
    if maker:
        sagemaker.tags = {f"{ARN}:{thing}": maker for thing in CREATED.values()}
    return sagemaker


@pytest.mark.parametrize("operation", CREATED)
def test_what_this_execution_created_was_carried_out(operation: str) -> None:
    assert look(operation, account())


@pytest.mark.parametrize("maker", [f"{EXECUTION_ARN}-other", None])
@pytest.mark.parametrize("operation", CREATED)
def test_what_others_created_was_not(operation: str, maker: str | None) -> None:
    assert not look(operation, account(maker))


@pytest.mark.parametrize("operation", [*CREATED, "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"])
def test_what_is_not_there_was_not(operation: str) -> None:
    assert not look(operation, FakeSageMaker())


@pytest.mark.parametrize(
    ("config", "pending", "carried_out"),
    [("old", "E-New", True), ("e-new", None, True), ("old", None, False), ("e-new", "theirs", False)],
    ids=["on its way", "arrived", "never begun", "on its way somewhere else"],
)
def test_an_update_was_carried_out_where_the_endpoint_is_led_to_the_plans_config(
    config: str, pending: str | None, carried_out: bool
) -> None:
    sagemaker = FakeSageMaker()
    summary = {"PendingDeploymentSummary": {"EndpointConfigName": pending}} if pending else {}
    sagemaker.add_endpoint("e", "Updating", config, **summary)

    assert look("UpdateEndpoint", sagemaker) is carried_out


@pytest.mark.parametrize(
    ("current", "desired", "pending", "carried_out"),
    [
        ((9, 1), (1, 3), None, True),
        ((1, 3), (1, 3), None, True),
        ((9, 1), (9, 1), None, False),
        ((9, 1), (1, 3), "theirs", False),
    ],
    ids=["on their way", "in effect", "never begun", "on its way to another config"],
)
def test_a_shift_was_carried_out_where_the_weights_are_those_of_the_plan_or_about_to_be(
    current: tuple[int, int], desired: tuple[int, int], pending: str | None, carried_out: bool
) -> None:
    variants = [
        {"VariantName": name, "CurrentWeight": now, "DesiredWeight": then}
        for name, now, then in zip("AB", current, desired, strict=True)
    ]
    summary = {"PendingDeploymentSummary": {"EndpointConfigName": pending}} if pending else {}
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("e", "Updating", "e-old", **{"ProductionVariants": variants} | summary)

    assert look("UpdateEndpointWeightsAndCapacities", sagemaker) is carried_out


def test_the_doorway_looks_at_a_refused_call(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = app("look_at_refused_call")
    monkeypatch.setattr(module, "SAGEMAKER", account())
    event = {"operation": "CreateEndpoint", "plan": PLAN}

    assert module.lambda_handler(event, context) == {"carriedOut": True}
