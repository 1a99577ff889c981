"""Doorway of the state "Check endpoint"."""

import os
from typing import TYPE_CHECKING

from check_endpoint.logic import Services, check
from shared.aws import Json, client
from shared.observability import doorway, logger
from shared.watches import Watch

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICES = Services(sagemaker=client("sagemaker"), dynamodb=client("dynamodb"), states=client("stepfunctions"))
LOCKS_TABLE = os.environ["LOCKS_TABLE_NAME"]


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What the endpoint is doing. Nobody reads the answer: the task waits for its token."""
    watch = Watch(token=event["taskToken"], plan=event["plan"], asked_at=event["askedAt"])
    seen = check(watch, event["now"], SERVICES, LOCKS_TABLE)
    told = {name: seen[name] for name in ("status", "stage", "settled")}
    logger.info("looked", **told, elapsed_seconds=seen["elapsedSeconds"])
    return seen
