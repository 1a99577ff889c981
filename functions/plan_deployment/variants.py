"""Variants of configs and endpoints: their instance types, counts and dimensions of scaling."""

from collections.abc import Iterable, Iterator, Mapping

from shared.aws import Json
from shared.usage import models_of

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"


def variants_of(resource: Json | None) -> list[Json]:
    """Return the production and shadow variants of a config or an endpoint; none if it is None."""
    found = resource or {}
    return [*found.get("ProductionVariants", []), *found.get("ShadowProductionVariants", [])]


def by_name(variants: Iterable[Json]) -> dict[str, Json]:
    """Return the variants by their name."""
    return {variant["VariantName"]: variant for variant in variants}


def with_names(config: Json, names: Mapping[str, str]) -> Json:
    """Return CreateEndpointConfig's body with the names of the models in place of the keys in a request."""

    def renamed(variant: Json) -> Json:
        found = dict(variant)
        if "ModelName" in variant:
            found["ModelName"] = names.get(variant["ModelName"], variant["ModelName"])
        if "InstancePools" in variant:
            found["InstancePools"] = [
                pool | {"ModelNameOverride": names.get(pool["ModelNameOverride"], pool["ModelNameOverride"])}
                if "ModelNameOverride" in pool
                else pool
                for pool in variant["InstancePools"]
            ]
        return found

    fields = ("ProductionVariants", "ShadowProductionVariants")
    return config | {name: [renamed(variant) for variant in config[name]] for name in fields if name in config}


def hosts_components(config: Json) -> bool:
    """Whether the variants of a config have no models, but inference components."""
    return not models_of(config)


def managed_variants(config: Json) -> set[str]:
    """Names of the variants whose instances SageMaker adds and removes with the copies of inference components."""
    variants = config["ProductionVariants"]
    managed = {each["VariantName"]: each.get("ManagedInstanceScaling", {}).get("Status") for each in variants}
    return {name for name, status in managed.items() if status == "ENABLED"}


def is_serverless_config(config: Json) -> bool:
    """Whether a config has no instances of its own."""
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])


def is_serverless_endpoint(endpoint: Json) -> bool:
    """Whether an endpoint has no instances of its own."""
    return any("CurrentServerlessConfig" in variant for variant in endpoint.get("ProductionVariants", []))


def live_count(variant: Json) -> int | None:
    """Return the instances of a live variant, or the number that it is changing to."""
    return variant.get("DesiredInstanceCount", variant.get("CurrentInstanceCount"))


def instance_types(variant: Json) -> tuple[str, ...]:
    """Return the instance types of the variant, or ``serverless``."""
    if "ServerlessConfig" in variant:
        return ("serverless",)
    return tuple(sorted(_instance_types(variant)))


def dimension(variant: Json) -> str | None:
    """Return the dimension in which the variant can be scaled; None for a serverless one on demand."""
    if "ServerlessConfig" not in variant:
        return INSTANCES
    return PROVISIONED_CONCURRENCY if "ProvisionedConcurrency" in variant["ServerlessConfig"] else None


def _instance_types(variant: Json) -> Iterator[str]:
    if "InstanceType" in variant:
        yield variant["InstanceType"]
    for pool in variant.get("InstancePools", []):
        yield pool["InstanceType"]
