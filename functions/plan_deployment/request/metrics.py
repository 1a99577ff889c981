"""The metrics of scaling policies and alarms: their dimensions, and the policy or alarm of each resource."""

import copy
from collections.abc import Iterator

from plan_deployment.request.scaling_kinds import COMPONENT, OF_ENDPOINT, Kind, namespace
from shared.aws import Json

CUSTOMIZED = "CustomizedMetricSpecification"
ENDPOINT, VARIANT, COMPONENT_NAME = "EndpointName", "VariantName", "InferenceComponentName"


def measured(policy: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer inside the policy, and content, of each metric that a customized metric names."""
    specification = policy.get(CUSTOMIZED) or {}
    if "Metrics" not in specification:
        yield f"/{CUSTOMIZED}", specification
    for pointer, metric in _of_queries(specification):
        yield f"/{CUSTOMIZED}{pointer}", metric


def dimensions(policy: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer inside the policy, and content, of each dimension of a customized metric."""
    for pointer, metric in measured(policy):
        yield from _dimensions(pointer, metric)


def alarm_dimensions(alarm: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer inside the alarm, and content, of each dimension of its metrics."""
    yield from _dimensions("", alarm)
    for pointer, metric in _of_queries(alarm):
        yield from _dimensions(pointer, metric)


def named_variants(policy: Json) -> list[tuple[str, str]]:
    """Return JSON pointer inside the policy, and name, of each variant that a customized metric measures."""
    named = [
        (f"{pointer}/Value", each.get("Value")) for pointer, each in dimensions(policy) if each.get("Name") == VARIANT
    ]
    return [(pointer, name) for pointer, name in named if name is not None]


def of_resource(policy: Json, kind: Kind, endpoint_name: str, name: str) -> Json:
    """Return the policy with the endpoint's name in its own case and with the resource's own metric.

    A metric expression that names several variants measures them together and is not changed. A metric of SageMaker
    without dimensions gets those of the resource.

    Parameters
    ----------
    name : str
        The variant or inference component.
    """
    filled = copy.deepcopy(policy)
    for _, metric in measured(filled):
        if metric.get("Namespace") == namespace(kind, metric.get("MetricName", "")) and not metric.get("Dimensions"):
            metric["Dimensions"] = own_dimensions(kind, metric["MetricName"], endpoint_name, name)
    _rename([dimension for _, dimension in dimensions(filled)], endpoint_name, name)
    return filled


def alarm_of_resource(alarm: Json, kind: Kind, endpoint_name: str, name: str) -> Json:
    """Return the alarm with namespace and dimensions of the resource, unless it has its own."""
    filled = copy.deepcopy(alarm)
    if "Metrics" not in filled:
        own = namespace(kind, filled["MetricName"])
        filled.setdefault("Namespace", own)
        if filled["Namespace"] == own:
            filled.setdefault("Dimensions", own_dimensions(kind, filled["MetricName"], endpoint_name, name))
    _rename([dimension for _, dimension in alarm_dimensions(filled)], endpoint_name, name)
    return filled


def own_dimensions(kind: Kind, metric_name: str, endpoint_name: str, name: str) -> list[Json]:
    """Return the dimensions with which SageMaker publishes a metric of the resource."""
    if kind is COMPONENT:
        return [{"Name": COMPONENT_NAME, "Value": name}]
    of_endpoint = {"Name": ENDPOINT, "Value": endpoint_name}
    return [of_endpoint] if metric_name in OF_ENDPOINT else [of_endpoint, {"Name": VARIANT, "Value": name}]


def _of_queries(specification: Json) -> Iterator[tuple[str, Json]]:
    for index, query in enumerate(specification.get("Metrics") or []):
        metric = ((query or {}).get("MetricStat") or {}).get("Metric") or {}
        yield f"/Metrics/{index}/MetricStat/Metric", metric


def _dimensions(pointer: str, metric: Json) -> Iterator[tuple[str, Json]]:
    for index, dimension in enumerate(metric.get("Dimensions") or []):
        yield f"{pointer}/Dimensions/{index}", dimension or {}


def _rename(found: list[Json], endpoint_name: str, name: str) -> None:
    """Give the dimensions the live names; several variants stay as they are."""
    values = {ENDPOINT: endpoint_name, COMPONENT_NAME: name}
    if len({dimension["Value"] for dimension in found if dimension["Name"] == VARIANT}) == 1:
        values[VARIANT] = name
    for dimension in found:
        dimension["Value"] = values.get(dimension["Name"], dimension["Value"])
