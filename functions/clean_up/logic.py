"""Executes the steps of the phase "clean up", of a deployment or of a removal."""

from dataclasses import dataclass
from typing import TypedDict, cast

from clean_up.unused import Unused, delete_unused
from shared import records
from shared.budget import Budget
from shared.deletion import delete_any
from shared.execute import Clients, MadeCall, execute, made, resources_of
from shared.moments import seconds_between
from shared.plan import CLEAN_UP, Planned, RemovalPlan, Step, steps_of

# By operation, the steps that are not simply executed.
ENDPOINT, CONFIG, MODEL, RECORDS = "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteItem"


@dataclass(frozen=True)
class Services:
    """The clients, and the name of the deployments table."""

    clients: Clients
    table_name: str


class CleanedUp(TypedDict):
    """What the state returns.

    Attributes
    ----------
    done : bool
        Whether there is no reason to call again.
    waitSeconds : int
        Until the next call, at least 1.
    removed : list of str
        What is gone, over all calls.
    kept : list of str
        What is in use, and by what.
    left : list of str
        What there was no time for.
    """

    done: bool
    waitSeconds: int
    removed: list[str]
    kept: list[str]
    left: list[str]
    calls: list[MadeCall]


def clean_up(plan: Planned, now: str, previous: CleanedUp | None, services: Services, budget: Budget) -> CleanedUp:
    """Remove what the plan says, unless it is in use.

    The endpoint goes first, because it uses the rest. The records go last, and only if nothing is left, because the
    next removal finds models by them.

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
        If Application Auto Scaling does not deregister a scalable target, for now or at all.
    """
    clients = services.clients
    before = previous["removed"] if previous else []
    removed: list[str] = []
    calls: list[MadeCall] = []
    for step in _steps(plan, ENDPOINT):
        wait_seconds = delete_any(plan, step["request"]["EndpointName"], now, clients["sagemaker"])
        calls.append(made(step, "in progress" if wait_seconds else "done"))
        if wait_seconds:
            return CleanedUp(done=False, waitSeconds=wait_seconds, removed=before, kept=[], left=[], calls=calls)
        # The deletion of an endpoint that was being deleted already is not this execution's.
        removed += resources_of(step) if cast(RemovalPlan, plan)["endpointStatus"] != "Deleting" else []
    direct = [step for step in steps_of(plan, CLEAN_UP) if step["operation"] not in (ENDPOINT, CONFIG, MODEL, RECORDS)]
    calls += execute(direct, clients)
    removed += [name for step in direct for name in resources_of(step)]
    unused = _delete_unused(plan, clients, budget)
    calls += [made(step, "done") for step in _steps(plan, CONFIG, MODEL) if resources_of(step)[0] in unused.removed]
    removed += unused.removed
    for step in _steps(plan, RECORDS) if not unused.left else ():
        records.delete_all(clients["dynamodb"], services.table_name, plan["endpointName"])
        calls.append(made(step, "done"))
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


def _delete_unused(plan: Planned, clients: Clients, budget: Budget) -> Unused:
    configs = [step["request"]["EndpointConfigName"] for step in _steps(plan, CONFIG)]
    models = [step["request"]["ModelName"] for step in _steps(plan, MODEL)]
    return delete_unused(configs, models, clients["sagemaker"], budget) if configs or models else Unused()


def _steps(plan: Planned, *operations: str) -> list[Step]:
    return [step for step in steps_of(plan, CLEAN_UP) if step["operation"] in operations]
