"""Executes the steps of the phase "prepare": everything that has to happen before the endpoint changes."""

from typing import TypedDict

from shared.deletion import delete_failed
from shared.execute import Clients, MadeCall, execute, made
from shared.plan import PREPARE, DeploymentPlan, steps_of
from shared.refusals import Refused, require_created


class Prepared(TypedDict):
    """What the state returns.

    Attributes
    ----------
    waitSeconds : int
        Until the next call, at least 1; meaningless if done.
    """

    done: bool
    waitSeconds: int
    calls: list[MadeCall]


def prepare(plan: DeploymentPlan, refused: Refused | None, now: str, clients: Clients) -> Prepared:
    """Execute the steps in order, up to a deletion that takes longer.

    Parameters
    ----------
    refused : Refused or None
        The first of CreateModel and CreateEndpointConfig that SageMaker refused.
    now : str
        The time, ISO 8601.

    Raises
    ------
    SlipwayError
        The refusal, if this execution did not create the resource with an earlier try.
    EndpointBusy, DeadlineExceeded
        If the failed endpoint cannot be deleted.
    ScalingNotReady, ScalingFailed
        If Application Auto Scaling does not deregister a scalable target, for now or at all.
    """
    if refused:
        require_created(plan, refused, clients["sagemaker"])
    calls: list[MadeCall] = []
    for step in steps_of(plan, PREPARE):
        if step["operation"] != "DeleteEndpoint":
            calls += execute([step], clients)
            continue
        wait_seconds = delete_failed(plan, step["request"]["EndpointName"], now, clients["sagemaker"])
        calls.append(made(step, "in progress" if wait_seconds else "done"))
        if wait_seconds:
            return Prepared(done=False, waitSeconds=wait_seconds, calls=calls)
    return Prepared(done=True, waitSeconds=1, calls=calls)
