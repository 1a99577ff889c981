"""What of an endpoint serves now: its resources with their units, and their shares of the requests.

By `sagemaker.traffic`: weights of variants, and the fleets of a deployment with guardrails.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal

from moto.sagemaker.models import sagemaker_backends

from local_aws.sagemaker import lifecycle, names
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.traffic import shares
from local_aws.sagemaker.variants import Variant
from local_aws.traffic.description import Description, Unit

Kind = Literal["variant", "component", "concurrency"]


@dataclass(frozen=True)
class Fleet:
    """Units that serve a share of the endpoint's requests; two of one resource during a deployment."""

    share: float
    units: int


@dataclass(frozen=True)
class Serving:
    """A resource of the endpoint at a moment.

    Attributes
    ----------
    is_asynchronous : bool
        Whether requests wait for a unit.
    most_units : float
        Units at which requests are throttled: MaxConcurrency of a serverless variant.
    instances : int
        Instances that are paid for.
    vcpus : int
        Of one instance; 0 if it is unknown.
    """

    kind: Kind
    name: str
    resource_id: str
    unit: Unit
    fleets: tuple[Fleet, ...]
    wanted: int
    instances: int = 0
    instance_type: str | None = None
    is_asynchronous: bool = False
    most_units: float = field(default=float("inf"))

    @property
    def running(self) -> int:
        """All units that serve."""
        return sum(fleet.units for fleet in self.fleets)

    @property
    def share(self) -> float:
        """Its part of the endpoint's requests."""
        return sum(fleet.share for fleet in self.fleets)


def endpoint_of(account_id: str, region: str, name: str) -> Endpoint | None:
    """The endpoint of exactly that name, or None."""
    found: Endpoint | None = names.stored(sagemaker_backends[account_id][region], "endpoint").get(name.lower())
    return found if found is not None and found.endpoint_name == name else None


def resources(endpoint: Endpoint | None, described: Description) -> list[Serving]:
    """The resources of the endpoint; none if it is missing. The caller holds SageMaker's lock."""
    if endpoint is None or not endpoint.variants:
        return []
    fleets: dict[str, list[Fleet]] = defaultdict(list)
    if endpoint.endpoint_status in lifecycle.SERVING:
        pending = endpoint.pending.variants if endpoint.pending else []
        for variant, share in shares(endpoint):
            fleets[variant.name].append(Fleet(share, _serving_units(variant, is_pending=variant in pending)))
    return [_variant(endpoint, variant, fleets[variant.name], described) for variant in endpoint.variants]


def _serving_units(variant: Variant, *, is_pending: bool) -> int:
    return int(variant.active_count if is_pending else variant.units["Current"])


def _variant(endpoint: Endpoint, variant: Variant, fleets: list[Fleet], described: Description) -> Serving:
    is_serverless = not variant.instance_count
    units = variant.units
    common: dict[str, Any] = {
        "name": variant.name,
        "resource_id": f"endpoint/{endpoint.endpoint_name}/variant/{variant.name}",
        "unit": described.unit_of_variant(variant.name),
        "fleets": tuple(fleets) or (Fleet(0.0, units["Current"]),),
        "wanted": units["Desired"],
    }
    if is_serverless:
        return Serving(kind="concurrency", most_units=variant.serverless["Current"]["MaxConcurrency"], **common)
    return Serving(
        kind="variant",
        instances=_paid_instances(endpoint, variant),
        instance_type=variant.instance_type,
        is_asynchronous="AsyncInferenceConfig" in endpoint.config.content,
        **common,
    )


def _paid_instances(endpoint: Endpoint, variant: Variant) -> int:
    """Instances of the variant, with those that are starting, and those of a deployment's new fleet."""
    own = max(variant.units["Current"], variant.units["Desired"])
    guarded = endpoint.pending.guarded if endpoint.pending else None
    new = guarded.stage.capacities.get(variant.name) if guarded else None
    return own if new is None else int(new.old + new.launched)
