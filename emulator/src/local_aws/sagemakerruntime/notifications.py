"""Messages about asynchronous invocations: SageMaker developer guide, async-inference-check-predictions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.wire import Call


def completed(call: Call, inference_id: str, received_at: float, result: dict[str, Any]) -> dict[str, Any]:
    """The message for the success topic; `result` has the content type and the location of the answer."""
    return {**_about(call, inference_id, received_at), "invocationStatus": "Completed", "responseParameters": result}


def failed(call: Call, inference_id: str, received_at: float, reason: str) -> dict[str, Any]:
    """The message for the error topic."""
    return {**_about(call, inference_id, received_at), "invocationStatus": "Failed", "failureReason": reason}


def _about(call: Call, inference_id: str, received_at: float) -> dict[str, Any]:
    given = {
        "contentType": call.parameters.get("ContentType"),
        "endpointName": call.parameters["EndpointName"],
        "inputLocation": call.parameters.get("InputLocation"),
    }
    return {
        "awsRegion": call.region,
        "eventTime": _shown(clock.now()),
        "receivedTime": _shown(received_at),
        "requestParameters": {name: value for name, value in given.items() if value is not None},
        "inferenceId": inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def _shown(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
