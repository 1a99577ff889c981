from datetime import timedelta
from typing import Any

import pytest

from clean_up.unused import Unused, delete_unused
from shared.errors import RequestRefused
from shared.time_budget import UNLIMITED, Budget
from tests.unit.fake_components import FakeComponents
from tests.unit.fakes import CREATED_AT, FakeSageMaker, client_error

LATER = CREATED_AT + timedelta(hours=1)


def config(*models: str) -> dict[str, Any]:
    return {"ProductionVariants": [{"VariantName": model, "ModelName": model} for model in models]}


@pytest.fixture
def sagemaker() -> FakeComponents:
    made = FakeComponents()
    made.configs = {"old": config("m-1"), "new": config("m-2")}
    made.models = {"m-1", "m-2"}
    made.add_endpoint("e", config="new")
    return made


def test_an_unused_config_is_deleted_and_then_its_model(sagemaker: FakeSageMaker) -> None:
    assert delete_unused(["old"], ["m-1"], sagemaker, UNLIMITED) == Unused(removed=["endpoint config old", "model m-1"])

    assert sagemaker.mutations() == ["DeleteEndpointConfig", "DeleteModel"]


@pytest.mark.parametrize(
    "endpoint",
    [{"config": "old"}, {"status": "Updating", "PendingDeploymentSummary": {"EndpointConfigName": "old"}}],
)
def test_a_config_that_an_endpoint_has_or_is_updated_to_is_kept_with_its_model(
    sagemaker: FakeSageMaker, endpoint: dict[str, Any]
) -> None:
    sagemaker.add_endpoint("by-hand", **endpoint)

    assert delete_unused(["old"], ["m-1"], sagemaker, UNLIMITED) == Unused(
        kept=["endpoint config old: endpoint by-hand uses it", "model m-1: endpoint config old uses it"],
    )
    assert sagemaker.mutations() == []


def test_a_model_that_another_config_names_is_kept(sagemaker: FakeSageMaker) -> None:
    sagemaker.configs["of-another-endpoint"] = config("m-1", "m-3")

    assert delete_unused(["old"], ["m-1"], sagemaker, UNLIMITED) == Unused(
        removed=["endpoint config old"],
        kept=["model m-1: endpoint config of-another-endpoint uses it"],
    )


def test_a_model_that_an_inference_component_uses_is_kept(sagemaker: FakeComponents) -> None:
    copy = {"ModelName": "M-1", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}}
    sagemaker.add_component("llm", specification=copy, LastModifiedTime=LATER)

    assert delete_unused(["old"], ["m-1"], sagemaker, UNLIMITED) == Unused(
        removed=["endpoint config old"],
        kept=["model m-1: inference component llm uses it"],
    )


def test_a_model_is_kept_while_a_component_is_being_updated(sagemaker: FakeComponents) -> None:
    sagemaker.add_component("llm", "Updating", LastModifiedTime=LATER)

    assert delete_unused(["old"], ["m-1"], sagemaker, UNLIMITED) == Unused(
        removed=["endpoint config old"],
        kept=["model m-1: inference component llm is being updated and may use it"],
    )


def test_a_missing_resource_counts_as_deleted(sagemaker: FakeSageMaker) -> None:
    assert delete_unused(["gone"], ["gone"], sagemaker, UNLIMITED) == Unused()


def test_a_resource_that_another_user_deletes_at_the_same_time_counts_as_deleted(sagemaker: FakeSageMaker) -> None:
    missing = client_error("ValidationException", "Could not find endpoint configuration", "DeleteEndpointConfig")
    sagemaker.errors["DeleteEndpointConfig"] = missing

    assert delete_unused(["old"], [], sagemaker, UNLIMITED) == Unused()


def test_a_refused_deletion_is_reported_with_its_operation(sagemaker: FakeSageMaker) -> None:
    sagemaker.errors["DeleteModel"] = client_error("ValidationException", "no", "DeleteModel")

    with pytest.raises(RequestRefused, match="DeleteModel: ValidationException: no"):
        delete_unused(["old"], ["m-1"], sagemaker, UNLIMITED)


class Account:
    """Configs, each with a model of its own, 25 of them live, and components; each call takes time."""

    def __init__(self, milliseconds_per_call: int, configs: int = 500, old: int = 20, components: int = 50) -> None:
        self.sagemaker = FakeComponents()
        for number in range(components):
            self.sagemaker.add_component(f"llm-{number}", LastModifiedTime=LATER)
        for number in range(configs):
            created_at = CREATED_AT + timedelta(minutes=number)
            self.sagemaker.configs[f"c-{number}"] = config(f"m-{number}") | {"CreationTime": created_at}
            self.sagemaker.models.add(f"m-{number}")
        for number in range(configs - 25, configs):
            self.sagemaker.add_endpoint(f"e-{number}", config=f"c-{number}")
        self.configs = [f"c-{number}" for number in range(old)]
        self.models = [f"m-{number}" for number in range(old)]
        self._milliseconds = milliseconds_per_call

    def remove(self) -> Any:
        self.sagemaker.calls.clear()
        budget = Budget(lambda: 60_000 - self.milliseconds)
        return delete_unused(self.configs, self.models, self.sagemaker, budget)

    @property
    def milliseconds(self) -> int:
        return self._milliseconds * len(self.sagemaker.calls)

    def called(self, operation: str) -> int:
        return sum(called == operation for called, _ in self.sagemaker.calls)


def test_of_500_configs_50_components_and_20_models_each_is_read_once() -> None:
    account = Account(milliseconds_per_call=50)

    done = account.remove()

    assert (len(done.removed), done.kept, done.left) == (40, [], [])
    assert account.called("DescribeEndpointConfig") == 500
    assert account.called("DescribeInferenceComponent") == 50
    assert account.called("DescribeModel") == 20
    assert account.called("DescribeEndpoint") == 25
    assert account.milliseconds < 60_000


@pytest.mark.parametrize("components", [0, 500])
def test_models_and_their_configs_are_left_if_not_all_configs_and_components_were_read(components: int) -> None:
    account = Account(milliseconds_per_call=100, components=components)

    done = account.remove()

    left = [*(f"endpoint config {name}" for name in account.configs), *(f"model {name}" for name in account.models)]
    assert done == Unused(left=left)
    assert account.sagemaker.mutations() == []
    assert account.milliseconds <= 40_000


def test_everything_is_left_if_not_all_endpoints_were_read() -> None:
    account = Account(milliseconds_per_call=900)

    done = account.remove()

    assert (done.removed, done.kept, len(done.left)) == ([], [], 40)
    assert account.sagemaker.mutations() == []
    assert account.milliseconds < 60_000


def test_deletions_stop_in_time_and_the_next_call_deletes_the_rest() -> None:
    account = Account(milliseconds_per_call=220, configs=85, old=60, components=0)

    first = account.remove()

    assert account.milliseconds < 60_000
    assert len(first.removed) > 20
    assert len(first.removed) + len(first.left) == 120
    # A remaining model still has its config.
    found_by = {config["ProductionVariants"][0]["ModelName"] for config in account.sagemaker.configs.values()}
    assert account.sagemaker.models <= found_by

    second = account.remove()

    assert sorted(second.removed) == sorted(first.left)


def test_a_model_of_two_configs_is_deleted_with_the_last_of_them(sagemaker: FakeSageMaker) -> None:
    sagemaker.configs["older"] = config("m-1")

    assert delete_unused(["old", "older"], ["m-1"], sagemaker, UNLIMITED).removed == [
        "endpoint config old",
        "endpoint config older",
        "model m-1",
    ]
