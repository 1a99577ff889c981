"""Executes the steps of the phase "scale", on an endpoint that is in service."""

from shared.execute import Clients, MadeCall, execute
from shared.plan import SCALE, DeploymentPlan, steps_of


def register(plan: DeploymentPlan, clients: Clients) -> list[MadeCall]:
    """Register scalable targets, put policies and scheduled actions, and remove scaling that is no longer requested.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        At the first call that Application Auto Scaling refuses, temporarily or permanently.
    """
    return execute(steps_of(plan, SCALE), clients)
