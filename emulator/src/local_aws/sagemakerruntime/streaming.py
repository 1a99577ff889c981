"""InvokeEndpointWithResponseStream. The whole answer is one part of the stream."""

from __future__ import annotations

from moto.core.serialize import get_serializer_class

from local_aws.core.wire import Call, Response
from local_aws.sagemakerruntime import locations, realtime


def invoke(call: Call) -> Response:
    """Answer InvokeEndpointWithResponseStream."""
    target, answer = realtime.synchronous(call)
    given = {
        "Body": [{"PayloadPart": {"Bytes": answer.body}}],
        "ContentType": locations.content_type(answer) or locations.DEFAULT_CONTENT_TYPE,
        "InvokedProductionVariant": target.variant.name,
    }
    serialized = get_serializer_class(call.service, call.protocol)(operation_model=call.model).serialize(given)
    own = {**serialized["headers"], "X-Amzn-SageMaker-Content-Type": given["ContentType"]}
    others = [each for each in realtime.headers(target, answer) if each[0] != "Content-Type"]
    return Response(200, [*own.items(), *others], serialized["body"])
