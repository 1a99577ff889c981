"""Handler of the states "Clean up" and "Remove endpoint"."""

import os
from typing import TYPE_CHECKING

from clean_up.logic import Services, clean_up
from shared.aws import Json, client
from shared.execute import ClientsOnDemand
from shared.observability import handler
from shared.time_budget import Budget

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICES = Services(
    ClientsOnDemand(
        {
            "sagemaker": client("sagemaker"),
            "application-autoscaling": client("application-autoscaling"),
            "cloudwatch": client("cloudwatch"),
            "dynamodb": client("dynamodb"),
        }
    ),
    os.environ["DEPLOYMENTS_TABLE_NAME"],
)


@handler("plan.executionArn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return removed, kept and remaining resources, and when to call again."""
    budget = Budget(context.get_remaining_time_in_millis)
    return {**clean_up(event["plan"], event["now"], event.get("previous"), SERVICES, budget)}
