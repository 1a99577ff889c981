"""Requests with inference components: what is planned, and that a second plan finds what the first one created."""

from typing import Any

from tests.support.components import adapter_of, described, specification, variant
from tests.support.deployment import Slipway

Json = dict[str, Any]


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
