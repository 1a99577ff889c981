"""Deployments and removals of every kind, each as a function: what the checks run on that hold for all of them."""

from tests.support.deployment import Run, Slipway
from tests.support.scenarios import (  # noqa: F401  # each lists its scenarios as it is imported
    approving,
    creating,
    locking,
    recovering,
    removing,
    updating,
    upkeep,
)
from tests.support.scenarios.catalogue import SCENARIOS

_ended: dict[str, dict[str, Run]] = {}  # by the ARN of the state machine


def run_all(slipway: Slipway) -> dict[str, Run]:
    """Every scenario by its name, ended; run once on each local AWS, for a second time would meet what is left of it."""
    if slipway.machine_arn not in _ended:
        ended = _ended[slipway.machine_arn] = {}
        for name, each in SCENARIOS.items():
            ended[name] = each(slipway)
            slipway.aws.delete("faults")
    return _ended[slipway.machine_arn]
