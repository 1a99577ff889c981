"""DeploymentConfig of CreateEndpoint and UpdateEndpoint: accessors, and the checks that need no endpoint.

SageMaker developer guide, deployment-guardrails-configuration; API reference, DeploymentConfig.
"""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker.names import ValidationError

DeploymentConfig = dict[str, Any]
Size = dict[str, Any]

# API reference: TrafficRoutingConfig, RollingUpdatePolicy. Percent of the variant's instance count.
PERCENT_RANGES = {"CanarySize": (1, 50), "LinearStepSize": (10, 50), "MaximumBatchSize": (5, 50)}
_SIZE_OF_TYPE = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
# API reference, DeploymentConfig: without a policy, blue/green with all traffic at once
_DEFAULT = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}


def validate(config: DeploymentConfig) -> None:
    """Check that the parts of a DeploymentConfig fit together.

    Raises
    ------
    ValidationError
        If it has two policies, lacks the size of its type, or has a size or timeout out of range.
    """
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise ValidationError("Specify only one of BlueGreenUpdatePolicy and RollingUpdatePolicy.")
    if rolling:
        _require_percent("MaximumBatchSize", rolling["MaximumBatchSize"])
        _require_longer_timeout(rolling, "WaitIntervalInSeconds", rolling["WaitIntervalInSeconds"])
    if blue_green:
        _validate_blue_green(blue_green)


def policy(config: DeploymentConfig) -> dict[str, Any]:
    """The deployment's policy."""
    found: dict[str, Any] = config.get("RollingUpdatePolicy") or config.get("BlueGreenUpdatePolicy") or _DEFAULT
    return found


def step(config: DeploymentConfig) -> tuple[str, Size] | None:
    """The member with the size of a step, and its value. None if all traffic shifts at once."""
    if "RollingUpdatePolicy" in config:
        return "MaximumBatchSize", config["RollingUpdatePolicy"]["MaximumBatchSize"]
    routing = policy(config)["TrafficRoutingConfiguration"]
    member = _SIZE_OF_TYPE.get(routing["Type"])
    return (member, routing[member]) if member else None


def alarm_names(config: DeploymentConfig) -> list[str]:
    """Names of the alarms that roll the deployment back."""
    return [alarm["AlarmName"] for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", [])]


def instances(size: Size, total: int) -> int:
    """Number of instances in a CapacitySize of `total`, at least one. AWS does not publish its rounding."""
    if size["Type"] == "INSTANCE_COUNT":
        return int(size["Value"])
    return max(1, total * int(size["Value"]) // 100)


def _validate_blue_green(policy: dict[str, Any]) -> None:
    routing = policy["TrafficRoutingConfiguration"]
    for routing_type, member in _SIZE_OF_TYPE.items():
        if (routing["Type"] == routing_type) != (member in routing):
            raise ValidationError(f"{member} is required for traffic routing type {routing_type}, and only for it.")
        if member in routing:
            _require_percent(member, routing[member])
    waits = routing["WaitIntervalInSeconds"] + policy.get("TerminationWaitInSeconds", 0)
    _require_longer_timeout(policy, "WaitIntervalInSeconds and TerminationWaitInSeconds", waits)


def _require_longer_timeout(policy: dict[str, Any], members: str, waits: int) -> None:
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    if timeout is not None and timeout <= waits:
        raise ValidationError(
            f"MaximumExecutionTimeoutInSeconds ({timeout}) must be larger than the total waiting time of "
            f"{members} ({waits})."
        )


def _require_percent(member: str, size: Size) -> None:
    lowest, highest = PERCENT_RANGES[member]
    if size["Type"] == "CAPACITY_PERCENT" and not lowest <= size["Value"] <= highest:
        raise ValidationError(
            f"{member} is {size['Value']} percent; it must be between {lowest} and {highest} percent of the variant's "
            "total instance count."
        )
