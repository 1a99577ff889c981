"""Who uses a config or a model, whatever the case of its name."""

from shared import usage
from tests.unit.fakes import MADE_AT, FakeSageMaker


def world() -> FakeSageMaker:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("Churn", config="Churn-1")
    sagemaker.configs["Churn-1"] = {"ProductionVariants": [{"VariantName": "A", "ModelName": "M1"}]}
    return sagemaker


def test_an_endpoint_uses_a_config_whatever_the_case_of_its_name() -> None:
    assert usage.endpoints_on(world(), ["churn-1", "churn-2"], MADE_AT) == {"churn-1": "Churn"}


def test_an_endpoint_that_does_not_count_is_left_out_whatever_the_case_of_its_name() -> None:
    assert usage.endpoints_on(world(), ["churn-1"], MADE_AT, without="churn") == {}


def test_a_config_names_a_model_whatever_the_case_of_its_name() -> None:
    assert usage.config_with(world(), "m1", MADE_AT) == "Churn-1"
    assert usage.config_with(world(), "m1", MADE_AT, without="churn-1") is None
