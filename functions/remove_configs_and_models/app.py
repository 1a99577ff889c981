"""Doorway of the state "Remove configs and models"."""

from typing import TYPE_CHECKING

from remove_configs_and_models.logic import remove_unused
from shared.aws import Json, client
from shared.budget import Budget
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SAGEMAKER = client("sagemaker")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What is gone now, and what somebody else uses."""
    done = remove_unused(event["configs"], event["models"], SAGEMAKER, Budget(context.get_remaining_time_in_millis))
    logger.info("removed", **done)
    return done
