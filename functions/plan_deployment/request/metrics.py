"""The metrics that a scaling policy tracks: their dimensions, and the policy of each variant."""

import copy
from collections.abc import Iterator

from shared.aws import Json

CUSTOMIZED = "CustomizedMetricSpecification"
ENDPOINT, VARIANT = "EndpointName", "VariantName"


def measured(policy: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer inside the policy, and content, of each metric that a customized metric names."""
    specification = policy.get(CUSTOMIZED) or {}
    if "Metrics" not in specification:
        yield f"/{CUSTOMIZED}", specification
    for index, query in enumerate(specification.get("Metrics") or []):
        yield (
            f"/{CUSTOMIZED}/Metrics/{index}/MetricStat/Metric",
            ((query or {}).get("MetricStat") or {}).get("Metric") or {},
        )


def dimensions(policy: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer inside the policy, and content, of each dimension of a customized metric."""
    for pointer, metric in measured(policy):
        for index, dimension in enumerate(metric.get("Dimensions") or []):
            yield f"{pointer}/Dimensions/{index}", dimension or {}


def named_variants(policy: Json) -> list[tuple[str, str]]:
    """Return JSON pointer inside the policy, and name, of each variant that a customized metric measures."""
    named = [
        (f"{pointer}/Value", each.get("Value")) for pointer, each in dimensions(policy) if each.get("Name") == VARIANT
    ]
    return [(pointer, name) for pointer, name in named if name is not None]


def of_variant(policy: Json, endpoint_name: str, variant_name: str) -> Json:
    """Return the policy with the endpoint's name in its own case and with the variant's own metric.

    A metric expression that names several variants measures them together and is not changed.
    """
    values = {ENDPOINT: endpoint_name}
    if len({name for _, name in named_variants(policy)}) == 1:
        values[VARIANT] = variant_name
    filled = copy.deepcopy(policy)
    for _, dimension in dimensions(filled):
        dimension["Value"] = values.get(dimension["Name"], dimension["Value"])
    return filled
