"""Doorway of the state "Check endpoint"."""

from typing import TYPE_CHECKING

from check_endpoint.logic import check
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What the endpoint is doing, and how many seconds to wait before the next look."""
    seen = check(event["plan"], event["askedAt"], event["now"], SAGEMAKER)
    logger.info("looked", status=seen["status"], settled=seen["settled"], elapsed_seconds=seen["elapsedSeconds"])
    return seen
