"""Handler of the state "Plan deployment"."""

import os
from functools import cache
from typing import TYPE_CHECKING

from plan_deployment.environment import Services, Settings
from plan_deployment.planner import plan
from shared.aws import Json, client
from shared.observability import MetricUnit, handler, logger, metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _listed(variable: str) -> tuple[str, ...]:
    return tuple(filter(None, os.environ[variable].split(",")))


SERVICES = Services(
    sagemaker=client("sagemaker"),
    autoscaling=client("application-autoscaling"),
    dynamodb=client("dynamodb"),
    ssm=cache(lambda: client("ssm")),
    cloudwatch=cache(lambda: client("cloudwatch")),
    states=cache(lambda: client("stepfunctions")),
    s3=cache(lambda: client("s3")),
    iam=cache(lambda: client("iam")),
)
SETTINGS = Settings(
    locks_table=os.environ["LOCKS_TABLE_NAME"],
    deployments_table=os.environ["DEPLOYMENTS_TABLE_NAME"],
    profile_prefix=os.environ["PROFILE_PREFIX"],
    model_role_arns=_listed("MODEL_EXECUTION_ROLE_ARNS"),
    artifact_buckets=_listed("ARTIFACT_BUCKETS"),
    stack_name=os.environ["STACK_NAME"],
    kept_deployments=int(os.environ["KEPT_DEPLOYMENTS"]),
    package_accounts=_listed("MODEL_PACKAGE_ACCOUNTS"),
)


@handler("execution.arn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return the plan, which the state machine keeps."""
    planned = plan(event["request"], event["execution"], event["now"], SERVICES, SETTINGS)
    if planned["busy"] is None and not planned["dryRun"]:
        metrics.add_metric(name="DeploymentsStarted", unit=MetricUnit.Count, value=1)
    logger.info("planned", action=planned["action"], endpoint=planned["endpointName"])
    return {**planned}
