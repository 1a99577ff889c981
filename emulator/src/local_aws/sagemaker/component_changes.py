"""Creation, update, scaling and deletion of inference components, each over time on the virtual clock."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.operations import Request, lock
from local_aws.sagemaker import (
    alarms,
    component_hosts,
    component_rules,
    components,
    durations,
    lifecycle,
    names,
    outcomes,
    placement,
    scalable_targets,
)
from local_aws.sagemaker.components import KIND, Component
from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.serving import UNHEALTHY_COMPONENT, Launch

NAME = "InferenceComponentName"

# Called at the end of a change; returns the FailureReason, or None if it succeeds
Finish = Callable[[], str | None]


def create(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer CreateInferenceComponent. The request fits the API model.

    Raises
    ------
    ValidationError
        If the name is taken, the endpoint does not host components, or `component_rules` refuses the request.
    """
    names.require_free(backend, KIND, request[NAME])
    endpoint = component_rules.endpoint_for(backend, request)
    component_rules.validate_content(backend, request, endpoint)
    component_rules.validate_copies(request)
    component = Component(backend, request, endpoint, component_rules.variant_for(backend, request, endpoint))
    names.add(backend, KIND, component.name, component)
    copies = component.copies["Desired"]
    if not placement.has_room(backend, component, copies):
        _later(backend, component, durations.SECONDS["copy"], lambda: placement.NO_ROOM, failed="Failed")
        return _answer(component)
    outcome = outcomes.take(component.name, "create", outcomes.COMPONENT)
    seconds = placement.reserve(backend, component, copies) + durations.SECONDS["copy"]
    _begin(backend, component, outcome, seconds, partial(_apply_copies, component), component.content)
    return _answer(component)


def update(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer UpdateInferenceComponent: replace the copies batch by batch, or change their number.

    Raises
    ------
    ValidationError
        If the component or its endpoint is missing, it is changing or has failed, or the request is invalid.
    """
    component = components.find(backend, request[NAME])
    component_rules.require_changeable(component)
    endpoint = names.find(backend, "endpoint", component.endpoint_name)
    deployment = request.get("DeploymentConfig", {})
    content = components.content_of(request) or component.content
    component_rules.validate_content(backend, content, endpoint)
    component_rules.require_same_base(component, content)
    if deployment:
        component_rules.validate_deployment(backend, component, deployment)
    component.last_deployment_config = deployment or component.last_deployment_config
    copies = request.get("RuntimeConfig", {}).get("CopyCount", component.copies["Desired"])
    size = component_rules.batch(deployment, copies)
    future = copy.copy(component)
    future.content = content
    most = copies + (min(size, copies) if deployment else 0)
    _set(component, "Updating", "UPDATE_IN_PROGRESS")
    if not placement.has_room(backend, future, most):
        _later(backend, component, durations.SECONDS["copy"], lambda: placement.NO_ROOM, failed="InService")
        return _answer(component)
    outcome = outcomes.take(component.name, "update", outcomes.COMPONENT)
    launch = placement.reserve(backend, future, most)
    wait = deployment.get("RollingUpdatePolicy", {}).get("WaitIntervalInSeconds", 0)
    batches = max(1, math.ceil(copies / size))

    def finish() -> str | None:
        tripped = alarms.tripped(backend, component_rules.alarm_names(deployment))
        if tripped:
            return f"The update was rolled back because of the alarm(s) {', '.join(tripped)}."
        component.content = content
        component.copies["Desired"] = component.copies["Current"] = copies
        return None

    seconds = launch + batches * (durations.SECONDS["copy"] + wait)
    _begin(backend, component, outcome, seconds, finish, content if copies else None)
    return _answer(component)


def update_runtime_config(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer UpdateInferenceComponentRuntimeConfig: the desired copies at once, the current ones later.

    Raises
    ------
    ValidationError
        If the component or its endpoint is missing, it is changing or has failed, or it is an adapter.
    """
    component = components.find(backend, request[NAME])
    component_rules.require_changeable(component)
    names.find(backend, "endpoint", component.endpoint_name)
    if component.base_name:
        raise names.ValidationError(f'The adapter "{component.arn}" has no copies of its own.')
    wanted = request["DesiredRuntimeConfig"]["CopyCount"]
    _set(component, "Updating", "UPDATE_RC_IN_PROGRESS")
    grows = wanted > component.copies["Current"]
    component.copies["Desired"] = wanted
    if grows and not placement.has_room(backend, component, wanted):
        finish: Finish = partial(_apply_what_fits, backend, component)
        _later(backend, component, durations.SECONDS["copy"], finish, failed="InService")
    elif grows:
        seconds = placement.reserve(backend, component, wanted) + durations.SECONDS["copy"]
        content = None if component.copies["Current"] else component.content
        _later(backend, component, seconds, partial(_apply_copies, component), failed="InService", content=content)
    else:
        seconds = durations.SECONDS["scaleIn"]
        _later(backend, component, seconds, partial(_apply_copies, component), failed="InService")
    return _answer(component)


def delete(backend: Backend, request: Request) -> None:
    """Answer DeleteInferenceComponent, also for a component whose endpoint is gone.

    Raises
    ------
    ValidationError
        If it is missing, changing, or the base of adapters.
    """
    component = components.find(backend, request[NAME])
    component_rules.require_idle(component, "delete")
    component_rules.require_no_adapters(backend, component)
    outcome = outcomes.take(component.name, "delete", outcomes.COMPONENT)
    _set(component, "Deleting", "DELETE_IN_PROGRESS")
    if outcome.outcome == "succeeds":
        seconds = lifecycle.DELETE_SECONDS if outcome.after_seconds is None else outcome.after_seconds
        clock.call_later(seconds, partial(_remove, backend, component))
    else:
        reason = "The inference component could not be deleted. Please try again."
        _begin(backend, component, outcome, lifecycle.DELETE_SECONDS, lambda: reason)


def _begin(
    backend: Backend,
    component: Component,
    outcome: outcomes.Outcome,
    seconds: float,
    finish: Finish,
    content: dict[str, Any] | None = None,
) -> None:
    """Start a change whose outcome can be scripted."""
    if outcome.outcome == "never_finishes":
        return
    seconds = seconds if outcome.after_seconds is None else outcome.after_seconds
    if outcome.outcome == "succeeds":
        failed = "Failed" if component.status == "Creating" else "InService"
        _later(backend, component, seconds, finish, failed=failed, content=content)
        return
    failed = "InService" if outcome.outcome == "rolls_back" else "Failed"
    reason = finish if component.status == "Deleting" else lambda: UNHEALTHY_COMPONENT
    _later(backend, component, seconds, reason, failed=failed)


def _later(
    backend: Backend,
    component: Component,
    seconds: float,
    finish: Finish,
    *,
    failed: str,
    content: dict[str, Any] | None = None,
) -> None:
    """End a change after `seconds`. With `content`, containers are started for its specification."""
    end = partial(_end, backend, component, finish, failed)
    if content is None or component.base_name:
        clock.call_later(seconds, end)
        return
    component.pending_host = component_hosts.new(backend, component, content)
    launch = Launch([component.pending_host])

    def end_launch() -> None:
        failure = launch.failure
        if failure is None:
            end()
        else:
            clock.call_later(failure.seconds, partial(_end, backend, component, lambda: failure.reason, failed))

    clock.call_later(seconds, lambda: launch.when_done(end_launch))


def _end(backend: Backend, component: Component, finish: Finish, failed: str) -> None:
    with lock:
        if not _is_stored(backend, component):
            component.end_hosts()
            return
        component.failure_reason = finish()
        has_failed = component.failure_reason is not None
        status = failed if has_failed else "InService"
        if status == "Failed":
            component.copies["Current"] = 0
        component.settle_host(succeeded=not has_failed)
        _set(component, status, "FAILED" if status == "Failed" else "IN_SERVICE", keep_reason=True)
        placement.settle(backend, component)
        scalable_targets.settled(component.arn, f"{KIND}/{component.name}", succeeded=not has_failed)


def _remove(backend: Backend, component: Component) -> None:
    with lock:
        if _is_stored(backend, component):
            names.remove(backend, KIND, component.name)
            component.end_hosts()
            placement.settle(backend, component)


def _set(component: Component, status: str, phase: str, *, keep_reason: bool = False) -> None:
    component.status, component.phase = status, phase
    component.last_modified_time = clock.utc()
    if not keep_reason:
        component.failure_reason = None


def _apply_copies(component: Component) -> None:
    component.copies["Current"] = component.copies["Desired"]


def _apply_what_fits(backend: Backend, component: Component) -> str:
    """Copies up to the room that there is."""
    while placement.has_room(backend, component, component.copies["Current"] + 1):
        placement.reserve(backend, component, component.copies["Current"] + 1)
        component.copies["Current"] += 1
    return placement.NO_ROOM


def _end_hosts(backend: Backend, endpoint: lifecycle.Endpoint) -> None:
    """End the containers on an endpoint that is gone. Its components stay."""
    for component in components.of_endpoint(backend, endpoint.endpoint_name):
        component.end_hosts()


lifecycle.when_gone(_end_hosts)


def _is_stored(backend: Backend, component: Component) -> bool:
    """Whether the component still exists: a reset may have removed it."""
    return names.stored(backend, KIND).get(component.name.lower()) is component


def _answer(component: Component) -> dict[str, Any]:
    return {"InferenceComponentArn": component.arn}


OPERATIONS = {
    "CreateInferenceComponent": create,
    "UpdateInferenceComponent": update,
    "UpdateInferenceComponentRuntimeConfig": update_runtime_config,
    "DeleteInferenceComponent": delete,
}
