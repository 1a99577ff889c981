"""What an update's guardrails do not do, or not as it may be meant."""

import math
from collections.abc import Iterator

from plan_deployment.deployment import ALARMS, PERCENT, Deployment
from plan_deployment.own_alarms import SECONDS_TO_ALARM
from shared.arns import account_of
from shared.aws import Json

# From so many percentage points on, whole instances are another share of the traffic than was asked for.
NOTABLE_POINTS = 10
# SageMaker developer guide, deployment-guardrails-exclusions.
WITHOUT_GUARDRAILS = "ml.inf1."


def not_yet(wanted: Deployment) -> Iterator[str]:
    """Of guardrails on an endpoint that does not exist yet; the alarms that are made look at it from the beginning."""
    if wanted.makes_alarms and wanted.places["whole"] == f"/{ALARMS}":
        return
    yield (
        f"{wanted.places['whole']} takes effect with the first update: a creation has no traffic to shift, and no "
        "alarm ends it."
    )


def not_for_weights(wanted: Deployment) -> Iterator[str]:
    """Of guardrails where only weights change: UpdateEndpointWeightsAndCapacities has none (its API reference)."""
    what = "SageMaker changes the weights all at once, and no alarm ends that"
    yield f"{wanted.places['whole']} protects no change of weights alone: {what}."


def warnings(
    wanted: Deployment, variants: list[Json], counts: dict[str, int], models: dict[str, Json]
) -> Iterator[str]:
    """Of guardrails that are kept to otherwise than they may be meant.

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
    yield from _rounded(wanted, counts)
    if wanted.makes_alarms and wanted.bake_seconds < SECONDS_TO_ALARM:
        yield (
            f"{wanted.places['wait']}: {wanted.bake_seconds} s may end before the alarms that are made have seen "
            f"enough; they need up to {SECONDS_TO_ALARM} s."
        )
    if not wanted.alarms and not wanted.makes_alarms:
        yield "/alarms names none, so nothing but a failing instance ends the update early: the waits watch nothing."


def _without_guardrails(variants: list[Json]) -> Iterator[str]:
    for index, variant in enumerate(variants):
        hosts = [variant, *variant.get("InstancePools", [])]
        types = sorted({str(host.get("InstanceType")) for host in hosts})
        for instance_type in types:
            if instance_type.startswith(WITHOUT_GUARDRAILS):
                yield (
                    f"/productionVariants/{index} runs on {instance_type}, for which SageMaker silently ignores "
                    "guardrails: all at once, without baking time."
                )


def _perhaps_without_guardrails(variants: list[Json], models: dict[str, Json]) -> Iterator[str]:
    """AWS Marketplace's packages belong to other accounts; those of a registry that is shared do, too."""
    for index, variant in enumerate(variants):
        model = models.get(variant.get("ModelName", ""))
        for account in sorted(_accounts_of_packages(model)) if model else ():
            yield (
                f"/productionVariants/{index} serves {variant['ModelName']}, whose model package is account "
                f"{account}'s: if it comes from AWS Marketplace, SageMaker silently ignores guardrails: all at once, "
                "without baking time."
            )


def _accounts_of_packages(model: Json) -> set[str]:
    """Other accounts than the model's own."""
    containers = [*model.get("Containers", []), model.get("PrimaryContainer", {})]
    packages = [str(container.get("ModelPackageName", "")) for container in containers]
    return {account_of(package) for package in packages if package.startswith("arn:")} - {account_of(model["ModelArn"])}


def _rounded(wanted: Deployment, counts: dict[str, int]) -> Iterator[str]:
    if wanted.size.get("Type") != PERCENT:
        return
    asked = wanted.size["Value"]
    for name, count in counts.items():
        batch = wanted.batch(count, math.ceil)
        share = round(100 * batch / count)
        if share - asked >= NOTABLE_POINTS:
            instances = "1 instance" if batch == 1 else f"{batch} instances"
            yield (
                f"{wanted.places['size']}: {asked} % of the {count} instances of variant {name} can come to "
                f"{instances}, {share} % of them."
            )
