"""Instances for the copies of inference components: how many they need, and managed instance scaling.

SageMaker API reference, ProductionVariantManagedInstanceScaling, InferenceComponentComputeResourceRequirements.
AWS does not publish its rules of placement. Here each copy goes to the first instance with enough cores, accelerators
and memory, the largest copies first, and idle instances are released together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from local_aws.core.clock import clock
from local_aws.core.errors import NotModelledError
from local_aws.core.operations import lock
from local_aws.sagemaker import components, durations, instances, names
from local_aws.sagemaker.components import Component
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.serving import Failure
from local_aws.sagemaker.variants import Variant

# AWS ML blog, "Unlock cost savings with the new scale down to zero feature": ten minutes without copies
IDLE_SECONDS = 600.0

NO_ROOM = (
    "There is not enough hardware resources on the instances for this endpoint to create a copy of the inference "
    "component."
)

Size = tuple[float, float, float]  # memory in MiB, vCPUs, accelerators


def live_variant(backend: Backend, component: Component) -> Variant | None:
    """The variant of the component; None if it or its endpoint is gone."""
    endpoint: Endpoint | None = names.stored(backend, "endpoint").get(component.endpoint_name.lower())
    return endpoint.variant(component.variant_name) if endpoint else None


def has_room(backend: Backend, component: Component, copies: int) -> bool:
    """Whether `copies` copies of the component fit on the most instances that its variant can have."""
    variant = live_variant(backend, component)
    needed = _needed(backend, variant, component, copies) if variant else None
    return variant is not None and needed is not None and needed <= _most(variant)


def lack_of_room(backend: Backend, endpoint: Endpoint, variants: Iterable[Variant]) -> Failure | None:
    """Why the copies of the endpoint's components do not start on the variants of an update; None if they fit.

    UpdateEndpoint deploys to a new fleet (API reference), so the copies need room there.

    Raises
    ------
    NotModelledError
        If the update removes the variant of a component.
    """
    new = {variant.name: variant for variant in variants}
    for component in components.of_endpoint(backend, endpoint.endpoint_name):
        if _is_leaving(component):
            continue
        variant = new.get(component.variant_name)
        if variant is None:
            raise NotModelledError("an update that removes the variant of an inference component")
        needed = _needed(backend, variant, component, component.copies["Desired"])
        if needed is None or needed > _most(variant):
            return Failure(NO_ROOM, durations.SECONDS["copy"])
    return None


def copies_per_instance(variant: Variant, component: Component) -> int | None:
    """Copies of the component that an instance bears if it has no others; None for a type of unknown size."""
    whole = instances.size(variant.instance_type or "")
    if whole is None:
        return None
    pairs = zip(whole, _demand(variant, component), strict=True)
    return min((int(has // needs) for has, needs in pairs if needs), default=None)


def reserve(backend: Backend, component: Component, copies: int) -> float:
    """Launch the instances that `copies` copies need; return the seconds until they are there. There is room."""
    variant = live_variant(backend, component)
    needed = _needed(backend, variant, component, copies) if variant else None
    if variant is None or needed is None or needed <= variant.instance_count["Current"]:
        return 0.0
    variant.instance_count["Desired"] = max(needed, variant.instance_count["Desired"])
    seconds = durations.SECONDS["scaleOut"]
    clock.call_later(seconds, partial(_arrive, backend, component))
    return seconds


def settle(backend: Backend, component: Component) -> None:
    """Note whether the variant has idle instances now, after a change of the component; release them later."""
    variant = live_variant(backend, component)
    if variant is None or not variant.managed_scaling:
        return
    idle = _least(backend, variant, component) < variant.instance_count["Current"]
    if not idle:
        variant.idle_since = None
    elif variant.idle_since is None:
        variant.idle_since = clock.now()
        clock.call_later(_idle_seconds(variant), partial(_release, backend, component, variant.idle_since))


def _arrive(backend: Backend, component: Component) -> None:
    with lock:
        variant = live_variant(backend, component)
        if variant:
            variant.resize(variant.instance_count["Desired"])


def _release(backend: Backend, component: Component, idle_since: float) -> None:
    with lock:
        variant = live_variant(backend, component)
        if variant is None or variant.idle_since != idle_since:
            return
        variant.idle_since = None
        step = variant.managed_scaling.get("ScaleInPolicy", {}).get(
            "MaximumStepSize", variant.instance_count["Current"]
        )
        size = max(_least(backend, variant, component), variant.instance_count["Current"] - step)
        variant.instance_count["Desired"] = size
        variant.resize(size)
        settle(backend, component)


def _idle_seconds(variant: Variant) -> float:
    policy = variant.managed_scaling.get("ScaleInPolicy")
    return float(policy.get("CooldownInMinutes", 20) * 60) if policy else IDLE_SECONDS


def _most(variant: Variant) -> int:
    return int(variant.managed_scaling.get("MaxInstanceCount", variant.instance_count["Desired"]))


def _least(backend: Backend, variant: Variant, component: Component) -> int:
    """Instances that the copies need, and MinInstanceCount at least."""
    needed = _needed(backend, variant, component, component.copies["Desired"]) or 0
    return max(needed, int(variant.managed_scaling.get("MinInstanceCount", 1)))


def _needed(backend: Backend, variant: Variant, component: Component, copies: int) -> int | None:
    """Instances for all copies on the variant, with `copies` of the component; None if no instance bears one."""
    whole = instances.size(variant.instance_type or "")
    wanted = list(_demands(backend, variant, component, copies))
    if whole is None:  # unknown type: everything fits on one instance
        return 1 if wanted else 0
    free: list[Size] = []
    for size in sorted(wanted, reverse=True):
        if not _fits(size, whole):
            return None
        at = next((index for index, left in enumerate(free) if _fits(size, left)), None)
        if at is None:
            free.append(whole)
            at = len(free) - 1
        free[at] = _minus(free[at], size)
    return len(free)


def _demands(backend: Backend, variant: Variant, component: Component, copies: int) -> Iterator[Size]:
    yield from [_demand(variant, component)] * (0 if _is_leaving(component) else copies)
    for other in components.of_endpoint(backend, component.endpoint_name):
        if other.name != component.name and other.variant_name == variant.name and not _is_leaving(other):
            yield from [_demand(variant, other)] * other.copies["Desired"]


def _is_leaving(component: Component) -> bool:
    return component.status in ("Failed", "Deleting")


def _demand(variant: Variant, component: Component) -> Size:
    specification = components.specification_for(component.content, variant.instance_type)
    required = specification.get("ComputeResourceRequirements", {})
    return (
        float(required.get("MinMemoryRequiredInMb", 0)),
        float(required.get("NumberOfCpuCoresRequired", 0)),
        float(required.get("NumberOfAcceleratorDevicesRequired", 0)),
    )


def _fits(size: Size, into: Size) -> bool:
    return all(part <= whole for part, whole in zip(size, into, strict=True))


def _minus(left: Size, taken: Size) -> Size:
    memory, cores, accelerators = (whole - part for whole, part in zip(left, taken, strict=True))
    return memory, cores, accelerators
