"""Doorway of the state "Look at refused call"."""

from typing import TYPE_CHECKING

from look_at_refused_call.logic import look
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Whether the call was carried out."""
    found = look(event["operation"], event["plan"], SAGEMAKER)
    logger.info("looked", operation=event["operation"], **found)
    return found
