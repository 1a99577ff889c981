"""Rules across the fields of a request that speak of its variants, its tags and how they go together.

A rule gets the request with everything that breaks the schema set to None (see `validation.sound`), and yields what
breaks the rule.
"""

import json
from collections.abc import Iterator
from typing import Any

from shared.aws import Json
from shared.planning.faults import Fault, pointer_to
from shared.tags import ALLOWED, refused_characters

PRODUCTION = "productionVariants"
SHADOW = "shadowProductionVariants"
HOSTS = ("InstanceType", "InstancePools", "ServerlessConfig")
# SageMaker developer guide, serverless-endpoints: feature exclusions.
NOT_SERVERLESS = {
    ("shadowProductionVariants",): "shadow variants",
    ("dataCaptureConfig",): "data capture",
    ("asyncInferenceConfig",): "asynchronous inference",
    ("vpcConfig",): "a network configuration",
    ("enableNetworkIsolation",): "network isolation",
    ("model", "VpcConfig"): "a network configuration",
    ("model", "EnableNetworkIsolation"): "network isolation",
}
# Members of a variant that need instances (SageMaker API reference, ProductionVariant).
NEED_INSTANCES = (
    "VolumeSizeInGB",
    "RoutingConfig",
    "CoreDumpConfig",
    "ModelDataDownloadTimeoutInSeconds",
    "ContainerStartupHealthCheckTimeoutInSeconds",
    "VariantInstanceProvisionTimeoutInSeconds",
    "InferenceAmiVersion",
    "EnableSSMAccess",
    "CapacityReservationConfig",
    "AcceleratorPartitionLayouts",
)
RESERVED_TAG_PREFIXES = ("aws:", "slipway:")


def variants(request: Json, field: str = PRODUCTION) -> Iterator[tuple[str, Json]]:
    """JSON pointer and content of each variant of the field; of what is no list or no object, none."""
    for index, variant in enumerate(request.get(field) or []):
        if isinstance(variant, dict):
            yield f"/{field}/{index}", variant


def all_variants(request: Json) -> Iterator[tuple[str, Json]]:
    """Those of production, then the shadows."""
    yield from variants(request)
    yield from variants(request, SHADOW)


def is_serverless(variant: Json) -> bool:
    return "ServerlessConfig" in variant


def names_are_unique(request: Json) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for pointer, variant in all_variants(request):
        name = variant.get("VariantName")
        if name is not None and seen.setdefault(name, pointer) != pointer:
            problem = f'"{name}" is the name of {seen[name]} already'
            yield Fault(f"{pointer}/VariantName", problem, "Give every variant a name of its own")


def each_runs_on_one_thing(request: Json) -> Iterator[Fault]:
    for pointer, variant in all_variants(request):
        found = [host for host in HOSTS if host in variant]
        if not found:
            problem = "says nothing to run the model on"
            yield Fault(
                pointer, problem, "Give InstanceType and InitialInstanceCount, InstancePools or ServerlessConfig"
            )
        elif len(found) > 1:
            yield Fault(pointer, f"has {' and '.join(found)}", "Keep one of them")
        elif found == ["InstanceType"] and "InitialInstanceCount" not in variant:
            yield Fault(f"{pointer}/InitialInstanceCount", "is missing", "Give the number of instances to begin with")
        elif found == ["ServerlessConfig"] and "InitialInstanceCount" in variant:
            yield Fault(f"{pointer}/InitialInstanceCount", "means nothing on a serverless variant", "Remove it")


def serverless_goes_with_what_it_can(request: Json) -> Iterator[Fault]:
    production = list(variants(request))
    serverless = [pointer for pointer, variant in production if is_serverless(variant)]
    if not serverless:
        return
    if len(production) > 1:
        yield Fault("/productionVariants", "a serverless endpoint has one variant only", "Keep one variant")
    for path, what in NOT_SERVERLESS.items():
        value: Any = request
        for name in path:
            value = (value or {}).get(name)
        if value:
            yield Fault(pointer_to(path), f"a serverless endpoint does not support {what}", "Remove it")
    for pointer, variant in production:
        for member in NEED_INSTANCES:
            if is_serverless(variant) and variant.get(member):
                yield Fault(f"{pointer}/{member}", "is for instances, and this variant is serverless", "Remove it")
        config = variant.get("ServerlessConfig") or {}
        provisioned, most = config.get("ProvisionedConcurrency"), config.get("MaxConcurrency")
        if provisioned is not None and most is not None and provisioned > most:
            problem = f"{provisioned} is more than MaxConcurrency, {most}"
            yield Fault(
                f"{pointer}/ServerlessConfig/ProvisionedConcurrency", problem, "Lower it or raise MaxConcurrency"
            )


def a_shadow_has_one_counterpart(request: Json) -> Iterator[Fault]:
    shadows, production = request.get(SHADOW), request.get(PRODUCTION)
    if shadows and production and (len(shadows), len(production)) != (1, 1):
        problem = f"{len(shadows)} shadow and {len(production)} production variants; SageMaker wants one of each"
        yield Fault(f"/{SHADOW}", problem, "Keep one of each")


def instances_are_managed_by_components_only(request: Json) -> Iterator[Fault]:
    """SageMaker refuses ManagedInstanceScaling where the variant itself has the model."""
    for pointer, variant in all_variants(request):
        if "ManagedInstanceScaling" in variant:
            problem = "is for endpoints of inference components only"
            yield Fault(f"{pointer}/ManagedInstanceScaling", problem, "Use the fields of scaling instead")


def tags_are_ours_to_give(request: Json) -> Iterator[Fault]:
    seen = set()
    for index, tag in enumerate(request.get("tags") or []):
        key = (tag or {}).get("Key")
        if key is None:
            continue
        if key.lower().startswith(RESERVED_TAG_PREFIXES):
            yield Fault(f"/tags/{index}/Key", f'"{key}" is reserved', "Choose another key")
        if key in seen:
            yield Fault(f"/tags/{index}/Key", f'"{key}" is there already', "Keep one value for each key")
        seen.add(key)


def tags_hold_what_sagemaker_takes(request: Json) -> Iterator[Fault]:
    for index, tag in enumerate(request.get("tags") or []):
        for member, text in (tag or {}).items():
            refused = refused_characters(text) if isinstance(text, str) else []
            if refused:
                problem = f"holds {json.dumps(''.join(refused), ensure_ascii=False)}, and a tag takes {ALLOWED}"
                yield Fault(f"/tags/{index}/{member}", problem, "Remove what SageMaker does not take")


RULES = (
    names_are_unique,
    each_runs_on_one_thing,
    serverless_goes_with_what_it_can,
    a_shadow_has_one_counterpart,
    instances_are_managed_by_components_only,
    tags_are_ours_to_give,
    tags_hold_what_sagemaker_takes,
)
