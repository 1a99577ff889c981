"""Doorway of the state "Create alarms"."""

from typing import TYPE_CHECKING

from create_alarms.logic import create
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CLOUDWATCH = client("cloudwatch")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """The alarms that hold now."""
    done = create(event["replace"], event["alarms"], CLOUDWATCH)
    logger.info("put", alarms=done["alarms"])
    return done
