"""Doorway of the rule on executions that ended otherwise than by succeeding."""

import os
from typing import TYPE_CHECKING

from settle_execution.logic import Services, settle
from settle_execution.taking_back import TakingBack
from shared.announcements import Speaker
from shared.aws import Json, client
from shared.notification import channel
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICES = Services(
    dynamodb=client("dynamodb"), sagemaker=client("sagemaker"), sns=client("sns"), states=client("stepfunctions")
)
CHANNEL = channel(os.environ["FAILURE_TOPIC_ARN"])
SPEAKER = Speaker(SERVICES.dynamodb, os.environ["LOCKS_TABLE_NAME"], "Settle execution", patient=True)
DEPLOYMENTS_TABLE = os.environ["DEPLOYMENTS_TABLE_NAME"]
TAKING_BACK = TakingBack(
    os.environ["TAKE_BACK_STATE_MACHINE_ARN"],
    os.environ["ABORT_ROLLS_BACK"] == "true",
    os.environ["REMOVE_STATE_MACHINE_ARN"],
)


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What was started or freed, and the id of the one message."""
    settled = settle(event["detail"], event["time"], SERVICES, SPEAKER, CHANNEL, TAKING_BACK, DEPLOYMENTS_TABLE)
    logger.info("settled", **settled)
    return settled
