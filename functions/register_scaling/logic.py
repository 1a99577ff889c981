"""Executes the steps of the phase "scale", on an endpoint that is in service, and reads the scaling back."""

from register_scaling.bounds import with_bounds_of_now
from register_scaling.read_back import differences_from
from register_scaling.schedules import differences_of_schedules
from shared.errors import ScalingNotReady
from shared.execute import Clients, MadeCall, execute
from shared.plan import SCALE, DeploymentPlan, steps_of


def register(plan: DeploymentPlan, now: str, clients: Clients) -> list[MadeCall]:
    """Register targets, policies, their alarms, scheduled actions and schedules, and remove what is not requested.

    Parameters
    ----------
    now : str
        The time; ISO 8601.

    Raises
    ------
    ScalingNotReady, ScalingFailed
        At the first call that AWS refuses, temporarily or permanently.
    ScalingNotReady
        If the registered scaling is not as planned. A read can be stale (Application Auto Scaling API reference,
        RegisterScalableTarget: eventual consistency), so the state machine retries; then it is a ScalingFailed.
    """
    steps = with_bounds_of_now(steps_of(plan, SCALE), plan, now, clients["application-autoscaling"])
    made = execute(steps, clients)
    missed = [step["request"] for step, call in zip(steps, made, strict=True) if call["outcome"] == "missed"]
    found = [*differences_from(plan, missed, clients), *differences_of_schedules(plan, clients)]
    if found:
        raise ScalingNotReady(f"The registered scaling is not as planned. {'; '.join(found)}.")
    return made
