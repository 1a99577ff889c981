"""Clients and settings of the planner."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.aws import Client


@dataclass(frozen=True)
class Services:
    """Clients of AWS services.

    A callable creates its client on demand: SSM for an approval, CloudWatch for an update or alarms, Step Functions if
    the lock is not free, S3 and IAM for artifacts, EventBridge Scheduler for off-hours.
    """

    sagemaker: Client
    autoscaling: Client
    dynamodb: Client
    ssm: Callable[[], Client]
    cloudwatch: Callable[[], Client]
    states: Callable[[], Client]
    s3: Callable[[], Client]
    iam: Callable[[], Client]
    scheduler: Callable[[], Client]


@dataclass(frozen=True)
class OffHours:
    """Settings of the schedules that remove and create an endpoint.

    Attributes
    ----------
    group_name, role_arn, queue_arn : str
        Group of the schedules, the role with which they start executions, and the queue for what did not start.
    deploy_machine_arn, remove_machine_arn : str
        The state machines that the schedules start.
    """

    group_name: str
    role_arn: str
    queue_arn: str
    deploy_machine_arn: str
    remove_machine_arn: str


@dataclass(frozen=True)
class Settings:
    """Settings of the stack.

    Attributes
    ----------
    locks_table, deployments_table : str
        Names of the tables of the endpoints' locks and of their history.
    profile_prefix : str
        Beginning of the deployment profiles' names, such as ``/slipway/profiles``.
    model_role_arns : tuple of str
        Execution roles that the stack may give models. The first one is the default.
    artifact_buckets : tuple of str
        Names of the buckets whose artifacts may be deployed.
    stack_name : str
        Beginning of the names of the alarms that the stack creates.
    kept_deployments : int
        Number of deployments of an endpoint whose configs and models are kept.
    package_accounts : tuple of str
        Accounts whose model packages may be deployed, the stack's own included.
    off_hours : OffHours
        Settings of the schedules of an endpoint.
    """

    locks_table: str
    deployments_table: str
    profile_prefix: str
    model_role_arns: tuple[str, ...]
    artifact_buckets: tuple[str, ...]
    stack_name: str
    kept_deployments: int
    package_accounts: tuple[str, ...]
    off_hours: OffHours
