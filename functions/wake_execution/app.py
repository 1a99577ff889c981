"""Handler of the rule on changed endpoints."""

import os
from typing import TYPE_CHECKING

from check_endpoint.logic import Services
from shared.aws import Json, client
from shared.observability import handler, logger
from wake_execution.logic import wake

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICES = Services(sagemaker=client("sagemaker"), dynamodb=client("dynamodb"), states=client("stepfunctions"))
LOCKS_TABLE = os.environ["LOCKS_TABLE_NAME"]


@handler("id")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return which execution was woken, for the log."""
    woken = wake(event, SERVICES, LOCKS_TABLE)
    logger.info("handled", **woken)
    return woken
