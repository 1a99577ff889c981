"""Lambda: functions run as processes of AWS's runtime client, awslambdaric, without Docker.

moto would start a container for each invocation.
"""

from __future__ import annotations

from local_aws.awslambda import api, configuration
from local_aws.awslambda.telemetry import telemetry
from local_aws.core import control


def install() -> None:
    """Replace moto's configuration and invocation of functions."""
    configuration.install()
    api.install()
    control.before_reading(telemetry.flush)
