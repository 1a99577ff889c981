"""Status transitions of endpoints, as data.

SageMaker API reference, DescribeEndpoint (EndpointStatus, PendingDeploymentSummary); developer guide,
deployment-best-practices and endpoint-scaling. A failed update normally after ``InService`` on the old
config with a FailureReason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.operations import lock
from local_aws.sagemaker import names, outcomes, scalable_targets, state_changes
from local_aws.sagemaker.configs import EndpointConfig
from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.serving import Launch

Endpoint = Any

# Typical values; AWS publishes none. `durations` has those of fleets.
ROLL_BACK_SECONDS = 300.0
WEIGHTS_SECONDS = 30.0
DELETE_SECONDS = 30.0

IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})

GONE = "gone"
NEVER = "never"


@dataclass(frozen=True)
class Transition:
    """The effect of an operation on an endpoint's status.

    Attributes
    ----------
    during : str
        Status until the operation after.
    after : str
        Status after the operation, `GONE` or `NEVER`.
    failed : bool
        Whether the endpoint then has a FailureReason, and its request has no effect.
    extra_seconds : float
        Duration of the rollback.
    """

    during: str
    after: str
    failed: bool = False
    extra_seconds: float = 0.0


TRANSITIONS = {
    ("create", "succeeds"): Transition("Creating", "InService"),
    ("create", "fails"): Transition("Creating", "Failed", failed=True),
    ("create", "never_finishes"): Transition("Creating", NEVER),
    ("update", "succeeds"): Transition("Updating", "InService"),
    ("update", "fails"): Transition("Updating", "Failed", failed=True),
    ("update", "rolls_back"): Transition("Updating", "InService", failed=True, extra_seconds=ROLL_BACK_SECONDS),
    ("update", "rollback_fails"): Transition(
        "Updating", "UpdateRollbackFailed", failed=True, extra_seconds=ROLL_BACK_SECONDS
    ),
    ("update", "never_finishes"): Transition("Updating", NEVER),
    ("delete", "succeeds"): Transition("Deleting", GONE),
    ("delete", "fails"): Transition("Deleting", "Failed", failed=True),
    ("delete", "never_finishes"): Transition("Deleting", NEVER),
    ("scale", "succeeds"): Transition("Updating", "InService"),
}
_LAUNCH_FAILED = {"create": TRANSITIONS["create", "fails"], "update": TRANSITIONS["update", "rolls_back"]}
_gone_listeners: list[Callable[[Backend, Endpoint], None]] = []
_CONFIG_DELETED = Transition("Updating", "InService", failed=True)


def begin(backend: Backend, endpoint: Endpoint, operation: str, seconds: float, succeed: Callable[[], None]) -> None:
    """Start the transition of `operation`.

    Parameters
    ----------
    operation : str
        ``create``, ``update``, ``delete`` or ``scale``; outcomes can be scripted for the first three.
    seconds : float
        Duration, unless a scripted outcome has its own.
    succeed : Callable
        Applies the request to the endpoint; called if the operation succeeds.
    """
    outcome = outcomes.take(endpoint.endpoint_name, operation)
    transition = TRANSITIONS[operation, outcome.outcome]
    endpoint.failure_reason = None
    set_status(endpoint, transition.during)
    if transition.after == NEVER:
        return
    after_seconds = seconds + transition.extra_seconds if outcome.after_seconds is None else outcome.after_seconds
    end = partial(_end, backend, endpoint, transition, succeed)
    if endpoint.pending is None or transition.failed:
        clock.call_later(after_seconds, end)
    else:
        launch, shortage = Launch(endpoint.pending.hosts), endpoint.pending.shortage
        failed = _LAUNCH_FAILED[operation]

        def end_launch() -> None:
            failure = shortage or launch.failure
            if failure is None:
                end()
            else:
                fail = partial(_end, backend, endpoint, failed, succeed, failure.reason)
                clock.call_later(failure.seconds + failed.extra_seconds, fail)

        clock.call_later(after_seconds, lambda: launch.when_done(end_launch))


def when_gone(listener: Callable[[Backend, Endpoint], None]) -> None:
    """Call `listener` when an endpoint has been deleted."""
    _gone_listeners.append(listener)


def set_status(endpoint: Endpoint, status: str) -> None:
    """Set the endpoint's status and emit the event."""
    endpoint.endpoint_status = status
    endpoint.last_modified_time = clock.utc()
    state_changes.endpoint_changed(endpoint)
    if status not in IN_PROGRESS:
        resource_id = f"endpoint/{endpoint.endpoint_name}"
        succeeded = status == "InService" and endpoint.failure_reason is None
        scalable_targets.settled(endpoint.arn, resource_id, succeeded=succeeded)


def is_stored(backend: Backend, endpoint: Endpoint) -> bool:
    """Whether moto still stores the endpoint. A reset of moto may have removed it."""
    return any(each is endpoint for each in names.stored(backend, "endpoint").values())


def deleted_config_reason(backend: Backend, endpoint: Endpoint) -> str | None:
    """The FailureReason of an update that needs a deleted config, new or live. None if both configs exist.

    API reference, DeleteEndpointConfig: a config must not be deleted during UpdateEndpoint. A config that was
    created again under the same name counts as existing.
    """
    if endpoint.pending is None or endpoint.endpoint_status != "Updating":
        return None
    there = names.stored(backend, "endpoint-config")
    needed: tuple[EndpointConfig, ...] = (endpoint.pending.config, endpoint.config)
    lost = next((config for config in needed if config.endpoint_config_name.lower() not in there), None)
    return f'Could not find endpoint configuration "{lost.arn}".' if lost else None


def health_check_reason(endpoint: Endpoint) -> str:
    """The FailureReason of an endpoint whose new fleet does not start."""
    variants = endpoint.pending.variants if endpoint.pending else endpoint.variants
    return (
        f"The primary container for production variant {variants[0].name} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def _end(
    backend: Backend,
    endpoint: Endpoint,
    transition: Transition,
    succeed: Callable[[], None],
    reason: str | None = None,
) -> None:
    with lock:
        if not is_stored(backend, endpoint):
            endpoint.end_hosts()
            return
        if transition.after == GONE:
            names.remove(backend, "endpoint", endpoint.endpoint_name)
            endpoint.end_hosts()
            for listener in _gone_listeners:
                listener(backend, endpoint)
            return
        lost = deleted_config_reason(backend, endpoint)
        if lost and not transition.failed:
            transition = _CONFIG_DELETED
            endpoint.failure_reason = lost
        elif transition.failed:
            endpoint.failure_reason = reason or _failure_reason(endpoint)
        else:
            succeed()
        endpoint.drop_pending()
        set_status(endpoint, transition.after)


def _failure_reason(endpoint: Endpoint) -> str:
    if endpoint.endpoint_status == "Deleting":
        return "The resources of the endpoint could not be deleted. Please try again."
    return health_check_reason(endpoint)
