"""Doorway of the state "Roll back"."""

from typing import TYPE_CHECKING

from roll_back.doing import Services
from roll_back.logic import roll_back
from shared.aws import Json, client
from shared.observability import doorway, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICES = Services(client("sagemaker"), client("application-autoscaling"), client("cloudwatch"))


@doorway
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """What was removed and restored, what was kept, and whether there is more to do."""
    progress = roll_back(event["plan"], event["startedAt"], event["now"], event["previous"], SERVICES)
    told = {name: progress[name] for name in ("done", "removed", "restored", "kept")}
    logger.info("rolled back", **told)
    return progress
