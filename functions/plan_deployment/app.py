"""Handler of the state "Plan deployment"."""

import os
from functools import cache
from typing import TYPE_CHECKING

from plan_deployment.environment import OffHours, Services, Settings
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
    scheduler=cache(lambda: client("scheduler")),
)


def settings(machines: Json) -> Settings:
    """Return the settings of the stack.

    Parameters
    ----------
    machines : Json
        ARNs of the state machines that schedules start, ``deploy`` and ``remove``; environment variables with them
        would be a circular dependency of the stack. Empty for an execution that is older than this version.
    """
    return Settings(
        locks_table=os.environ["LOCKS_TABLE_NAME"],
        deployments_table=os.environ["DEPLOYMENTS_TABLE_NAME"],
        profile_prefix=os.environ["PROFILE_PREFIX"],
        model_role_arns=_listed("MODEL_EXECUTION_ROLE_ARNS"),
        artifact_buckets=_listed("ARTIFACT_BUCKETS"),
        stack_name=os.environ["STACK_NAME"],
        kept_deployments=int(os.environ["KEPT_DEPLOYMENTS"]),
        package_accounts=_listed("MODEL_PACKAGE_ACCOUNTS"),
        off_hours=OffHours(
            group_name=os.environ["OFF_HOURS_GROUP_NAME"],
            role_arn=os.environ["OFF_HOURS_ROLE_ARN"],
            queue_arn=os.environ["OFF_HOURS_QUEUE_ARN"],
            deploy_machine_arn=machines.get("deploy", ""),
            remove_machine_arn=machines.get("remove", ""),
        ),
    )


@handler("execution.arn")
def lambda_handler(event: Json, context: "LambdaContext") -> Json:
    """Return the plan, which the state machine keeps."""
    planned = plan(event["request"], event["execution"], event["now"], SERVICES, settings(event.get("machines", {})))
    if planned["busy"] is None and "report" not in planned:
        metrics.add_metric(name="DeploymentsStarted", unit=MetricUnit.Count, value=1)
    logger.info("planned", action=planned["action"], endpoint=planned["endpointName"])
    return {**planned}
