"""Logger, tracer and metrics of every function, and the doorway that all handlers share."""

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from shared.aws import Json, aws_errors
from shared.errors import ExecutionRedriven

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

__all__ = ["MetricUnit", "doorway", "logger", "metrics", "single_metric"]

Handler = Callable[[Any, "LambdaContext"], Json]

logger = Logger()
metrics = Metrics()
# CloudWatch does not add up over the values of a dimension, so two stages in one Region stay apart.
metrics.set_default_dimensions(stage=os.environ["STAGE"])
# Only calls of AWS are traced: patching everything would import every library that X-Ray knows.
tracer = Tracer(auto_patch=False)
tracer.patch(("botocore",))


def doorway(handle: Handler) -> Handler:
    """A Lambda handler around `handle`: logged, traced and counted, AWS's errors named for what they mean.

    The execution's ARN is every log line's correlation id. Neither the event nor the answer is logged or traced:
    a request may carry what does not belong there.
    """

    @functools.wraps(handle)
    def lambda_handler(event: Any, context: "LambdaContext") -> Json:
        logger.set_correlation_id(execution_arn(event))
        try:
            with aws_errors():
                refuse_redriven(event)
                return handle(event, context)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    traced = tracer.capture_lambda_handler(lambda_handler, capture_response=False)
    handler: Handler = logger.inject_lambda_context(traced, clear_state=True)
    return handler


def refuse_redriven(event: Json) -> None:
    """Do nothing for a redriven execution: it has released its lock, and its plan may be stale.

    Parameters
    ----------
    event : Json
        ``redriveCount`` of the execution that calls, in the payload of every state but "Notify failure".

    Raises
    ------
    ExecutionRedriven
        When the execution has been redriven.
    """
    if event.get("redriveCount", 0) > 0:
        raise ExecutionRedriven(ExecutionRedriven.__doc__)


def execution_arn(event: Json) -> str:
    """ARN of the execution that calls, wherever the state machine put it; of the one that an event tells of.

    An event that tells of an endpoint names none; then it is the event's own id.
    """
    if "execution" in event:
        return str(event["execution"]["arn"])
    holder = next((event[name] for name in ("plan", "detail") if name in event), event)
    return str(holder["executionArn"] if "executionArn" in holder else event["id"])
