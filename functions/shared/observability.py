"""Logger, tracer and metrics of every function, and the decorator of all handlers."""

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

__all__ = ["MetricUnit", "handler", "logger", "metrics", "single_metric"]

Handler = Callable[[Any, "LambdaContext"], Json]

logger = Logger()
metrics = Metrics()
# CloudWatch does not add up over a dimension's values, so the metrics of two stages in one Region stay apart.
metrics.set_default_dimensions(stage=os.environ["STAGE"])
# Only calls of AWS are traced: patching everything would import every library that X-Ray knows.
tracer = Tracer(auto_patch=False)
tracer.patch(("botocore",))


def handler(correlation_id_path: str) -> Callable[[Handler], Handler]:
    """Return the decorator of a Lambda handler: it logs, traces and counts, and raises AWS's errors as documented ones.

    Neither the event nor the answer is logged or traced: a request can contain what does not belong there.

    Parameters
    ----------
    correlation_id_path : str
        JMESPath of the execution's ARN in the event. Every log line has it as its correlation id.
    """

    def decorate(handle: Handler) -> Handler:
        @functools.wraps(handle)
        def lambda_handler(event: Any, context: "LambdaContext") -> Json:
            try:
                with aws_errors():
                    refuse_redriven(event)
                    return handle(event, context)
            finally:
                if metrics.metric_set:
                    metrics.flush_metrics()

        traced = tracer.capture_lambda_handler(lambda_handler, capture_response=False)
        logged: Handler = logger.inject_lambda_context(
            traced, clear_state=True, correlation_id_path=correlation_id_path
        )
        return logged

    return decorate


def refuse_redriven(event: Json) -> None:
    """Refuse a redriven execution: it has released its lock, and its plan may be stale.

    Parameters
    ----------
    event : Json
        With the execution's ``redriveCount``, in the payload of every state but "Notify failure".

    Raises
    ------
    ExecutionRedriven
        If the execution was redriven.
    """
    if event.get("redriveCount", 0) > 0:
        raise ExecutionRedriven(ExecutionRedriven.__doc__)
