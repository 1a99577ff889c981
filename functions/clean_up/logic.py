"""Executes the steps of the phase "clean up", of a deployment or of a removal."""

from dataclasses import dataclass
from typing import TypedDict, cast

from clean_up.unused import Unused, delete_unused
from shared import records
from shared.deletion import delete_any
from shared.execute import Clients, MadeCall, execute, log_call, resources_of
from shared.moments import seconds_between
from shared.plan import CLEAN_UP, PlanWithSteps, RemovalPlan, Step, steps_of
from shared.time_budget import Budget

# By operation, the steps that are not simply executed.
ENDPOINT, CONFIG, MODEL, RECORDS = "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteItem"


@dataclass(frozen=True)
class Services:
    """The clients, and the name of the deployments table."""

    clients: Clients
    table_name: str


class CleanedUp(TypedDict):
    """Result of the state.

    Attributes
    ----------
    done : bool
        Whether no further call is necessary.
    waitSeconds : int
        Until the next call, at least 1.
    removed : list of str
        Removed resources, over all calls.
    kept : list of str
        Resources in use, each with its user.
    left : list of str
        Resources for which there was no time.
    """

    done: bool
    waitSeconds: int
    removed: list[str]
    kept: list[str]
    left: list[str]
    calls: list[MadeCall]


def clean_up(
    plan: PlanWithSteps, now: str, previous: CleanedUp | None, services: Services, budget: Budget
) -> CleanedUp:
    """Remove the resources in the plan, except those in use.

    The endpoint is removed first, because it uses the rest. The records are removed last, and only if nothing is left,
    because the next removal finds models by the records.

    Parameters
    ----------
    now : str
        The time, ISO 8601.
    previous : CleanedUp or None
        The last answer.

    Raises
    ------
    RequestRefused
        If SageMaker refuses a deletion.
    DeadlineExceeded
        If the endpoint is not gone at the plan's deadline.
    ScalingNotReady, ScalingFailed
        If Application Auto Scaling refuses to deregister a scalable target, temporarily or permanently.
    """
    clients = services.clients
    before = previous["removed"] if previous else []
    removed: list[str] = []
    calls: list[MadeCall] = []
    for step in _steps(plan, ENDPOINT):
        wait_seconds = delete_any(plan, step["request"]["EndpointName"], now, clients["sagemaker"])
        calls.append(log_call(step, "in progress" if wait_seconds else "done"))
        if wait_seconds:
            return CleanedUp(done=False, waitSeconds=wait_seconds, removed=before, kept=[], left=[], calls=calls)
        # If the endpoint was already being deleted, this execution did not remove it.
        removed += resources_of(step) if cast(RemovalPlan, plan)["endpointStatus"] != "Deleting" else []
    direct = [step for step in steps_of(plan, CLEAN_UP) if step["operation"] not in (ENDPOINT, CONFIG, MODEL, RECORDS)]
    calls += execute(direct, clients)
    removed += [name for step in direct for name in resources_of(step)]
    unused = _delete_unused(plan, clients, budget)
    calls += [log_call(step, "done") for step in _steps(plan, CONFIG, MODEL) if resources_of(step)[0] in unused.removed]
    removed += unused.removed
    for step in _steps(plan, RECORDS) if not unused.left else ():
        records.delete_all(clients["dynamodb"], services.table_name, plan["endpointName"])
        calls.append(log_call(step, "done"))
        removed.append(step["what"])
    is_worth_another_call = bool(unused.left and unused.removed) and seconds_between(now, plan["deadlineAt"]) > 0
    return CleanedUp(
        done=not is_worth_another_call,
        waitSeconds=1,
        removed=list(dict.fromkeys([*before, *removed])),
        kept=unused.kept,
        left=unused.left,
        calls=calls,
    )


def _delete_unused(plan: PlanWithSteps, clients: Clients, budget: Budget) -> Unused:
    configs = [step["request"]["EndpointConfigName"] for step in _steps(plan, CONFIG)]
    models = [step["request"]["ModelName"] for step in _steps(plan, MODEL)]
    return delete_unused(configs, models, clients["sagemaker"], budget) if configs or models else Unused()


def _steps(plan: PlanWithSteps, *operations: str) -> list[Step]:
    return [step for step in steps_of(plan, CLEAN_UP) if step["operation"] in operations]
