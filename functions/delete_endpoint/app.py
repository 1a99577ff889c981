"""Doorway of the state "Delete endpoint"."""

from typing import TYPE_CHECKING

from delete_endpoint.logic import delete
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Whether the endpoint is gone, and how long to wait before the next look."""
    seen = delete(event["plan"], event["now"], SAGEMAKER)
    logger.info("looked", endpoint=event["plan"]["endpointName"], done=seen["done"])
    return seen
