"""The clients that planning needs."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.aws import Client


@dataclass(frozen=True)
class Services:
    """The clients; SSM only for an approval, CloudWatch not for a creation without alarms: made on demand."""

    sagemaker: Client
    autoscaling: Client
    dynamodb: Client
    ssm: Callable[[], Client]
    cloudwatch: Callable[[], Client]
