"""Users of a config or a model."""

from datetime import timedelta
from typing import Any

import pytest

from shared import usage
from shared.time_budget import Budget, OutOfTimeError
from tests.unit.fake_components import COPY, FakeComponents
from tests.unit.fakes import CREATED_AT, FakeSageMaker, client_error

LATER = CREATED_AT + timedelta(hours=1)


def world() -> FakeSageMaker:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("Churn", config="Churn-1")
    sagemaker.configs["Churn-1"] = {"ProductionVariants": [{"VariantName": "A", "ModelName": "M1"}]}
    return sagemaker


def test_an_endpoint_uses_a_config_in_any_case_of_its_name() -> None:
    assert usage.endpoints_on(world(), ["churn-1", "churn-2"], CREATED_AT) == {"churn-1": "Churn"}


def test_an_excluded_endpoint_is_ignored_in_any_case_of_its_name() -> None:
    assert usage.endpoints_on(world(), ["churn-1"], CREATED_AT, without="churn") == {}


def test_a_config_names_a_model_in_any_case_of_its_name() -> None:
    users = usage.model_users(world(), CREATED_AT)

    assert str(users.of("m1")) == "endpoint config Churn-1 uses it"
    assert users.of("m1", without=["endpoint config churn-1"]) is None


def test_endpoints_are_read_until_the_time_is_up() -> None:
    with pytest.raises(OutOfTimeError):
        usage.endpoints_on(world(), ["churn-1"], CREATED_AT, budget=Budget(lambda: 20_000))


def test_only_users_of_newer_models_are_known_if_not_all_configs_were_read() -> None:
    sagemaker = world()
    sagemaker.configs["Churn-2"] = {"ProductionVariants": [], "CreationTime": LATER}
    left = iter([20_001, 20_000])

    users = usage.model_users(sagemaker, CREATED_AT, budget=Budget(lambda: next(left)))

    assert [users.knows({"CreationTime": at}) for at in (CREATED_AT, LATER)] == [False, True]
    assert [
        parameters["EndpointConfigName"] for operation, parameters in sagemaker.calls if "Describe" in operation
    ] == ["Churn-2"]


def hosting(**members: Any) -> FakeComponents:
    """A component that changed after its creation."""
    sagemaker = FakeComponents()
    sagemaker.add_component("llm", **{"LastModifiedTime": LATER, **members})
    return sagemaker


def test_a_component_uses_the_models_of_all_its_specifications_in_any_case_of_their_names() -> None:
    every = [COPY | {"ModelName": name, "InstanceType": f"ml.g5.{name}"} for name in ("Small", "Large")]

    users = usage.model_users(hosting(Specifications=every), CREATED_AT)

    assert [str(users.of(name)) for name in ("small", "LARGE")] == ["inference component llm uses it"] * 2
    assert users.of("small", without=["inference component LLM"]) is None
    assert users.of("other") is None


def test_a_component_that_has_not_changed_since_the_model_was_created_is_not_read() -> None:
    sagemaker = hosting(LastModifiedTime=CREATED_AT)

    assert usage.model_users(sagemaker, CREATED_AT).of("m") is None
    assert [operation for operation, _ in sagemaker.calls] == ["ListInferenceComponents", "ListEndpointConfigs"]


def test_a_component_that_is_being_updated_may_use_any_model() -> None:
    users = usage.model_users(hosting(status="Updating"), CREATED_AT)

    assert str(users.of("m")) == "inference component llm uses it"
    assert str(users.of("other")) == "inference component llm is being updated and may use it"


def test_a_component_that_is_deleted_while_it_is_read_uses_nothing() -> None:
    sagemaker = hosting()
    sagemaker.errors["DescribeInferenceComponent"] = client_error("ValidationException", "Could not find it")

    assert usage.model_users(sagemaker, CREATED_AT).of("m") is None


def test_components_are_read_until_the_time_is_up() -> None:
    with pytest.raises(OutOfTimeError):
        usage.model_users(hosting(), CREATED_AT, budget=Budget(lambda: 20_000))
