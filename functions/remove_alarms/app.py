"""Doorway of the state "Remove alarms"."""

from typing import TYPE_CHECKING

from remove_alarms.logic import remove_all
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CLOUDWATCH = client("cloudwatch")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What is gone now."""
    done = remove_all(event["names"], CLOUDWATCH)
    logger.info("removed", alarms=done["alarms"])
    return done
