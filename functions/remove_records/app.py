"""Doorway of the state "Remove records"."""

import os
from typing import TYPE_CHECKING

from remove_records.logic import remove_all
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

DYNAMODB = client("dynamodb")
DEPLOYMENTS_TABLE = os.environ["DEPLOYMENTS_TABLE_NAME"]


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """How many are gone now."""
    done = remove_all(event["endpointName"], DYNAMODB, DEPLOYMENTS_TABLE)
    logger.info("removed", **done)
    return done
