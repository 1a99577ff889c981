"""Executes the steps of the phase "clean up", of a deployment or of a removal."""

from dataclasses import dataclass, field
from itertools import takewhile
from typing import TypedDict, cast

from clean_up import hosted
from clean_up.unused import Unused, delete_unused
from shared import records
from shared.deletion import delete_any
from shared.execute import Clients, MadeCall, execute, log_call, resources_of
from shared.moments import seconds_between
from shared.plan import CLEAN_UP, PlanWithSteps, RemovalPlan, Step, steps_of
from shared.time_budget import Budget

# By operation, the steps that are not simply executed.
SCHEDULE, COMPONENT, ENDPOINT = "DeleteSchedule", "DeleteInferenceComponent", "DeleteEndpoint"
CONFIG, MODEL, RECORDS = "DeleteEndpointConfig", "DeleteModel", "DeleteItem"
SPECIAL = frozenset({SCHEDULE, COMPONENT, ENDPOINT, CONFIG, MODEL, RECORDS})


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

    The schedules are removed first, because they change the endpoint, and then the endpoint, because it uses the rest;
    before it go only its inference components, which would stay without it, with what scales them. The records are
    removed last, and only if nothing is left, because the next removal finds models by the records.

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
        If the endpoint or one of its inference components is not gone at the plan's deadline.
    EndpointBusy
        If the endpoint hosts inference components that are not in the plan.
    ScalingNotReady, ScalingFailed
        If AWS refuses to deregister a scalable target or to delete a schedule, temporarily or permanently.
    """
    clients, made = services.clients, Made(list(previous["removed"]) if previous else [])
    if previous is None:  # the first call deletes all of them
        made.execute(_steps(plan, SCHEDULE), clients)
    wait_seconds = _remove_components(plan, now, clients, made) or _remove_endpoint(plan, now, clients, made)
    if wait_seconds:
        return CleanedUp(done=False, waitSeconds=wait_seconds, removed=made.removed, kept=[], left=[], calls=made.calls)
    made.execute([step for step in steps_of(plan, CLEAN_UP) if step["operation"] not in SPECIAL], clients)
    unused = _delete_unused(plan, clients, budget)
    made.removed += unused.removed
    made.calls += [
        log_call(step, "done") for step in _steps(plan, CONFIG, MODEL) if resources_of(step)[0] in unused.removed
    ]
    for step in _steps(plan, RECORDS) if not unused.left else ():
        records.delete_all(clients["dynamodb"], services.table_name, plan["endpointName"])
        made.calls.append(log_call(step, "done"))
        made.removed.append(step["what"])
    is_worth_another_call = bool(unused.left and unused.removed) and seconds_between(now, plan["deadlineAt"]) > 0
    return CleanedUp(
        done=not is_worth_another_call,
        waitSeconds=1,
        removed=list(dict.fromkeys(made.removed)),
        kept=unused.kept,
        left=unused.left,
        calls=made.calls,
    )


@dataclass
class Made:
    """Resources that were removed, over all attempts, and the calls of this one."""

    removed: list[str]
    calls: list[MadeCall] = field(default_factory=list)

    def execute(self, steps: list[Step], clients: Clients) -> None:
        """Make the calls of steps that need nothing else."""
        self.calls += execute(steps, clients)
        self.removed += [name for step in steps for name in resources_of(step) if name not in self.removed]


def _remove_components(plan: PlanWithSteps, now: str, clients: Clients, made: Made) -> int:
    """Remove the components and first what scales them; return the seconds until the next check, 0 if they are gone."""
    steps = [step for step in _steps(plan, COMPONENT) if resources_of(step)[0] not in made.removed]
    found = hosted.existing(plan, steps, clients["sagemaker"])
    wait_seconds = 0
    if found:
        others = [step for step in steps_of(plan, CLEAN_UP) if step["operation"] != SCHEDULE]
        before = takewhile(lambda step: step["operation"] not in SPECIAL, others)
        made.execute(list(before), clients)
        wait_seconds = hosted.delete(plan, found, now, clients["sagemaker"])
    for step in steps:
        is_there = step["request"] in [{hosted.NAME: each[hosted.NAME]} for each in found]
        made.calls.append(log_call(step, "in progress" if is_there else "done"))
        made.removed += [] if is_there else resources_of(step)
    return wait_seconds


def _remove_endpoint(plan: PlanWithSteps, now: str, clients: Clients, made: Made) -> int:
    """Remove the endpoint of the plan; return the seconds until the next check, 0 if it is gone."""
    wait_seconds = 0
    for step in _steps(plan, ENDPOINT):
        wait_seconds = delete_any(plan, step["request"]["EndpointName"], now, clients["sagemaker"])
        made.calls.append(log_call(step, "in progress" if wait_seconds else "done"))
        # If the endpoint was already being deleted, this execution did not remove it.
        is_removed = not wait_seconds and cast(RemovalPlan, plan)["endpointStatus"] != "Deleting"
        made.removed += resources_of(step) if is_removed else []
    return wait_seconds


def _delete_unused(plan: PlanWithSteps, clients: Clients, budget: Budget) -> Unused:
    configs = [step["request"]["EndpointConfigName"] for step in _steps(plan, CONFIG)]
    models = [step["request"]["ModelName"] for step in _steps(plan, MODEL)]
    return delete_unused(configs, models, clients["sagemaker"], budget) if configs or models else Unused()


def _steps(plan: PlanWithSteps, *operations: str) -> list[Step]:
    return [step for step in steps_of(plan, CLEAN_UP) if step["operation"] in operations]
