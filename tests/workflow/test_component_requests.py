"""Requests with inference components: what is planned, and that a second plan finds what the first one created."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.answering import GOLDEN, SETOSA, set_answer
from tests.support.components import adapter_of, described, specification, variant
from tests.support.deployment import Slipway

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def without_answers(slipway: Slipway) -> Iterator[None]:
    """Remove the answers that the test has set."""
    yield
    slipway.aws.delete("sagemaker/answers")


def request(slipway: Slipway, endpoint: str, *components: Json, **members: Any) -> Json:
    return {
        "endpointName": endpoint,
        "productionVariants": [variant()],
        "inferenceComponents": list(components),
        **members,
    }


def test_base_and_adapter_are_created_with_the_endpoint_and_then_change_nothing(slipway: Slipway) -> None:
    base = {"name": "ic-plan-llm", "copyCount": 2, "Specification": specification("ic-plan-model")}
    adapter = {"name": "ic-plan-fr", "Specification": adapter_of("ic-plan-llm")}
    asked = request(slipway, "ic-plan", adapter, base)

    run = slipway.deploy(asked)
    again = slipway.deploy(asked)

    assert run.status == "SUCCEEDED", run.cause
    found = described(slipway, "ic-plan")
    assert {name: each["InferenceComponentStatus"] for name, each in found.items()} == {
        "ic-plan-llm": "InService",
        "ic-plan-fr": "InService",
    }
    assert (again.status, again.output["changed"]) == ("SUCCEEDED", False)
    assert again.mutations("sagemaker") == []


def test_each_component_is_tested_by_its_name(slipway: Slipway) -> None:
    set_answer(slipway, "ic-tested", SETOSA)
    components = [{"name": f"ic-tested-{each}", "Specification": specification("ic-tested-model")} for each in "ab"]
    only = GOLDEN | {"name": "only one", "inferenceComponents": ["ic-tested-b"]}

    run = slipway.deploy(request(slipway, "ic-tested", *components, test=[GOLDEN, only]))

    assert run.status == "SUCCEEDED", run.cause
    assert [(each["name"], each["component"]) for each in run.output["tests"]] == [
        ("golden", "ic-tested-a"),
        ("golden", "ic-tested-b"),
        ("only one", "ic-tested-b"),
    ]
    assert "golden of component ic-tested-a: passed" in run.message["message"]
