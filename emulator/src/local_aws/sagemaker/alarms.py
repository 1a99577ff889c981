"""CloudWatch alarms of a deployment: which are missing, and the rollback when one trips.

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
    """Roll deployments back when their alarms trip."""
    cloudwatch.when_tripped(_on_alarm)


def arns(backend: Backend, alarm_names: list[str]) -> list[str]:
    """ARNs of alarms in the backend's account and Region. The alarms may be missing."""
    where = f"{backend.region_name}:{backend.account_id}"
    return [f"arn:{partition.NAME}:cloudwatch:{where}:alarm:{name}" for name in alarm_names]


def missing(backend: Backend, alarm_names: list[str]) -> list[str]:
    """The alarms that do not exist."""
    return [name for name in alarm_names if _state(backend, name) is None]


def tripped(backend: Backend, alarm_names: list[str]) -> list[str]:
    """The alarms in state ``ALARM``."""
    return [name for name in alarm_names if _state(backend, name) == "ALARM"]


def _state(backend: Backend, name: str) -> str | None:
    return cloudwatch.state(backend.account_id, backend.region_name, name)


def _on_alarm(account_id: str, region: str, alarm_name: str) -> None:
    backend = sagemaker_backends[account_id][region]
    with lock:
        for endpoint in list(names.stored(backend, "endpoint").values()):
            if endpoint.pending and endpoint.pending.guarded:
                endpoint.pending.guarded.alarm_tripped(alarm_name)
