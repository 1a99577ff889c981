"""Rules on the variants of a request, across its fields.

A rule gets the request with every value that violates the schema set to None (see `validation.sound`), and yields the
faults that it finds.
"""

from collections.abc import Iterator
from typing import Any

from plan_deployment.request.fields import (
    COMPONENTS,
    PRODUCTION,
    SHADOW,
    every_variant,
    production_variants,
    repeated_names,
    runs_serverless,
)
from shared.aws import Json
from shared.planning.faults import Fault, pointer_to

COMPUTE = ("InstanceType", "InstancePools", "ServerlessConfig")
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


def names_are_unique(request: Json) -> Iterator[Fault]:
    yield from repeated_names(every_variant(request), "VariantName", "variant")


def each_has_one_host(request: Json) -> Iterator[Fault]:
    for pointer, variant in every_variant(request):
        found = [member for member in COMPUTE if member in variant]
        if not found:
            problem = "does not say what the model runs on"
            yield Fault(
                pointer, problem, "Give InstanceType and InitialInstanceCount, InstancePools or ServerlessConfig"
            )
        elif len(found) > 1:
            yield Fault(pointer, f"has {' and '.join(found)}", "Keep one of them")
        elif found == ["InstanceType"] and "InitialInstanceCount" not in variant:
            yield Fault(f"{pointer}/InitialInstanceCount", "is missing", "Give the initial number of instances")
        elif found == ["ServerlessConfig"] and "InitialInstanceCount" in variant:
            yield Fault(f"{pointer}/InitialInstanceCount", "has no effect on a serverless variant", "Remove it")


def serverless_excludes_other_features(request: Json) -> Iterator[Fault]:
    production = list(production_variants(request))
    serverless = [pointer for pointer, variant in production if runs_serverless(variant)]
    if not serverless:
        return
    if len(production) > 1:
        yield Fault("/productionVariants", "a serverless endpoint has only one variant", "Keep one variant")
    for path, what in NOT_SERVERLESS.items():
        value: Any = request
        for name in path:
            value = (value or {}).get(name)
        if value:
            yield Fault(pointer_to(path), f"a serverless endpoint does not support {what}", "Remove it")
    for pointer, variant in production:
        for member in NEED_INSTANCES:
            if runs_serverless(variant) and variant.get(member):
                yield Fault(f"{pointer}/{member}", "is for instances, and this variant is serverless", "Remove it")
        config = variant.get("ServerlessConfig") or {}
        provisioned, most = config.get("ProvisionedConcurrency"), config.get("MaxConcurrency")
        if provisioned is not None and most is not None and provisioned > most:
            problem = f"{provisioned} is more than MaxConcurrency, {most}"
            yield Fault(
                f"{pointer}/ServerlessConfig/ProvisionedConcurrency", problem, "Lower it or raise MaxConcurrency"
            )


def shadow_has_one_counterpart(request: Json) -> Iterator[Fault]:
    shadows, production = request.get(SHADOW), request.get(PRODUCTION)
    if shadows and production and (len(shadows), len(production)) != (1, 1):
        problem = f"{len(shadows)} shadow and {len(production)} production variants; SageMaker needs one of each"
        yield Fault(f"/{SHADOW}", problem, "Keep one of each")


def instances_are_managed_by_components_only(request: Json) -> Iterator[Fault]:
    """SageMaker refuses ManagedInstanceScaling where the variant itself has the model."""
    if COMPONENTS in request:
        return
    for pointer, variant in every_variant(request):
        if "ManagedInstanceScaling" in variant:
            problem = "is only for endpoints of inference components"
            yield Fault(f"{pointer}/ManagedInstanceScaling", problem, "Use the scaling fields instead")


RULES = (
    names_are_unique,
    each_has_one_host,
    serverless_excludes_other_features,
    shadow_has_one_counterpart,
    instances_are_managed_by_components_only,
)
