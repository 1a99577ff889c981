"""Users of a config or a model."""

from datetime import timedelta

import pytest

from shared import usage
from shared.time_budget import Budget, OutOfTimeError
from tests.unit.fakes import CREATED_AT, FakeSageMaker


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

    assert users.of("m1") == "Churn-1"
    assert users.of("m1", without=["churn-1"]) is None


def test_endpoints_are_read_until_the_time_is_up() -> None:
    with pytest.raises(OutOfTimeError):
        usage.endpoints_on(world(), ["churn-1"], CREATED_AT, budget=Budget(lambda: 20_000))


def test_only_users_of_newer_models_are_known_if_not_all_configs_were_read() -> None:
    sagemaker = world()
    new = CREATED_AT + timedelta(hours=1)
    sagemaker.configs["Churn-2"] = {"ProductionVariants": [], "CreationTime": new}
    left = iter([20_001, 20_000])

    users = usage.model_users(sagemaker, CREATED_AT, budget=Budget(lambda: next(left)))

    assert [users.knows({"CreationTime": at}) for at in (CREATED_AT, new)] == [False, True]
    assert [
        parameters["EndpointConfigName"] for operation, parameters in sagemaker.calls if "Describe" in operation
    ] == ["Churn-2"]
