"""SageMaker runtime: invocations of endpoints, answered by the hosts of their variants.

Without moto, whose answers are canned.
"""

from __future__ import annotations

from local_aws import s3
from local_aws.core import background, handlers
from local_aws.core.handlers import Handler
from local_aws.core.wire import Call, Response
from local_aws.sagemaker import endpoints
from local_aws.sagemakerruntime import asynchronous, capture, realtime, streaming
from local_aws.sagemakerruntime.errors import InvocationError

SERVICE = "sagemaker-runtime"
OPERATIONS: dict[str, Handler] = {
    "InvokeEndpoint": realtime.invoke,
    "InvokeEndpointAsync": asynchronous.invoke,
    "InvokeEndpointWithResponseStream": streaming.invoke,
}


def install() -> None:
    for operation, answer in OPERATIONS.items():
        handlers.register(SERVICE, operation, _with_errors(answer))
    s3.before_reading(capture.flush)
    # in the background: DeleteEndpoint holds SageMaker's lock
    endpoints.when_deleting(lambda: background.run(capture.flush))


def _with_errors(answer: Handler) -> Handler:
    def answer_or_refuse(call: Call) -> Response:
        try:
            return answer(call)
        except InvocationError as error:
            return error.response()

    return answer_or_refuse
