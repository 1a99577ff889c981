"""An invocation: sent to the variant's host, counted, and captured."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial

from local_aws.core import background
from local_aws.core.clock import clock
from local_aws.sagemaker.serving import (
    Answer,
    HostEndedError,
    HostTimeoutError,
    Invocation,
    ModelDataError,
    NotRunnableError,
)
from local_aws.sagemakerruntime import capture, errors, metrics, targets
from local_aws.sagemakerruntime.errors import InvocationError
from local_aws.sagemakerruntime.targets import Target

SUCCESS = range(200, 300)


def send(target: Target, body: bytes, timeout_seconds: float) -> tuple[Target, Answer]:
    """Send the call with this body to the target. Return the answer and the target that has given it.

    It is another target if the variant has been replaced meanwhile.

    Raises
    ------
    InvocationError
        If the container answers with an error or not within `timeout_seconds`, or cannot run here.
    """
    try:
        return target, _sent(target, body, timeout_seconds)
    except HostEndedError:  # it has not got the request
        return send(targets.find(target.call), body, timeout_seconds)


def copy(target: Target, body: bytes, timeout_seconds: float) -> None:
    """Send a copy of a request to each shadow variant of the endpoint. Nothing waits for the answers.

    SageMaker developer guide, shadow-tests; the share of the requests is the shadow variant's weight in relation to
    that of the production variant (API reference, ProductionVariant, InitialVariantWeight).
    """
    for shadow in target.endpoint.shadow_variants:
        if random.random() * target.variant.weight["Current"] < shadow.weight["Current"]:  # noqa: S311
            copied = replace(target, variant=shadow, instance_type=shadow.any_type(), received=time.perf_counter())
            background.run(partial(_send_copy, copied, body, timeout_seconds))


def _send_copy(target: Target, body: bytes, timeout_seconds: float) -> None:
    with suppress(InvocationError, HostEndedError):  # metrics have the errors; the client does not get them
        _sent(target, body, timeout_seconds)


def _sent(target: Target, body: bytes, timeout_seconds: float) -> Answer:
    parameters = target.call.parameters
    invocation = Invocation(
        body=body,
        content_type=parameters.get("ContentType"),
        accept=parameters.get("Accept"),
        custom_attributes=parameters.get("CustomAttributes"),
        target_model=parameters.get("TargetModel"),
        target_container=parameters.get("TargetContainerHostname"),
    )
    began, began_at = time.perf_counter(), clock.now()
    try:
        answer = target.host.invoke(invocation, timeout_seconds)
    except HostTimeoutError as timeout:
        metrics.count(target, 0, _elapsed_seconds(began, began_at), began - target.received)
        raise errors.timed_out(target.call, timeout.container) from timeout
    except ModelDataError as missing:
        raise errors.invalid(str(missing)) from missing
    except NotRunnableError as reason:
        raise errors.not_runnable(str(reason)) from reason
    metrics.count(target, answer.status, _elapsed_seconds(began, began_at), began - target.received)
    if answer.status not in SUCCESS:
        raise errors.of_model(target.call, answer)
    capture.record(target, body, answer)
    return answer


def _elapsed_seconds(began: float, began_at: float) -> float:
    """Real seconds; virtual ones if there are more. Virtual time stands still while a container computes."""
    return max(time.perf_counter() - began, clock.now() - began_at)
