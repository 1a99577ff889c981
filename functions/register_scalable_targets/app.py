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
    """The resource ids of the variants that are registered for scaling now."""
    done = register(event["targets"], AUTOSCALING)
    logger.info("registered", resource_ids=done["registered"])
    return done
