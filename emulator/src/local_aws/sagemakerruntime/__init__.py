"""SageMaker runtime: invocations of endpoints, answered by the hosts of their variants.

They are answered in the gateway, without moto, whose answers are canned.
"""

from __future__ import annotations

from local_aws.core import handlers
from local_aws.core.handlers import Handler
from local_aws.core.wire import Call, Response
from local_aws.sagemakerruntime import realtime
from local_aws.sagemakerruntime.errors import InvocationError

SERVICE = "sagemaker-runtime"
OPERATIONS: dict[str, Handler] = {
    "InvokeEndpoint": realtime.invoke,
}


def install() -> None:
    for operation, answer in OPERATIONS.items():
        handlers.register(SERVICE, operation, _with_errors(answer))


def _with_errors(answer: Handler) -> Handler:
    def answer_or_refuse(call: Call) -> Response:
        try:
            return answer(call)
        except InvocationError as error:
            return error.response()

    return answer_or_refuse
