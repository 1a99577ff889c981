"""The CloudWatch alarms that a deployment names: whether they exist, and what becomes of it when one trips.

SageMaker developer guide, deployment-guardrails-configuration.
"""

from __future__ import annotations

from moto.sagemaker.models import sagemaker_backends

from local_aws import cloudwatch
from local_aws.core import partition
from local_aws.core.operations import lock
from local_aws.sagemaker import names
from local_aws.sagemaker.names import Backend


def install() -> None:
    """Let alarms that trip roll deployments back."""
    cloudwatch.when_tripped(_tripped)


def arns(backend: Backend, alarm_names: list[str]) -> list[str]:
    """The ARNs of alarms in the backend's account and Region, whether or not they exist."""
    where = f"{backend.region_name}:{backend.account_id}"
    return [f"arn:{partition.NAME}:cloudwatch:{where}:alarm:{name}" for name in alarm_names]


def missing(backend: Backend, alarm_names: list[str]) -> list[str]:
    """Those that do not exist."""
    return [name for name in alarm_names if _state(backend, name) is None]


def tripped(backend: Backend, alarm_names: list[str]) -> list[str]:
    """Those that are in ``ALARM``."""
    return [name for name in alarm_names if _state(backend, name) == "ALARM"]


def _state(backend: Backend, name: str) -> str | None:
    return cloudwatch.state(backend.account_id, backend.region_name, name)


def _tripped(account_id: str, region: str, alarm_name: str) -> None:
    backend = sagemaker_backends[account_id][region]
    with lock:
        for endpoint in list(names.stored(backend, "endpoint").values()):
            if endpoint.pending and endpoint.pending.guarded:
                endpoint.pending.guarded.alarm_tripped(alarm_name)
