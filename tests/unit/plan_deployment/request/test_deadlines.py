"""The default deadline covers the time-outs in the request."""

from typing import Any

import pytest

from plan_deployment.request.deadlines import default_seconds, start_seconds
from tests.unit.plan_deployment.guarded import VARIANT, World, deadline_seconds, maximum_seconds
from tests.unit.plan_deployment.request.reading import MINIMAL, read

TWO_HOURS = {"ModelDataDownloadTimeoutInSeconds": 3600, "ContainerStartupHealthCheckTimeoutInSeconds": 3600}
SLOW = VARIANT | TWO_HOURS


def config(*variants: dict[str, Any], shadows: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"ProductionVariants": list(variants), "ShadowProductionVariants": list(shadows)}


@pytest.mark.parametrize(
    ("given", "deadline"),
    [
        (config(VARIANT), 3600),
        (config(VARIANT | {"ModelDataDownloadTimeoutInSeconds": 1200}), 3600),
        (config(VARIANT, SLOW), 7800),
        (config(VARIANT, shadows=(SLOW,)), 7800),
        (config(SLOW | {"VariantInstanceProvisionTimeoutInSeconds": 600}), 8400),
    ],
)
def test_the_default_covers_the_slowest_variant_and_ten_minutes(given: dict[str, Any], deadline: int) -> None:
    assert default_seconds(given) == deadline


def test_the_default_covers_batches_one_after_another_up_to_the_longest_deadline() -> None:
    assert default_seconds(config(SLOW), batches=3) == 3 * 7200 + 600
    assert default_seconds(config(SLOW), batches=4) == 28800
    assert start_seconds(config(SLOW)) == 7200


def test_a_creation_with_time_outs_of_two_hours_gets_them() -> None:
    world = World()
    world.sagemaker.endpoints.clear()

    assert deadline_seconds(world.plan(productionVariants=[SLOW])) == 7800


def test_the_default_deadline_of_guardrails_adds_their_waits_to_the_time_outs() -> None:
    canary = World().plan(productionVariants=[SLOW], deploymentConfig={"strategy": "canary", "percent": 25})
    rolling = World().plan(productionVariants=[SLOW], deploymentConfig={"strategy": "rolling", "percent": 50})

    assert deadline_seconds(canary) == 7800 + 2 * 300
    assert maximum_seconds(canary) == 7800
    assert deadline_seconds(rolling) == 2 * 7200 + 600 + 2 * 300


def test_a_deadline_shorter_than_the_time_outs_is_a_warning() -> None:
    request = read(MINIMAL | {"productionVariants": [SLOW], "deadlineSeconds": 3600})

    assert request.deadline_seconds == 3600
    assert request.warnings == (
        "/deadlineSeconds is 3600, less than the 7200 s that the time-outs of a variant give an instance to start: a "
        "deployment that SageMaker would still finish is rolled back.",
    )
