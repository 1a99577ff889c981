"""DeploymentConfig of CreateEndpoint and UpdateEndpoint: checked, and refused where its stages are not modelled.

SageMaker developer guide, deployment-guardrails-configuration; API reference, DeploymentConfig.
"""

from __future__ import annotations

from typing import Any

from emulator.errors import NotModelledError
from emulator.sagemaker.names import ValidationError

DeploymentConfig = dict[str, Any]

# API reference: TrafficRoutingConfig, RollingUpdatePolicy. Percent of the variant's instance count.
_PERCENT_RANGES = {"CanarySize": (1, 50), "LinearStepSize": (10, 50), "MaximumBatchSize": (5, 50)}
_SIZE_OF_TYPE = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}


def require_sound(config: DeploymentConfig) -> None:
    """Raise unless the parts of a DeploymentConfig go together.

    Raises
    ------
    ValidationError
        When it has two policies, lacks the size of its type, or has a size or timeout out of range.
    """
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise ValidationError("Specify only one of BlueGreenUpdatePolicy and RollingUpdatePolicy.")
    if rolling:
        _require_percent("MaximumBatchSize", rolling["MaximumBatchSize"])
    if blue_green:
        _require_sound_blue_green(blue_green)


def require_modelled(config: DeploymentConfig) -> None:
    """Raise unless the emulator plays the deployment as AWS would.

    Raises
    ------
    NotModelledError
        When the traffic shifts in steps, or alarms may roll it back.
    """
    if "RollingUpdatePolicy" in config:
        raise NotModelledError("rolling deployments")
    routing = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    if routing.get("Type", "ALL_AT_ONCE") != "ALL_AT_ONCE":
        raise NotModelledError(f"{routing['Type']} traffic shifting")
    if config.get("AutoRollbackConfiguration", {}).get("Alarms"):
        raise NotModelledError("alarms that roll a deployment back")


def waiting_seconds(config: DeploymentConfig) -> int:
    """Seconds that an all-at-once deployment spends baking and before the old fleet ends."""
    policy = config.get("BlueGreenUpdatePolicy", {})
    baking: int = policy.get("TrafficRoutingConfiguration", {}).get("WaitIntervalInSeconds", 0)
    termination: int = policy.get("TerminationWaitInSeconds", 0)
    return baking + termination


def _require_sound_blue_green(policy: DeploymentConfig) -> None:
    routing = policy["TrafficRoutingConfiguration"]
    for routing_type, member in _SIZE_OF_TYPE.items():
        if (routing["Type"] == routing_type) != (member in routing):
            raise ValidationError(f"{member} is required for traffic routing type {routing_type}, and only for it.")
        if member in routing:
            _require_percent(member, routing[member])
    waits = waiting_seconds({"BlueGreenUpdatePolicy": policy})
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    if timeout is not None and timeout <= waits:
        raise ValidationError(
            f"MaximumExecutionTimeoutInSeconds ({timeout}) must be larger than the total waiting time of "
            f"WaitIntervalInSeconds and TerminationWaitInSeconds ({waits})."
        )


def _require_percent(member: str, size: dict[str, Any]) -> None:
    lowest, highest = _PERCENT_RANGES[member]
    if size["Type"] == "CAPACITY_PERCENT" and not lowest <= size["Value"] <= highest:
        raise ValidationError(
            f"{member} is {size['Value']} percent; it must be between {lowest} and {highest} percent of the variant's "
            "total instance count."
        )
