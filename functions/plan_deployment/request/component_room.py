"""Whether copies of inference components fit on the instances of their variant, as far as the type's size is known.

SageMaker keeps a part of an instance for itself and does not publish it, so only what exceeds the whole is certain
(huggingface/skills, pull request 215: not enough hardware resources to create a copy).
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from plan_deployment.request.fields import components, production_variants, specifications
from plan_deployment.request.instance_rules import instance_types
from shared.aws import Json
from shared.planning.faults import Fault
from shared.planning.validation import read

# What a copy needs, in the order of an instance's size, with what it is of the instance.
NEEDS = {
    "MinMemoryRequiredInMb": "MB of memory",
    "NumberOfCpuCoresRequired": "vCPUs",
    "NumberOfAcceleratorDevicesRequired": "accelerators",
}


UNKNOWN: list[int | None] = [None] * len(NEEDS)


@cache
def sizes() -> dict[str, list[int | None]]:
    """Memory in MiB, vCPUs and accelerators by instance type; None if unknown."""
    return read(Path(__file__).parent / "instance_sizes.json")


def a_copy_fits_on_an_instance(request: Json) -> Iterator[Fault]:
    for pointer, component in components(request):
        types = _types_of(request, component)
        for at, specification in specifications(pointer, component):
            only = specification.get("InstanceType")
            required = specification.get("ComputeResourceRequirements") or {}
            suitable = [each for each in types if only in (None, each)]
            yield from _faults(f"{at}/ComputeResourceRequirements", required, suitable)


def _faults(at: str, required: Json, types: list[str]) -> Iterator[Fault]:
    """Yield what is more than the largest of the types has."""
    for index, (member, unit) in enumerate(NEEDS.items()):
        needed, there = required.get(member), {each: sizes().get(each, UNKNOWN)[index] for each in types}
        known = {name: count for name, count in there.items() if count is not None}
        if needed is None or not known or len(known) < len(there):
            continue
        largest = max(known, key=lambda name: known[name])
        if needed > known[largest]:
            problem = f"{needed:,g} is more than {largest} has: {known[largest]:,} {unit}"
            yield Fault(f"{at}/{member}", problem, "Lower it, or choose a larger instance type")


def full_variants(request: Json) -> Iterator[str]:
    """Yield a warning for each variant whose instances cannot hold the first copies of all its components."""
    for pointer, variant in production_variants(request):
        size = sizes().get(str(variant.get("InstanceType")))
        most = _most_instances(variant)
        if size is None or most is None:
            continue
        for index, (member, unit) in enumerate(NEEDS.items()):
            needed = sum(_needed(request, variant, member))
            there = size[index]
            if there is not None and needed > there * most:
                yield (
                    f"{pointer}: the components on it need {needed:,g} {unit}, and {most} {variant['InstanceType']} "
                    f"have {there * most:,}. SageMaker fails to create copies without room."
                )


def _most_instances(variant: Json) -> int | None:
    managed = variant.get("ManagedInstanceScaling", {})
    if managed.get("Status") == "ENABLED":
        most: int | None = managed.get("MaxInstanceCount")
        return most
    return variant.get("InitialInstanceCount")


def _needed(request: Json, variant: Json, member: str) -> Iterator[float]:
    for pointer, component in components(request):
        if _is_on(request, component, variant):
            for _, specification in specifications(pointer, component):
                if specification.get("InstanceType") in (None, variant["InstanceType"]):
                    required = specification.get("ComputeResourceRequirements", {})
                    yield component.get("copyCount", 1) * required.get(member, 0)


def _is_on(request: Json, component: Json, variant: Json) -> bool:
    only = len(list(production_variants(request))) == 1
    name: str = variant["VariantName"]
    return component.get("variantName", name if only else None) == name


def _types_of(request: Json, component: Json) -> list[str]:
    for _, variant in production_variants(request):
        if variant.get("VariantName") is not None and _is_on(request, component, variant):
            return [name for _, name in instance_types("", variant)]
    return []
