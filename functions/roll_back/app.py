"""Doorway of the state "Roll back"."""

from typing import TYPE_CHECKING

from roll_back.logic import roll_back
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What was removed, what was kept, and whether there is more to do."""
    progress = roll_back(event["plan"], event["startedAt"], event["now"], event["previous"], SAGEMAKER)
    logger.info("rolled back", done=progress["done"], removed=progress["removed"], kept=progress["kept"])
    return progress
