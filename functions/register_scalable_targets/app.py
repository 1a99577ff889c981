"""Doorway of the state "Register scalable targets"."""

from typing import TYPE_CHECKING

from register_scalable_targets.logic import register
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AUTOSCALING = client("application-autoscaling")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What is registered for scaling now, and what is scheduled on it again."""
    done = register(event["targets"], event["scheduledActions"], AUTOSCALING)
    logger.info("registered", resource_ids=done["registered"], scheduled=done["scheduled"], missed=done["missed"])
    return done
