"""The instances of a variant, in words."""

from __future__ import annotations

from typing import Any


def fleet(variant: dict[str, Any]) -> str:
    """Return the number of instances of each type; empty for a serverless variant."""
    places = variant.get("instancePools") or [variant]
    return " and ".join(_counted(place) for place in places if place.get("instanceType"))


def _counted(place: dict[str, Any]) -> str:
    count, instance_type = place.get("currentInstanceCount"), str(place["instanceType"])
    return instance_type if count is None else f"{count} × {instance_type}"
