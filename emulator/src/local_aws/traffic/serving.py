"""What of an endpoint serves now: its resources with their units, and their shares of the requests.

By `sagemaker.traffic`: weights of variants, and the fleets of a deployment with guardrails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from moto.sagemaker.models import sagemaker_backends

from local_aws.sagemaker import components, lifecycle, names, placement
from local_aws.sagemaker.components import Component
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.traffic import shares
from local_aws.sagemaker.variants import Variant
from local_aws.traffic.description import Description, Unit

Kind = Literal["variant", "component", "concurrency"]


@dataclass(frozen=True)
class Serving:
    """A resource of the endpoint at a moment.

    Attributes
    ----------
    share : float
        Its part of the endpoint's requests.
    running, wanted : int
        Units that serve now, of both fleets during a deployment with guardrails, and those that are desired.
    is_asynchronous : bool
        Whether requests wait for a unit.
    most_units : float
        Units at which requests are throttled: MaxConcurrency of a serverless variant.
    variant_name : str
        The variant itself, or that of the component.
    instances : int
        Instances that are paid for. Components on one variant share the variant's.
    instance_type : str or None
        Their type; None for a serverless variant, and for one with instance pools.
    pools : dict
        Instances of each instance pool that serve now, by type.
    units_per_instance : int or None
        Units that one instance bears alone; None without instances, or for an instance type of unknown size.
    """

    kind: Kind
    name: str
    resource_id: str
    unit: Unit
    share: float
    running: int
    wanted: int
    variant_name: str
    instances: int = 0
    instance_type: str | None = None
    pools: dict[str, int] = field(default_factory=dict)
    units_per_instance: int | None = None
    is_asynchronous: bool = False
    most_units: float = field(default=float("inf"))


def endpoint_of(account_id: str, region: str, name: str) -> Endpoint | None:
    """The endpoint of exactly that name, or None."""
    found: Endpoint | None = names.stored(sagemaker_backends[account_id][region], "endpoint").get(name.lower())
    return found if found is not None and found.endpoint_name == name else None


def resources(endpoint: Endpoint | None, described: Description) -> list[Serving]:
    """The resources of the endpoint; none if it is missing. The caller holds SageMaker's lock."""
    if endpoint is None or not endpoint.variants:
        return []
    if endpoint.config.hosts_components:
        return _components(endpoint, described)
    serving: dict[str, tuple[float, int]] = {}
    if endpoint.endpoint_status in lifecycle.SERVING:
        pending = endpoint.pending.variants if endpoint.pending else []
        for variant, share in shares(endpoint):
            known_share, known_units = serving.get(variant.name, (0.0, 0))
            units = _serving_units(variant, is_pending=variant in pending)
            serving[variant.name] = (known_share + share, known_units + units)
    return [_variant(endpoint, variant, serving.get(variant.name), described) for variant in endpoint.variants]


def components_of(endpoint: Endpoint) -> list[Component]:
    """The components that can have requests: all but adapters, which are on the copies of their base."""
    _, _, _, region, account_id, _ = endpoint.arn.split(":", 5)
    every = components.of_endpoint(sagemaker_backends[account_id][region], endpoint.endpoint_name)
    return [each for each in every if not each.base_name and each.status != "Deleting"]


def _components(endpoint: Endpoint, described: Description) -> list[Serving]:
    found = components_of(endpoint)
    total = sum(described.component(each.name).share for each in found)
    return [_component(endpoint, each, described, described.component(each.name).share / total) for each in found]


def _component(endpoint: Endpoint, component: Component, described: Description, share: float) -> Serving:
    variant = endpoint.variant(component.variant_name)
    return Serving(
        kind="component",
        name=component.name,
        resource_id=f"{components.KIND}/{component.name}",
        unit=described.component(component.name).unit,
        share=share,
        running=component.copies["Current"] if endpoint.endpoint_status in lifecycle.SERVING else 0,
        wanted=component.copies["Desired"],
        variant_name=component.variant_name,
        instances=_paid_instances(endpoint, variant) if variant else 0,
        instance_type=variant.instance_type if variant else None,
        units_per_instance=placement.copies_per_instance(variant, component) if variant else None,
    )


def _serving_units(variant: Variant, *, is_pending: bool) -> int:
    return int(variant.active_count if is_pending else variant.units["Current"])


def _variant(
    endpoint: Endpoint, variant: Variant, serving: tuple[float, int] | None, described: Description
) -> Serving:
    units = variant.units
    share, running = serving or (0.0, units["Current"])
    common: dict[str, Any] = {
        "name": variant.name,
        "resource_id": f"endpoint/{endpoint.endpoint_name}/variant/{variant.name}",
        "unit": described.unit_of_variant(variant.name),
        "share": share,
        "running": running,
        "wanted": units["Desired"],
        "variant_name": variant.name,
    }
    if not variant.instance_count:
        return Serving(kind="concurrency", most_units=variant.serverless["Current"]["MaxConcurrency"], **common)
    return Serving(
        kind="variant",
        instances=_paid_instances(endpoint, variant),
        instance_type=variant.instance_type,
        pools=dict(variant.pools.counts) if variant.has_pools else {},
        units_per_instance=1,
        is_asynchronous="AsyncInferenceConfig" in endpoint.config.content,
        **common,
    )


def _paid_instances(endpoint: Endpoint, variant: Variant) -> int:
    """Instances of the variant, with those that are starting, and those of a deployment's new fleet."""
    own = max(variant.units["Current"], variant.units["Desired"])
    guarded = endpoint.pending.guarded if endpoint.pending else None
    new = guarded.stage.capacities.get(variant.name) if guarded else None
    return own if new is None else int(new.old + new.launched)
