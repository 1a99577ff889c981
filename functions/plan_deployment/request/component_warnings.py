"""Warnings about inference components that are valid, and may not do what they are meant to."""

from collections.abc import Iterator

from plan_deployment.request.autoscaling import Resource, resources
from plan_deployment.request.component_host_rules import MANAGED
from plan_deployment.request.component_room import full_variants
from plan_deployment.request.components import requested_components
from plan_deployment.request.fields import production_variants
from shared.aws import Json


def warnings(request: Json) -> Iterator[str]:
    """Yield the warnings about the components of a valid request, and about the variants that host them."""
    yield from full_variants(request)
    variant_of = {each.pointer: each.variant_name for each in requested_components(request)}
    for pointer, variant in production_variants(request):
        name = variant["VariantName"]
        if name not in variant_of.values():
            yield f"{pointer}: no component is on variant {name}, so its instances run nothing."
        managed = variant.get(MANAGED, {}) if variant.get(MANAGED, {}).get("Status") == "ENABLED" else {}
        yield from _initial_count(pointer, variant, managed)
        least = managed.get("MinInstanceCount")
        if least == 0:  # stdapi-ai/stdapi.ai, issue 43
            yield f"{pointer}/{MANAGED}/MinInstanceCount is 0, which SageMaker refuses in some Regions (eu-west-3)."
            continue
        for resource in resources(request):
            if variant_of.get(resource.pointer) == name and resource.min_capacity == 0:
                yield _instances_stay(pointer, resource)


def _initial_count(pointer: str, variant: Json, managed: Json) -> Iterator[str]:
    count = variant.get("InitialInstanceCount", 1)
    least, most = managed.get("MinInstanceCount", count), managed.get("MaxInstanceCount", count)
    if not least <= count <= most:
        bounds = f"at least {least}" if count < least else f"at most {most}"
        yield (
            f"{pointer}/InitialInstanceCount is {count}, and {MANAGED} wants {bounds} instances. AWS does not document "
            "which of them counts."
        )


def _instances_stay(pointer: str, resource: Resource) -> str:
    return (
        f"{resource.pointer} scales to 0 copies, and the instances of its variant stay. To release them, give "
        f"{pointer}/{MANAGED} the Status ENABLED and a MinInstanceCount of 0."
    )
