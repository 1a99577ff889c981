"""Checks of a state machine's role when the state machine is created or updated."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from moto.logs.models import logs_backends

from local_aws.core import gateway, principals
from local_aws.core.authorization.trust import may_assume
from local_aws.core.errors import ApiError

_MANAGED_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
_MANAGED_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_LOG_DELIVERY_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


def check_trust(role_arn: str, machine_arn: str) -> None:
    """Check that the role trusts Step Functions.

    Raises
    ------
    ApiError
        AccessDeniedException.
    """
    region = machine_arn.split(":")[3]
    services = ("states.amazonaws.com", f"states.{region}.amazonaws.com")
    if not any(may_assume(service, role_arn, machine_arn) for service in services):
        message = (
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role."
        )
        raise ApiError("AccessDeniedException", message)


def check_logging(role_arn: str, machine_arn: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Check that the role can set up log delivery (Step Functions developer guide, "Logging using CloudWatch Logs").

    Raises
    ------
    AccessDenied
        If it cannot.
    ApiError
        InvalidLoggingConfiguration.
    """
    if before == after:
        return
    was_on, is_on = (each.get("level", "OFF") != "OFF" for each in (before, after))
    if is_on:
        _check_destination(after, machine_arn)
    actions: tuple[str, ...] = _LOG_DELIVERY_ACTIONS if is_on else ()
    if was_on:
        actions += ("logs:UpdateLogDelivery",) if is_on else ("logs:DeleteLogDelivery",)
    message = "The state machine IAM Role is not authorized to access the Log Destination"
    _check(role_arn, actions, "*", message)


def check_managed_rule(role_arn: str, machine_arn: str) -> None:
    """Check that the role can create the rule that reports the end of nested executions.

    Step Functions developer guide, "Start a new AWS Step Functions workflow from a running execution".

    Raises
    ------
    AccessDenied
        If it cannot.
    """
    _, partition, _, region, account_id, *_ = machine_arn.split(":")
    rule_arn = f"arn:{partition}:events:{region}:{account_id}:rule/{_MANAGED_RULE}"
    _check(role_arn, _MANAGED_RULE_ACTIONS, rule_arn, f"'{role_arn}' is not authorized to create managed-rule.")


def trace(role_arn: str, machine_name: str) -> None:
    """Check the role of a traced machine for X-Ray. Without the right, only the segments are lost."""
    with suppress(gateway.AccessDenied):
        gateway.authorize(principals.role(role_arn, machine_name), "xray:PutTraceSegments", ["*"])


def _check_destination(logging: dict[str, Any], machine_arn: str) -> None:
    destinations = logging.get("destinations", [])
    if len(destinations) != 1:
        raise _invalid_logging("Must specify exactly one Log Destination.")
    arn = destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
    prefix, _, group = arn.partition(":log-group:")
    if not group.endswith(":*") or prefix.split(":")[3:4] != machine_arn.split(":")[3:4]:
        raise _invalid_logging("The log group's ARN must be one of the state machine's region, and end with ':*'.")
    region, account_id = prefix.split(":")[3:5]
    if group.removesuffix(":*") not in logs_backends[account_id][region].groups:
        raise _invalid_logging("Log Destination not found.")


def _invalid_logging(why: str) -> ApiError:
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {why}")


def _check(role_arn: str, actions: tuple[str, ...], resource: str, message: str) -> None:
    principal = principals.role(role_arn, "StepFunctions")
    for action in actions:
        gateway.authorize(principal, action, [resource], message=message)
