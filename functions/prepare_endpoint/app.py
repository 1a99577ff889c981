"""Handler of the state "Prepare endpoint"."""

from typing import TYPE_CHECKING

from prepare_endpoint.logic import prepare
from shared.aws import Json, client
from shared.execute import Clients
from shared.observability import handler

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CLIENTS: Clients = {
    "sagemaker": client("sagemaker"),
    "application-autoscaling": client("application-autoscaling"),
    "cloudwatch": client("cloudwatch"),
}


@handler("plan.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return the calls that were made, and when to call again until everything is done."""
    return {**prepare(event["plan"], event["refused"], event["now"], CLIENTS)}
