import pytest

from shared import components
from shared.errors import RequestRefused
from shared.planning import calls
from tests.unit.fake_components import COPY, FakeComponents, adapter_of
from tests.unit.fakes import SESSION, client_error

DENIED = client_error("AccessDeniedException", "no identity-based policy allows it", "DeleteInferenceComponent")


@pytest.fixture
def sagemaker() -> FakeComponents:
    return FakeComponents()


def test_a_component_that_sagemaker_does_not_find_is_none(sagemaker: FakeComponents) -> None:
    assert components.describe(sagemaker, "does-not-exist") is None


def test_only_the_components_of_the_endpoint_are_read(sagemaker: FakeComponents) -> None:
    sagemaker.add_component("llm")
    sagemaker.add_component("other", EndpointName="other-endpoint")

    assert [each["InferenceComponentName"] for each in components.of_endpoint(sagemaker, "test-endpoint")] == ["llm"]


def test_adapters_are_created_after_bases_and_deleted_before_them(sagemaker: FakeComponents) -> None:
    every = [sagemaker.add_component("fr", specification=adapter_of("llm")), sagemaker.add_component("llm")]

    assert [each["InferenceComponentName"] for each in components.adapters_last(every)] == ["llm", "fr"]
    assert [each["InferenceComponentName"] for each in components.bases_last(every[::-1])] == ["fr", "llm"]


def test_the_base_of_a_component_with_a_specification_for_each_instance_type_is_none() -> None:
    assert components.base_of({"Specifications": [COPY | {"InstanceType": "ml.g5.xlarge"}]}) is None


def test_the_statuses_are_the_five_of_sagemaker() -> None:
    shape = SESSION.get_service_model("sagemaker").shape_for("InferenceComponentStatus")

    assert set(shape.metadata["enum"]) == components.STATUSES


@pytest.mark.parametrize("status", ["Creating", "Updating", "Deleting"])
def test_a_component_that_changes_is_not_deleted_yet(sagemaker: FakeComponents, status: str) -> None:
    sagemaker.add_component("llm", status)

    assert components.delete(sagemaker, "llm") is False


def test_a_component_that_is_gone_is_deleted_already(sagemaker: FakeComponents) -> None:
    sagemaker.errors["DeleteInferenceComponent"] = DENIED  # no tag without a component

    assert components.delete(sagemaker, "gone") is False


def test_a_denied_deletion_of_an_existing_component_is_an_error(sagemaker: FakeComponents) -> None:
    sagemaker.add_component("llm")
    sagemaker.errors["DeleteInferenceComponent"] = DENIED

    with pytest.raises(type(DENIED), match="AccessDeniedException"):
        components.delete(sagemaker, "llm")


def test_a_refused_deletion_says_why(sagemaker: FakeComponents) -> None:
    sagemaker.add_component("llm")
    refused = client_error("ValidationException", "delete its adapters first: fr", "DeleteInferenceComponent")
    sagemaker.errors["DeleteInferenceComponent"] = refused

    with pytest.raises(RequestRefused) as raised:
        components.delete(sagemaker, "llm")

    assert str(raised.value) == "DeleteInferenceComponent: ValidationException: delete its adapters first: fr"


def test_each_call_names_its_component_and_its_copies() -> None:
    base = {"InferenceComponentName": "llm", "EndpointName": "e", "VariantName": "A", "Specification": COPY}
    adapter = {"InferenceComponentName": "fr", "EndpointName": "e", "Specification": adapter_of("llm")}

    assert [
        (call["operation"], call["what"])
        for call in (
            calls.create_component(base | {"RuntimeConfig": {"CopyCount": 2}}),
            calls.create_component(adapter),
            calls.update_component({"InferenceComponentName": "llm", "Specification": COPY}),
            calls.update_component(
                {"InferenceComponentName": "llm", "Specification": COPY}, {"Specification": COPY | {"ModelName": "old"}}
            ),
            calls.update_component({"InferenceComponentName": "llm", "Specification": COPY}, {"Specification": COPY}),
            calls.set_copies("llm", 1, before=2),
            calls.set_copies("llm", 2),
            calls.delete_component("llm"),
        )
    ] == [
        ("CreateInferenceComponent", "inference component llm on variant A, 2 copies"),
        ("CreateInferenceComponent", "inference component fr as an adapter of llm"),
        ("UpdateInferenceComponent", "inference component llm"),
        ("UpdateInferenceComponent", "inference component llm from model old to m"),
        ("UpdateInferenceComponent", "inference component llm"),
        ("UpdateInferenceComponentRuntimeConfig", "inference component llm from 2 to 1 copy"),
        ("UpdateInferenceComponentRuntimeConfig", "inference component llm to 2 copies"),
        ("DeleteInferenceComponent", "inference component llm"),
    ]
