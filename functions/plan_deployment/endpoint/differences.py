"""Differences between the live variants and the request that a deployment preserves or warns about."""

from collections.abc import Collection, Iterator

from plan_deployment.endpoint.content import Content
from plan_deployment.variants import by_name
from shared import weights
from shared.aws import Json


def resumed_traffic(content: Content, endpoint: Json) -> Iterator[str]:
    """Yield a warning for each variant of weight 0 that gets traffic again."""
    live = weights.live(endpoint)
    for name, weight in content.weights.items():
        if live.get(name) == 0 and weight > 0:
            before = f"Variant {name} had weight 0 before this deployment"
            yield f"{before}, which sends traffic to it again: weight {weight:g}."


def differences(content: Content, endpoint: Json, scaled: Collection[str]) -> Iterator[str]:
    """Yield the differences between the live variants and the request that are preserved.

    Parameters
    ----------
    scaled : collection of str
        Names of variants whose size is set by their scaling.
    """
    for name, live in by_name(endpoint.get("ProductionVariants", [])).items():
        variant = by_name(content.config["ProductionVariants"]).get(name, {})
        if name not in scaled:
            yield from _count(endpoint["EndpointName"], name, variant, live)
            yield from _concurrency(name, variant.get("ServerlessConfig", {}), live.get("CurrentServerlessConfig", {}))
    shadows, live_shadows = (
        by_name(each.get("ShadowProductionVariants", [])).values() for each in (content.config, endpoint)
    )
    if weights.differ(weights.initial(shadows), weights.live({"ProductionVariants": [*live_shadows]})):
        yield 'The weight of the shadow variant differs from the request. To deploy it again, add "force": true.'


def _count(endpoint_name: str, name: str, variant: Json, live: Json) -> Iterator[str]:
    requested, found = variant.get("InitialInstanceCount"), live.get("CurrentInstanceCount")
    if "ManagedInstanceScaling" not in variant and requested is not None and found is not None and requested != found:
        yield (
            f"Variant {name} has {found} instances and InitialInstanceCount is {requested}: live counts are preserved. "
            f"To change it: aws sagemaker update-endpoint-weights-and-capacities --endpoint-name {endpoint_name} "
            f"--desired-weights-and-capacities VariantName={name},DesiredInstanceCount={requested}"
        )


def _concurrency(name: str, requested: Json, live: Json) -> Iterator[str]:
    for member in ("MaxConcurrency", "ProvisionedConcurrency"):
        if live and requested.get(member) != live.get(member):
            yield (
                f"Variant {name} has {member} {live.get(member, 'unset')}, not the requested "
                f"{requested.get(member, 'unset')}. "
                'To deploy it again, add "force": true.'
            )
