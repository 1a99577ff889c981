"""An invocation: sent to the variant's host, and counted."""

from __future__ import annotations

from local_aws.sagemaker.serving import Answer, HostTimeoutError, Invocation, NotRunnableError
from local_aws.sagemakerruntime import errors
from local_aws.sagemakerruntime.targets import Target

SUCCESS = range(200, 300)


def send(target: Target, body: bytes, timeout_seconds: float) -> Answer:
    """Let the target answer the call with this body.

    Raises
    ------
    InvocationError
        If the container answers with an error or not within `timeout_seconds`, or cannot run here.
    """
    parameters = target.call.parameters
    invocation = Invocation(
        body=body,
        content_type=parameters.get("ContentType"),
        accept=parameters.get("Accept"),
        custom_attributes=parameters.get("CustomAttributes"),
        target_model=parameters.get("TargetModel"),
        target_container=parameters.get("TargetContainerHostname"),
    )
    try:
        answer = target.variant.host.invoke(invocation, timeout_seconds)
    except HostTimeoutError as timeout:
        raise errors.timed_out(target.call, timeout.container) from timeout
    except NotRunnableError as reason:
        raise errors.not_runnable(str(reason)) from reason
    if answer.status not in SUCCESS:
        raise errors.of_model(target.call, answer)
    return answer
