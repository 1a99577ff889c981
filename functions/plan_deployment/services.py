"""The clients that planning needs."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.aws import Client


@dataclass(frozen=True)
class Services:
    """The clients.

    Made on demand: SSM for an approval, CloudWatch for an update or alarms, Step Functions where the lock is not free.
    """

    sagemaker: Client
    autoscaling: Client
    dynamodb: Client
    ssm: Callable[[], Client]
    cloudwatch: Callable[[], Client]
    states: Callable[[], Client]
