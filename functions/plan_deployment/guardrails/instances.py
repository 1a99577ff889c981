"""Whether the steps of the guardrails suit the endpoint's instances."""

from collections.abc import Iterator

from plan_deployment.request.guardrails import RequestedGuardrails
from plan_deployment.request.strategies import Size
from plan_deployment.variants import is_serverless_endpoint
from shared.aws import Json
from shared.planning.faults import Fault


def size_faults(requested: RequestedGuardrails, counts: dict[str, int]) -> Iterator[Fault]:
    """Yield the steps that are larger or smaller than SageMaker allows for the variants' real counts."""
    if requested.strategy.size:
        for name, count in counts.items():
            yield from _size_faults(requested, requested.strategy.size, name, count)


def change_faults(requested: RequestedGuardrails, variants: list[Json], endpoint: Json | None) -> Iterator[Fault]:
    """Yield the changes that guardrails exclude (SageMaker developer guide, deployment-guardrails-exclusions)."""
    if endpoint is None:
        return
    before = {variant["VariantName"] for variant in endpoint.get("ProductionVariants", [])}
    after = {variant["VariantName"] for variant in variants}
    if is_serverless_endpoint(endpoint):
        problem = f"endpoint {endpoint['EndpointName']} is still serverless and does not support deployment guardrails"
        yield Fault(requested.places["whole"], problem, "Leave deploymentConfig and alarms out of this one update")
    elif before != after:
        problem = (
            f"guardrails need the same variants before and after; the endpoint has {', '.join(sorted(before))}, the "
            f"request {', '.join(sorted(after))}"
        )
        remedy = "Keep the variants' names, or leave deploymentConfig and alarms out of this one update"
        yield Fault("/productionVariants", problem, remedy)


def _size_faults(requested: RequestedGuardrails, size: Size, name: str, count: int) -> Iterator[Fault]:
    legal = size.legal_counts(count)
    if not legal:
        problem = (
            f"variant {name} has {count} instance{'s' * (count != 1)}, but a step of {requested.strategy.name} is at "
            f"least one instance and at most {size.most_percent} % of them"
        )
        remedy = "Deploy all at once, or have at least 2 instances before the update"
        yield Fault(requested.places["strategy"], problem, remedy)
    elif requested.size["Type"] == "INSTANCE_COUNT" and requested.size["Value"] not in legal:
        problem = (
            f"{requested.size['Value']} of the {count} instances of variant {name} is outside the {size.least_percent} "
            f"to {size.most_percent} % that SageMaker allows for {requested.strategy.name}"
        )
        remedy = f"Give {legal[0]}" + (f" to {legal[-1]}" if len(legal) > 1 else "")
        yield Fault(requested.places["size"], problem, remedy)
