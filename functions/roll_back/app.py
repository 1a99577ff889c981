"""Handler of the state "Roll back"."""

from typing import TYPE_CHECKING

from roll_back.logic import roll_back
from shared.aws import Json, client
from shared.execute import ClientsOnDemand
from shared.observability import handler, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CLIENTS = ClientsOnDemand(
    {
        "sagemaker": client("sagemaker"),
        "application-autoscaling": client("application-autoscaling"),
        "cloudwatch": client("cloudwatch"),
    }
)


@handler("plan.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return what was removed and restored, what was kept, and whether there is more to do."""
    progress = roll_back(event["plan"], event["startedAt"], event["now"], event["previous"], CLIENTS)
    logger.info("rolled back", done=progress["done"], kept=progress["kept"])
    return {**progress}
