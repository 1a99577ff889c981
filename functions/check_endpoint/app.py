"""Handler of the state "Check endpoint"."""

import os
from typing import TYPE_CHECKING

from check_endpoint.logic import Services, check
from shared.aws import Json, client
from shared.observability import handler, logger
from shared.watches import Watch, goal_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICES = Services(sagemaker=client("sagemaker"), dynamodb=client("dynamodb"), states=client("stepfunctions"))
LOCKS_TABLE = os.environ["LOCKS_TABLE_NAME"]


@handler("plan.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return what the endpoint is doing. Nothing reads the answer: the task waits for its token."""
    watch = Watch(token=event["taskToken"], goal=goal_of(event["plan"]), asked_at=event["askedAt"])
    seen = check(event["plan"], watch, event["refused"], event["now"], SERVICES, LOCKS_TABLE)
    logger.info("checked", status=seen["status"], stage=seen["stage"], elapsed_seconds=seen["elapsedSeconds"])
    return {**seen}
