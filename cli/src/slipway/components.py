"""The inference components of an endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from slipway.calls import Call
from slipway.stack import Stack

COUNTS = {"currentCopyCount": "CurrentCopyCount", "desiredCopyCount": "DesiredCopyCount"}


def hosted_by(config: dict[str, Any]) -> bool:
    """Whether an endpoint with the config hosts inference components: its variants name no models."""
    return any("ModelName" not in variant for variant in config["ProductionVariants"])


def read(stack: Stack, endpoint_name: str) -> list[dict[str, Any]]:
    """Return the state of each component of the endpoint as JSON."""
    listed = Call("sagemaker", "ListInferenceComponents", {"EndpointNameEquals": endpoint_name, "MaxResults": 100})
    names = [each["InferenceComponentName"] for each in listed.make(stack.session)["InferenceComponents"]]
    calls = [Call("sagemaker", "DescribeInferenceComponent", {"InferenceComponentName": name}) for name in names]
    return [_state(call.make(stack.session)) for call in calls]


def lines(components: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each component, of an endpoint's state or of a result."""
    for each in components:
        yield f"component  {each['name']}: {', '.join(_parts(each))}"


def _state(described: dict[str, Any]) -> dict[str, Any]:
    specifications = described.get("Specifications") or [described.get("Specification", {})]
    copies = described.get("RuntimeConfig", {})
    return {
        "name": described["InferenceComponentName"],
        "variantName": described["VariantName"],
        "status": described["InferenceComponentStatus"],
        "failureReason": described.get("FailureReason"),
        "base": specifications[0].get("BaseInferenceComponentName"),
        "modelNames": sorted({each["ModelName"] for each in specifications if "ModelName" in each}),
        **{name: copies.get(of_aws) for name, of_aws in COUNTS.items()},
    }


def _parts(component: dict[str, Any]) -> Iterator[str]:
    if component.get("status"):
        yield component["status"]
    current, desired = component.get("currentCopyCount"), component.get("desiredCopyCount")
    if current is not None:
        copies = f"{current} {'copy' if current == 1 else 'copies'}"
        yield copies if desired in (None, current) else f"{copies} (scaling to {desired})"
    if component["base"]:
        yield f"adapter of {component['base']}"
    if component.get("modelNames"):
        yield f"model {', '.join(component['modelNames'])}"
    if component.get("failureReason"):
        yield component["failureReason"]
