"""InvokeEndpoint."""

from __future__ import annotations

from local_aws.core.wire import Call, Response
from local_aws.sagemaker.serving import Answer
from local_aws.sagemakerruntime import errors, identifiers, invocations, metrics, targets
from local_aws.sagemakerruntime.targets import Target

# botocore's model, BodyBlob; developer guide, hosting-faqs
MOST_BYTES = 6_291_456
# developer guide, serverless-endpoints; aws/sagemaker-python-sdk, issue 4271
MOST_BYTES_SERVERLESS = 4_194_304
TIMEOUT_SECONDS = 60.0  # developer guide, your-algorithms-inference-code

# Headers of the container that SageMaker hands on, and the mark of an answer that a test has set.
_HANDED_ON = {
    "content-type": "Content-Type",
    "x-amzn-sagemaker-custom-attributes": "X-Amzn-SageMaker-Custom-Attributes",
    "x-local-aws-stub": "x-local-aws-stub",
}


def invoke(call: Call) -> Response:
    """Answer InvokeEndpoint."""
    target, answer = synchronous(call)
    return Response(200, headers(target, answer), answer.body)


def synchronous(call: Call) -> tuple[Target, Answer]:
    """Send the call to its endpoint while the caller waits; return the target and its answer.

    Raises
    ------
    InvocationError
        If the call does not fit the endpoint, or the model fails.
    """
    targets.check(call)
    try:
        target = targets.find(call)
    except errors.NoCapacityError as missing:
        metrics.count_without_capacity(call, missing.component_name)
        raise
    body: bytes = call.parameters.get("Body", b"")
    if "AsyncInferenceConfig" in target.config:
        raise errors.invalid(
            f"Endpoint {target.endpoint.endpoint_name} is an asynchronous endpoint. Use InvokeEndpointAsync."
        )
    if len(body) > MOST_BYTES:
        raise errors.too_large(MOST_BYTES)
    if target.variant.serverless and len(body) > MOST_BYTES_SERVERLESS:
        raise errors.invalid(f"Request {identifiers.new()} has oversize body.")
    invocations.copy(target, body, TIMEOUT_SECONDS)
    return invocations.send(target, body, TIMEOUT_SECONDS)


def headers(target: Target, answer: Answer) -> list[tuple[str, str]]:
    """Headers of the answer to the caller."""
    handed_on = [(name, value) for name, value in answer.headers.items() if name.lower() in _HANDED_ON]
    return [
        *[(_HANDED_ON[name.lower()], value) for name, value in handed_on],
        ("x-Amzn-Invoked-Production-Variant", target.variant.name),
        ("x-amzn-RequestId", identifiers.new()),
    ]
