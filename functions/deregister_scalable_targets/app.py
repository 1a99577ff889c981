"""Doorway of the state "Deregister scalable targets"."""

from typing import TYPE_CHECKING

from deregister_scalable_targets.logic import deregister
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AUTOSCALING = client("application-autoscaling")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """The resource ids of the variants that are not registered for scaling any more."""
    done = deregister(event["targets"], AUTOSCALING)
    logger.info("deregistered", resource_ids=done["deregistered"])
    return done
