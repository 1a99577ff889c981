"""The instances that an update's guardrails would move, and whether they can be moved so."""

from collections.abc import Iterator

from plan_deployment.deployment import Deployment
from plan_deployment.existing import is_serverless
from plan_deployment.strategies import Size
from shared.aws import Json
from shared.planning.faults import Fault


def counts(variants: list[Json], endpoint: Json | None) -> dict[str, int]:
    """Instances of each variant that an update begins with, by the variant's name.

    The live count, where an update retains it; InitialInstanceCount where there is none. A variant on instance pools
    that does not exist yet has neither, and is left out.

    Parameters
    ----------
    variants : list of Json
        Production variants of the new config.
    endpoint : Json or None
        DescribeEndpoint's answer; None where its counts are not retained.
    """
    live = {variant["VariantName"]: _live_count(variant) for variant in _live(endpoint)}
    found = {
        variant["VariantName"]: live.get(variant["VariantName"], variant.get("InitialInstanceCount"))
        for variant in variants
    }
    return {name: count for name, count in found.items() if count is not None}


def size_faults(wanted: Deployment, found: dict[str, int]) -> Iterator[Fault]:
    """Steps that are larger or smaller than SageMaker allows for the variants' real counts."""
    if wanted.strategy.size:
        for name, count in found.items():
            yield from _size_faults(wanted, wanted.strategy.size, name, count)


def change_faults(wanted: Deployment, variants: list[Json], endpoint: Json | None) -> Iterator[Fault]:
    """Changes that guardrails do not go with (SageMaker developer guide, deployment-guardrails-exclusions)."""
    if endpoint is None:
        return
    before = {variant["VariantName"] for variant in _live(endpoint)}
    after = {variant["VariantName"] for variant in variants}
    if is_serverless(endpoint):
        problem = f"endpoint {endpoint['EndpointName']} is serverless yet, and takes no deployment guardrails"
        yield Fault(wanted.places["whole"], problem, "Leave deploymentConfig and alarms out of this one update")
    elif before != after:
        problem = (
            f"guardrails want the same variants before and after; the endpoint has {', '.join(sorted(before))}, the "
            f"request {', '.join(sorted(after))}"
        )
        remedy = "Keep the variants' names, or leave deploymentConfig and alarms out of this one update"
        yield Fault("/productionVariants", problem, remedy)


def _size_faults(wanted: Deployment, size: Size, name: str, count: int) -> Iterator[Fault]:
    legal = size.legal_counts(count)
    if not legal:
        problem = (
            f"variant {name} has {count} instance{'s' * (count != 1)}, and a step of {wanted.strategy.name} is a whole "
            f"instance and at most {size.most_percent} % of them"
        )
        remedy = "Deploy it all at once, or have 2 instances or more before the update"
        yield Fault(wanted.places["strategy"], problem, remedy)
    elif wanted.size["Type"] == "INSTANCE_COUNT" and wanted.size["Value"] not in legal:
        problem = (
            f"{wanted.size['Value']} of the {count} instances of variant {name} is outside the {size.least_percent} to "
            f"{size.most_percent} % that SageMaker allows for {wanted.strategy.name}"
        )
        remedy = f"Give {legal[0]}" + (f" to {legal[-1]}" if len(legal) > 1 else "")
        yield Fault(wanted.places["size"], problem, remedy)


def _live(endpoint: Json | None) -> list[Json]:
    return endpoint.get("ProductionVariants", []) if endpoint else []


def _live_count(variant: Json) -> int | None:
    return variant.get("DesiredInstanceCount", variant.get("CurrentInstanceCount"))
