"""What variants run on, and what of them can be scaled."""

from collections.abc import Iterable, Iterator

from shared.aws import Json

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"


def all_variants(config: Json | None) -> list[Json]:
    """Production and shadow variants of a config, or of an endpoint; none of what does not exist."""
    found = config or {}
    return [*found.get("ProductionVariants", []), *found.get("ShadowProductionVariants", [])]


def is_serverless(config: Json) -> bool:
    """Whether a config has no instances of its own."""
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])


def host(variant: Json) -> tuple[str, ...]:
    """What the variant runs on: its instance types, or that it is serverless."""
    if "ServerlessConfig" in variant:
        return ("serverless",)
    return tuple(sorted(_instance_types(variant)))


def dimension(variant: Json) -> str | None:
    """The dimension in which the variant can be scaled; None for a serverless one that only runs on demand."""
    if "ServerlessConfig" not in variant:
        return INSTANCES
    return PROVISIONED_CONCURRENCY if "ProvisionedConcurrency" in variant["ServerlessConfig"] else None


def by_name(variants: Iterable[Json]) -> dict[str, Json]:
    return {variant["VariantName"]: variant for variant in variants}


def _instance_types(variant: Json) -> Iterator[str]:
    if "InstanceType" in variant:
        yield variant["InstanceType"]
    for pool in variant.get("InstancePools", []):
        yield pool["InstanceType"]
