"""Doorway of the state "Put scaling policies"."""

from typing import TYPE_CHECKING

from put_scaling_policies.logic import put
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AUTOSCALING = client("application-autoscaling")


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """The policies that hold now."""
    done = put(event["policies"], AUTOSCALING)
    logger.info("put", policies=[policy["policyName"] for policy in done["policies"]])
    return done
