"""Rules of UpdateEndpoint for deployments with guardrails, and the endpoints without guardrails.

SageMaker developer guide: deployment-guardrails-exclusions, deployment-guardrails ("only apply to
Asynchronous inference and Real-time inference endpoint types"); API reference: TrafficRoutingConfig,
RollingUpdatePolicy. AWS publishes no messages; these are this package's own.
"""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker import alarms, deployment_config
from local_aws.sagemaker.deployment_config import DeploymentConfig
from local_aws.sagemaker.endpoints import Endpoint, Pending
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.variants import Variant


def excludes(endpoint: Endpoint, pending: Pending) -> bool:
    """Whether the endpoint is updated all at once without baking: AWS Marketplace containers and Inf1 instances."""
    return any(
        variant.is_from_marketplace or any(each.startswith("ml.inf1.") for each in variant.instance_types)
        for each in (endpoint, pending)
        for variant in (*each.variants, *each.shadow_variants)
    )


def require_allowed(backend: Backend, endpoint: Endpoint, pending: Pending, deployment: DeploymentConfig) -> None:
    """Check that a deployment with guardrails can replace the live variants by the pending ones.

    Raises
    ------
    ValidationError
        If a config is serverless, variant names change, a rolling deployment has several variants, a step is too
        large or too small for the fleet, or an alarm does not exist.
    """
    if "serverless" in (endpoint.config.kind, pending.config.kind):
        raise ValidationError(
            "Deployment guardrails only apply to asynchronous and real-time inference endpoints: DeploymentConfig "
            "cannot be specified for serverless endpoints."
        )
    _require_same_names(endpoint, pending)
    if "RollingUpdatePolicy" in deployment and len([*pending.variants, *pending.shadow_variants]) > 1:
        raise ValidationError("Rolling deployments do not support endpoints with multiple variants.")
    step = deployment_config.step(deployment)
    if step:
        for variant in pending.variants:
            _require_fitting_step(variant, *step)
    _require_alarms(backend, deployment)


def _require_same_names(endpoint: Endpoint, pending: Pending) -> None:
    old, new = ({variant.name for variant in each.variants} for each in (endpoint, pending))
    if old != new:
        raise ValidationError(
            f"The variant names of the new endpoint configuration ({_listed(new)}) must be those of the current one "
            f"({_listed(old)}) to update with a DeploymentConfig."
        )


def _require_fitting_step(variant: Variant, member: str, size: dict[str, Any]) -> None:
    lowest, highest = deployment_config.PERCENT_RANGES[member]
    total = variant.instance_count["Desired"]
    count = deployment_config.instances(size, total)
    too_few = size["Type"] == "INSTANCE_COUNT" and count * 100 < lowest * total
    if too_few or count * 100 > highest * total:
        raise ValidationError(
            f'{member} is {count} instance(s) of the {total} of variant "{variant.name}"; it must be between {lowest} '
            f"and {highest} percent of the variant's total instance count."
        )


def _require_alarms(backend: Backend, deployment: DeploymentConfig) -> None:
    missing = alarms.missing(backend, deployment_config.alarm_names(deployment))
    if missing:
        raise ValidationError(
            f"Could not find the CloudWatch alarm(s) {_listed(missing)} of AutoRollbackConfiguration."
        )


def _listed(names: set[str] | list[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))
