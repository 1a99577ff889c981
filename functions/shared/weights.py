"""Weights of an endpoint's production variants; a variant's share of the traffic is its weight over their sum."""

import math
from collections.abc import Iterable, Mapping

from shared.aws import Json

Weights = Mapping[str, float]
DEFAULT = 1.0  # SageMaker API reference, ProductionVariant: InitialVariantWeight


def initial(variants: Iterable[Json]) -> dict[str, float]:
    """Return the initial weights of a config's production variants, by the variant's name."""
    return {variant["VariantName"]: variant.get("InitialVariantWeight", DEFAULT) for variant in variants}


def live(endpoint: Json) -> dict[str, float]:
    """Return the weights of DescribeEndpoint's production variants, by the variant's name."""
    variants = endpoint.get("ProductionVariants", [])
    return {variant["VariantName"]: variant["CurrentWeight"] for variant in variants if "CurrentWeight" in variant}


def desired(endpoint: Json) -> dict[str, float]:
    """Return the weights that DescribeEndpoint's production variants have or change to, by the variant's name."""
    variants = endpoint.get("ProductionVariants", [])
    wanted = {variant["VariantName"]: variant["DesiredWeight"] for variant in variants if "DesiredWeight" in variant}
    return live(endpoint) | wanted


def differ(wanted: Weights, found: Weights) -> bool:
    """Whether a common variant has another weight; a weight is a 32-bit float in SageMaker."""
    return any(not math.isclose(wanted[name], found[name], rel_tol=1e-6) for name in wanted.keys() & found.keys())


def update(endpoint_name: str, wanted: Weights) -> Json:
    """Return the body of UpdateEndpointWeightsAndCapacities that sets these weights."""
    weights = [{"VariantName": name, "DesiredWeight": weight} for name, weight in wanted.items()]
    return {"EndpointName": endpoint_name, "DesiredWeightsAndCapacities": weights}


def spoken(weights: Weights) -> str:
    """Return the weights for people: ``A 9, B 1``."""
    return ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
