from typing import Any, cast

import pytest

from shared.errors import AccessDenied, EndpointBusy, RequestRefused
from shared.refusals import Refused, require_carried_out, was_carried_out
from tests.support.plans import (
    EXECUTION_ARN,
    create_config,
    create_endpoint,
    create_model,
    deployment_plan,
    shift_traffic,
    update_endpoint,
)
from tests.unit.fakes import ARN, FakeSageMaker

STEPS = {
    each["operation"]: each
    for each in (
        create_model("m"),
        create_config("e-new"),
        create_endpoint("e", "e-new"),
        update_endpoint("e", "e-new", "e-old"),
        shift_traffic({"A": 1, "B": 3}, {"A": 9, "B": 1}, "e"),
    )
}
PLAN = deployment_plan(steps=STEPS.values(), endpointName="e", endpointConfigName="e-new", weights={"A": 1, "B": 3})
CREATED = {"CreateModel": "model/m", "CreateEndpointConfig": "endpoint-config/e-new", "CreateEndpoint": "endpoint/e"}


def carried_out(operation: str, sagemaker: FakeSageMaker) -> bool:
    return was_carried_out(STEPS[operation], PLAN, sagemaker)


def refused(operation: str, cause: str, error: str = "SageMaker.SageMakerException") -> Refused:
    call = Refused(
        state=STEPS[operation]["state"], operation=operation, failure=cast(Any, {"Error": error, "Cause": cause})
    )
    return {**call, "modelName": "m"} if operation == "CreateModel" else call


def refused_model(name: str, cause: str) -> Refused:
    return {**refused("CreateModel", cause), "modelName": name}


def account(maker: str | None = EXECUTION_ARN) -> FakeSageMaker:
    """An account with everything that the plan creates, tagged with that execution."""
    sagemaker = FakeSageMaker()
    sagemaker.models.add("m")
    sagemaker.configs["e-new"] = {}
    sagemaker.add_endpoint("e", "Creating", "e-new")
    if maker:
        sagemaker.tags = {f"{ARN}:{thing}": maker for thing in CREATED.values()}
    return sagemaker


@pytest.mark.parametrize("operation", CREATED)
def test_a_resource_created_by_this_execution_was_carried_out(operation: str) -> None:
    assert carried_out(operation, account())


def test_a_model_that_another_execution_created_at_the_same_time_is_the_same_model() -> None:
    assert carried_out("CreateModel", account(f"{EXECUTION_ARN}-other"))
    assert not carried_out("CreateModel", FakeSageMaker())


@pytest.mark.parametrize("maker", [f"{EXECUTION_ARN}-other", None])
@pytest.mark.parametrize("operation", ["CreateEndpointConfig", "CreateEndpoint"])
def test_a_resource_created_by_others_was_not_carried_out(operation: str, maker: str | None) -> None:
    assert not carried_out(operation, account(maker))


@pytest.mark.parametrize("operation", STEPS)
def test_a_missing_resource_was_not_carried_out(operation: str) -> None:
    assert not carried_out(operation, FakeSageMaker())


@pytest.mark.parametrize(
    ("config", "pending", "expected"),
    [("old", "E-New", True), ("e-new", None, True), ("old", None, False), ("e-new", "theirs", False)],
    ids=["in progress", "done", "not started", "another update"],
)
def test_an_update_was_carried_out_if_it_leads_to_the_plans_config(
    config: str, pending: str | None, expected: bool
) -> None:
    sagemaker = FakeSageMaker()
    summary = {"PendingDeploymentSummary": {"EndpointConfigName": pending}} if pending else {}
    sagemaker.add_endpoint("e", "Updating", config, **summary)

    assert carried_out("UpdateEndpoint", sagemaker) is expected


@pytest.mark.parametrize(
    ("current", "desired", "pending", "expected"),
    [
        ((9, 1), (1, 3), None, True),
        ((1, 3), (1, 3), None, True),
        ((9, 1), (9, 1), None, False),
        ((9, 1), (1, 3), "theirs", False),
    ],
    ids=["in progress", "done", "not started", "another update"],
)
def test_a_shift_was_carried_out_if_the_desired_weights_are_the_plans(
    current: tuple[int, int], desired: tuple[int, int], pending: str | None, expected: bool
) -> None:
    variants = [
        {"VariantName": name, "CurrentWeight": now, "DesiredWeight": then}
        for name, now, then in zip("AB", current, desired, strict=True)
    ]
    summary = {"PendingDeploymentSummary": {"EndpointConfigName": pending}} if pending else {}
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("e", "Updating", "e-old", **{"ProductionVariants": variants} | summary)

    assert carried_out("UpdateEndpointWeightsAndCapacities", sagemaker) is expected


@pytest.mark.parametrize("operation", ["CreateModel", "CreateEndpointConfig"])
def test_a_deployment_continues_after_a_creation_whose_answer_was_lost(operation: str) -> None:
    require_carried_out(PLAN, [refused(operation, "Cannot create already existing")], account())


def test_a_refused_creation_is_raised_with_sagemakers_message_and_its_state() -> None:
    sagemaker = account()
    sagemaker.configs.clear()

    with pytest.raises(RequestRefused) as raised:
        require_carried_out(PLAN, [refused("CreateEndpointConfig", "1 validation error detected")], sagemaker)

    assert str(raised.value) == (
        "SageMaker.SageMakerException: 1 validation error detected\n"
        "Failed in the state Create endpoint config, which called sagemaker:createEndpointConfig."
    )


def test_a_refused_model_is_the_reason_although_the_config_is_missing_too() -> None:
    words = "User: x is not authorized to perform: sagemaker:CreateModel"

    with pytest.raises(
        AccessDenied,
        match=f"{words}\nFailed in the state Create model for model m, which called sagemaker:createModel.$",
    ):
        require_carried_out(
            PLAN,
            [refused("CreateModel", words), refused("CreateEndpointConfig", "Could not find model")],
            FakeSageMaker(),
        )


def test_a_refused_config_is_the_reason_if_only_the_answer_about_the_model_was_lost() -> None:
    sagemaker = account()
    sagemaker.configs.clear()
    words = "User: x is not authorized to perform: sagemaker:CreateEndpointConfig"
    both = [refused("CreateModel", "Cannot create already existing model"), refused("CreateEndpointConfig", words)]

    with pytest.raises(AccessDenied, match=f"{words}\nFailed in the state Create endpoint config"):
        require_carried_out(PLAN, both, sagemaker)


def test_refusals_of_several_models_are_all_in_the_message() -> None:
    plan = deployment_plan(steps=[create_model(name) for name in ("m", "n", "o")])
    sagemaker = account()
    causes = [refused_model("n", "Could not access model data"), refused_model("o", "Rate exceeded")]

    with pytest.raises(RequestRefused) as raised:
        require_carried_out(plan, [refused_model("m", "Cannot create already existing model"), *causes], sagemaker)

    assert str(raised.value) == (
        "SageMaker.SageMakerException: Could not access model data\n"
        "Failed in the state Create model for model n, which called sagemaker:createModel.\n"
        "SageMaker.SageMakerException: Rate exceeded\n"
        "Failed in the state Create model for model o, which called sagemaker:createModel."
    )


def test_each_refused_model_is_compared_with_its_own_step() -> None:
    plan = deployment_plan(steps=[create_model("other"), create_model("m")])

    require_carried_out(plan, [refused_model("m", "Cannot create already existing model")], account())


def test_a_config_that_was_not_refused_is_not_missed() -> None:
    """SageMaker may not show it yet: it was created a moment ago."""
    sagemaker = account()
    sagemaker.configs.clear()

    require_carried_out(PLAN, [refused("CreateModel", "Cannot create already existing model")], sagemaker)


def test_an_update_that_lost_to_another_change_is_busy() -> None:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("e", "Updating", "old", PendingDeploymentSummary={"EndpointConfigName": "theirs"})

    with pytest.raises(EndpointBusy, match=r"which called sagemaker:updateEndpoint\.$"):
        require_carried_out(PLAN, [refused("UpdateEndpoint", "Cannot update in-progress endpoint")], sagemaker)


def test_a_refusal_of_a_call_that_the_plan_does_not_make_is_raised() -> None:
    with pytest.raises(RequestRefused, match="no such thing"):
        require_carried_out(deployment_plan(steps=[]), [refused("UpdateEndpoint", "no such thing")], account())
