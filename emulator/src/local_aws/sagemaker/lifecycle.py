"""How an endpoint gets from one status to the next, as data.

SageMaker API reference, DescribeEndpoint (EndpointStatus, PendingDeploymentSummary); developer
guide, deployment-best-practices and endpoint-scaling. A failed update normally ends ``InService``
on the old config with a FailureReason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.operations import lock
from local_aws.sagemaker import announcements, names, outcomes
from local_aws.sagemaker.configs import EndpointConfig
from local_aws.sagemaker.names import Backend

Endpoint = Any

# Typical, not published; see durations for how long a fleet takes.
ROLL_BACK_SECONDS = 300.0
SCALE_SECONDS = 120.0
WEIGHTS_SECONDS = 30.0
DELETE_SECONDS = 30.0

IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})

GONE = "gone"
NEVER = "never"


@dataclass(frozen=True)
class Course:
    """What an operation does to an endpoint.

    Attributes
    ----------
    meanwhile : str
        Status until the operation ends.
    ends : str
        Status after it, `GONE` or `NEVER`.
    failed : bool
        Whether the endpoint then has a FailureReason instead of what was asked for.
    extra_seconds : float
        Time that the way back takes after the way there has failed.
    """

    meanwhile: str
    ends: str
    failed: bool = False
    extra_seconds: float = 0.0


COURSES = {
    ("create", "succeeds"): Course("Creating", "InService"),
    ("create", "fails"): Course("Creating", "Failed", failed=True),
    ("create", "never_finishes"): Course("Creating", NEVER),
    ("update", "succeeds"): Course("Updating", "InService"),
    ("update", "fails"): Course("Updating", "Failed", failed=True),
    ("update", "rolls_back"): Course("Updating", "InService", failed=True, extra_seconds=ROLL_BACK_SECONDS),
    ("update", "rollback_fails"): Course(
        "Updating", "UpdateRollbackFailed", failed=True, extra_seconds=ROLL_BACK_SECONDS
    ),
    ("update", "never_finishes"): Course("Updating", NEVER),
    ("delete", "succeeds"): Course("Deleting", GONE),
    ("delete", "fails"): Course("Deleting", "Failed", failed=True),
    ("delete", "never_finishes"): Course("Deleting", NEVER),
    ("scale", "succeeds"): Course("Updating", "InService"),
}
_UPDATE_BROKEN = Course("Updating", "InService", failed=True)


def begin(backend: Backend, endpoint: Endpoint, operation: str, seconds: float, succeed: Callable[[], None]) -> None:
    """Put the endpoint on the course of `operation`.

    Parameters
    ----------
    operation : str
        ``create``, ``update``, ``delete`` or ``scale``; outcomes can be scripted for the first three.
    seconds : float
        How long it takes unless a scripted outcome says otherwise.
    succeed : Callable
        Makes the endpoint what was asked for; called when the operation ends well.
    """
    outcome = outcomes.take(endpoint.endpoint_name, operation)
    course = COURSES[operation, outcome.outcome]
    endpoint.failure_reason = None
    set_status(endpoint, course.meanwhile)
    if course.ends != NEVER:
        after_seconds = seconds + course.extra_seconds if outcome.after_seconds is None else outcome.after_seconds
        clock.call_later(after_seconds, partial(_end, backend, endpoint, course, succeed))


def set_status(endpoint: Endpoint, status: str) -> None:
    """Give the endpoint another status, and tell the world."""
    endpoint.endpoint_status = status
    endpoint.last_modified_time = clock.utc()
    announcements.endpoint_changed(endpoint)


def is_there(backend: Backend, endpoint: Endpoint) -> bool:
    """Whether moto still has the endpoint: its reset may come in between."""
    return any(each is endpoint for each in names.stored(backend, "endpoint").values())


def lost_config(backend: Backend, endpoint: Endpoint) -> str | None:
    """The FailureReason where a config was deleted though the update in progress needs it: the new or the serving one.

    API reference, DeleteEndpointConfig: it must not be deleted while UpdateEndpoint is being performed. A config that
    was created again has the name that SageMaker's reason gives, so it is there.
    """
    if endpoint.pending is None or endpoint.endpoint_status != "Updating":
        return None
    there = names.stored(backend, "endpoint-config")
    needed: tuple[EndpointConfig, ...] = (endpoint.pending.config, endpoint.config)
    lost = next((config for config in needed if config.endpoint_config_name.lower() not in there), None)
    return f'Could not find endpoint configuration "{lost.arn}".' if lost else None


def unhealthy(endpoint: Endpoint) -> str:
    """The FailureReason of an endpoint whose new fleet does not come up."""
    variants = endpoint.pending.variants if endpoint.pending else endpoint.variants
    return (
        f"The primary container for production variant {variants[0].name} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def _end(backend: Backend, endpoint: Endpoint, course: Course, succeed: Callable[[], None]) -> None:
    with lock:
        if not is_there(backend, endpoint):
            return
        if course.ends == GONE:
            names.remove(backend, "endpoint", endpoint.endpoint_name)
            return
        lost = lost_config(backend, endpoint)
        if lost and not course.failed:
            course = _UPDATE_BROKEN
            endpoint.failure_reason = lost
        elif course.failed:
            endpoint.failure_reason = _failure_reason(endpoint)
        else:
            succeed()
        endpoint.pending = None
        set_status(endpoint, course.ends)


def _failure_reason(endpoint: Endpoint) -> str:
    if endpoint.endpoint_status == "Deleting":
        return "The resources of the endpoint could not be deleted. Please try again."
    return unhealthy(endpoint)
