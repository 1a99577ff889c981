"""Bounds at the time of the registration: a scheduled action can be due between the plan and the registration."""

from collections.abc import Iterable, Iterator

from shared.autoscaling import SCHEDULE_MEMBERS
from shared.aws import Client, Json
from shared.moments import moment
from shared.plan import Call, DeploymentPlan, Step, in_effect
from shared.planning.scaling_snapshot import Snapshot, key, take_of
from shared.rates import has_unknown_runs, rate_in_force


def with_bounds_of_now(steps: Iterable[Step], plan: DeploymentPlan, now: str, autoscaling: Client) -> list[Step]:
    """Return the steps, with the bounds that scheduled actions would have set since the plan.

    An endpoint that is created in ten minutes over the begin of office hours would otherwise have the bounds of the
    night until the next begin.

    Parameters
    ----------
    now : str
        The time; ISO 8601.
    """
    found = list(steps)
    actions = [call["request"] for call in [*found, *in_effect(plan)] if call["operation"] == "PutScheduledAction"]
    if not actions:
        return found
    at_a_rate = {action["ResourceId"] for action in actions if has_unknown_runs(action)}
    registered = take_of(autoscaling, at_a_rate) if at_a_rate else Snapshot()
    return [_of_now(step, actions, registered, plan["turnSince"], now) for step in found]


def _of_now(step: Step, actions: list[Json], registered: Snapshot, since: str, now: str) -> Step:
    if step["operation"] != "RegisterScalableTarget":
        return step
    rate = rate_in_force(step["request"], actions, registered)
    if rate:
        return {**step, "request": step["request"] | rate["ScalableTargetAction"]}
    # Imported on demand: most plans have no schedule, and a cold start is CPU-bound.
    from shared.scheduled_runs import last_run

    run = last_run(_in_form_of_request(step, actions), now)
    if run is None or run.at <= moment(since):
        return step
    bounds = {"MinCapacity": run.action["minCapacity"], "MaxCapacity": run.action["maxCapacity"]}
    return {**step, "request": step["request"] | bounds}


def _in_form_of_request(target: Call, actions: list[Json]) -> Iterator[Json]:
    """Yield the actions of the target that set both bounds, as those of a request do."""
    for action in actions:
        bounds = action["ScalableTargetAction"]
        if key(action) == key(target["request"]) and bounds.keys() >= {"MinCapacity", "MaxCapacity"}:
            schedule = {member: action[aws] for member, aws in SCHEDULE_MEMBERS.items() if aws in action}
            yield schedule | {"minCapacity": bounds["MinCapacity"], "maxCapacity": bounds["MaxCapacity"]}
