from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from remove_configs_and_models.logic import remove_unused
from shared.errors import RequestRefused
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import FakeSageMaker, client_error


def config(*models: str) -> dict[str, Any]:
    return {"ProductionVariants": [{"VariantName": model, "ModelName": model} for model in models]}


@pytest.fixture
def sagemaker() -> FakeSageMaker:
    made = FakeSageMaker()
    made.configs = {"old": config("m-1"), "new": config("m-2")}
    made.models = {"m-1", "m-2"}
    made.add_endpoint("e", config="new")
    return made


def test_a_config_and_then_its_model_go_where_nobody_uses_them(sagemaker: FakeSageMaker) -> None:
    assert remove_unused(["old"], ["m-1"], sagemaker) == {"removed": ["endpoint config old", "model m-1"], "kept": []}

    assert sagemaker.made() == ["DeleteEndpointConfig", "DeleteModel"]


@pytest.mark.parametrize(
    "endpoint",
    [{"config": "old"}, {"status": "Updating", "PendingDeploymentSummary": {"EndpointConfigName": "old"}}],
)
def test_a_config_that_an_endpoint_serves_or_is_to_serve_stays_with_its_model(
    sagemaker: FakeSageMaker, endpoint: dict[str, Any]
) -> None:
    sagemaker.add_endpoint("by-hand", **endpoint)

    assert remove_unused(["old"], ["m-1"], sagemaker) == {
        "removed": [],
        "kept": ["endpoint config old: endpoint by-hand uses it", "model m-1: endpoint config old names it"],
    }
    assert sagemaker.made() == []


def test_a_model_that_another_config_names_stays(sagemaker: FakeSageMaker) -> None:
    sagemaker.configs["of-another-endpoint"] = config("m-1", "m-3")

    assert remove_unused(["old"], ["m-1"], sagemaker) == {
        "removed": ["endpoint config old"],
        "kept": ["model m-1: endpoint config of-another-endpoint names it"],
    }


def test_what_is_not_there_is_done(sagemaker: FakeSageMaker) -> None:
    assert remove_unused(["gone"], ["gone"], sagemaker) == {"removed": [], "kept": []}


def test_what_somebody_else_removes_meanwhile_is_done(sagemaker: FakeSageMaker) -> None:
    missing = client_error("ValidationException", "Could not find endpoint configuration", "DeleteEndpointConfig")
    sagemaker.errors["DeleteEndpointConfig"] = missing

    assert remove_unused(["old"], [], sagemaker) == {"removed": [], "kept": []}


def test_a_refused_deletion_is_reported_with_its_operation(sagemaker: FakeSageMaker) -> None:
    sagemaker.errors["DeleteModel"] = client_error("ValidationException", "no", "DeleteModel")

    with pytest.raises(RequestRefused, match="DeleteModel: ValidationException: no"):
        remove_unused(["old"], ["m-1"], sagemaker)


def test_the_doorway_answers_with_what_is_gone(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch, sagemaker: FakeSageMaker
) -> None:
    module = app("remove_configs_and_models")
    monkeypatch.setattr(module, "SAGEMAKER", sagemaker)
    event = {"executionArn": EXECUTION_ARN, "configs": ["old"], "models": []}

    assert module.lambda_handler(event, context) == {"removed": ["endpoint config old"], "kept": []}
