"""Deployments and removals of every kind, one function each, for tests of what holds for all of them."""

from tests.support.deployment import Run, Slipway
from tests.support.scenarios import (  # noqa: F401  # importing a module registers its scenarios
    approving,
    creating,
    hosting_components,
    locking,
    models,
    off_hours,
    recovering,
    removing,
    scaling_and_alarms,
    testing,
    undoing_components,
    updating,
)
from tests.support.scenarios.catalogue import SCENARIOS

_ended: dict[str, dict[str, Run]] = {}  # by state machine ARN


def run_all(slipway: Slipway) -> dict[str, Run]:
    """Run every scenario once per local AWS and return the runs by name; a second run would find existing resources."""
    if slipway.machine_arn not in _ended:
        ended = _ended[slipway.machine_arn] = {}
        for name, each in SCENARIOS.items():
            ended[name] = each(slipway)
            slipway.aws.delete("faults")
    return _ended[slipway.machine_arn]
