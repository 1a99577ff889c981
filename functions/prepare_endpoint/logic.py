"""Executes the steps of the phase "prepare": everything that has to happen before the endpoint changes."""

from typing import TypedDict

from shared.deletion import delete_failed
from shared.execute import Clients, MadeCall, execute, log_call
from shared.plan import PREPARE, DeploymentPlan, steps_of
from shared.refusals import Refused, require_carried_out

DELETE = "DeleteEndpoint"


class Prepared(TypedDict):
    """Result of the state.

    Attributes
    ----------
    waitSeconds : int
        Until the next call, at least 1.
    """

    done: bool
    waitSeconds: int
    calls: list[MadeCall]


def prepare(plan: DeploymentPlan, refused: list[Refused], now: str, clients: Clients) -> Prepared:
    """Execute the steps; a failed endpoint is deleted first, and everything else once it is gone.

    Parameters
    ----------
    refused : list of Refused
        Which of CreateModel and CreateEndpointConfig SageMaker refused, in this order.
    now : str
        The time, ISO 8601.

    Raises
    ------
    SlipwayError
        The first refusal of what this execution did not create with an earlier try.
    EndpointBusy, DeadlineExceeded
        If the failed endpoint cannot be deleted.
    ScalingNotReady, ScalingFailed
        If Application Auto Scaling refuses to deregister a scalable target, temporarily or permanently.
    """
    require_carried_out(plan, refused, clients["sagemaker"])
    steps = steps_of(plan, PREPARE)
    calls: list[MadeCall] = []
    for step in steps:
        if step["operation"] == DELETE:
            wait_seconds = delete_failed(plan, step["request"]["EndpointName"], now, clients["sagemaker"])
            calls.append(log_call(step, "in progress" if wait_seconds else "done"))
            if wait_seconds:
                return Prepared(done=False, waitSeconds=wait_seconds, calls=calls)
    calls += execute([step for step in steps if step["operation"] != DELETE], clients)
    return Prepared(done=True, waitSeconds=1, calls=calls)
