"""Lambda: functions run as processes of AWS's own runtime client, awslambdaric; no Docker is needed.

moto would start a container for each invocation.
"""

from __future__ import annotations

from local_aws.awslambda import api, configuration
from local_aws.awslambda.telemetry import telemetry
from local_aws.core import control


def install() -> None:
    """Run what is invoked, keep what is configured."""
    configuration.install()
    api.install()
    control.before_reading(telemetry.flush)
