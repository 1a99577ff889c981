"""Handler of the state "Plan removal"."""

import os
from functools import cache
from typing import TYPE_CHECKING

from plan_removal.planner import Services, Settings, plan
from shared.aws import Json, client
from shared.observability import MetricUnit, handler, logger, metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICES = Services(
    sagemaker=client("sagemaker"),
    autoscaling=client("application-autoscaling"),
    dynamodb=client("dynamodb"),
    cloudwatch=client("cloudwatch"),
    states=cache(lambda: client("stepfunctions")),
    scheduler=client("scheduler"),
)
SETTINGS = Settings(
    locks_table=os.environ["LOCKS_TABLE_NAME"],
    deployments_table=os.environ["DEPLOYMENTS_TABLE_NAME"],
    stack_name=os.environ["STACK_NAME"],
    off_hours_group=os.environ["OFF_HOURS_GROUP_NAME"],
)


@handler("execution.arn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return the plan, which the state machine keeps."""
    planned = plan(event["request"], event["execution"], event["now"], SERVICES, SETTINGS)
    if planned["busy"] is None and "report" not in planned:
        metrics.add_metric(name="RemovalsStarted", unit=MetricUnit.Count, value=1)
    logger.info("planned", action=planned["action"], endpoint=planned["endpointName"])
    return {**planned}
