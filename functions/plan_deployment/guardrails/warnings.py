"""Warnings about guardrails that have no effect, or not the expected one."""

import math
from collections.abc import Iterator

from plan_deployment.alarms.definitions import SECONDS_TO_ALARM
from plan_deployment.request.guardrails import ALARMS, PERCENT, RequestedGuardrails
from shared.arns import account_of
from shared.aws import Json

# A step of whole instances is worth a warning if it differs from the request by as many percentage points.
NOTABLE_POINTS = 10
# SageMaker developer guide, deployment-guardrails-exclusions.
WITHOUT_GUARDRAILS = "ml.inf1."


def not_yet(requested: RequestedGuardrails) -> Iterator[str]:
    """Yield the warning for a new endpoint; the alarms that Slipway creates are in effect from the beginning."""
    if requested.creates_alarms and requested.places["whole"] == f"/{ALARMS}":
        return
    yield (
        f"{requested.places['whole']} takes effect with the first update: a creation has no traffic to shift, and no "
        "alarm stops it."
    )


def not_for_weights(requested: RequestedGuardrails) -> str:
    """Return the warning for a change of weights: UpdateEndpointWeightsAndCapacities takes no guardrails."""
    what = "SageMaker changes the weights all at once, and no alarm stops that"
    return f"{requested.places['whole']} does not protect a change of weights alone: {what}."


def warnings(
    requested: RequestedGuardrails, variants: list[Json], counts: dict[str, int], models: dict[str, Json]
) -> Iterator[str]:
    """Yield warnings about guardrails that differ from what the request may mean.

    Parameters
    ----------
    variants : list of Json
        Production variants of the new config.
    counts : dict of str to int
        Instances of each variant, by its name.
    models : dict of str to Json
        DescribeModel's answers, by the model's name.
    """
    yield from _without_guardrails(variants)
    yield from _perhaps_without_guardrails(variants, models)
    yield from _rounded(requested, counts)
    if requested.creates_alarms and requested.bake_seconds < SECONDS_TO_ALARM:
        yield (
            f"{requested.places['wait']}: {requested.bake_seconds} s can end before the alarms that Slipway creates "
            f"have enough data; they need up to {SECONDS_TO_ALARM} s."
        )
    if not requested.alarms and not requested.creates_alarms:
        yield "/alarms is missing: only a failing instance stops the update, and no metric is watched during its waits."


def _without_guardrails(variants: list[Json]) -> Iterator[str]:
    for index, variant in enumerate(variants):
        sources = [variant, *variant.get("InstancePools", [])]
        types = sorted({str(each.get("InstanceType")) for each in sources})
        for instance_type in types:
            if instance_type.startswith(WITHOUT_GUARDRAILS):
                yield (
                    f"/productionVariants/{index} runs on {instance_type}, for which SageMaker silently ignores "
                    "guardrails: it updates all at once, without baking time."
                )


def _perhaps_without_guardrails(variants: list[Json], models: dict[str, Json]) -> Iterator[str]:
    """Yield warnings about packages of other accounts, which AWS Marketplace or a shared registry can own."""
    for index, variant in enumerate(variants):
        model = models.get(variant.get("ModelName", ""))
        for account in sorted(_accounts_of_packages(model)) if model else ():
            yield (
                f"/productionVariants/{index} uses {variant['ModelName']}, whose model package belongs to account "
                f"{account}. If it comes from AWS Marketplace, SageMaker silently ignores guardrails: it updates all "
                "at once, without baking time."
            )


def _accounts_of_packages(model: Json) -> set[str]:
    """Return the accounts of the model's packages, without the model's own."""
    containers = [*model.get("Containers", []), model.get("PrimaryContainer", {})]
    packages = [str(container.get("ModelPackageName", "")) for container in containers]
    return {account_of(package) for package in packages if package.startswith("arn:")} - {account_of(model["ModelArn"])}


def _rounded(requested: RequestedGuardrails, counts: dict[str, int]) -> Iterator[str]:
    if requested.size.get("Type") != PERCENT:
        return
    percent = requested.size["Value"]
    for name, count in counts.items():
        batch = requested.batch(count, math.ceil)
        share = round(100 * batch / count)
        if share - percent >= NOTABLE_POINTS:
            instances = "1 instance" if batch == 1 else f"{batch} instances"
            yield (
                f"{requested.places['size']}: {percent} % of the {count} instances of variant {name} can be rounded to "
                f"{instances}, {share} % of them."
            )
