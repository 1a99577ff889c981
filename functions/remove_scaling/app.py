"""Doorway of the state "Remove scaling"."""

from typing import TYPE_CHECKING

from remove_scaling.logic import remove_all
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AUTOSCALING = client("application-autoscaling")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What is gone now."""
    done = remove_all(event["remove"], AUTOSCALING)
    logger.info("removed", policies=done["policies"], targets=done["targets"])
    return done
