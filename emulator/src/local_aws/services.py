"""The AWS services that the local AWS extends, in the order in which they are installed."""

from __future__ import annotations

from typing import Protocol

from local_aws import (
    applicationautoscaling,
    awslambda,
    cloudformation,
    cloudwatch,
    dynamodb,
    events,
    iam,
    kms,
    logs,
    s3,
    sagemaker,
    sagemakerruntime,
    scheduler,
    sns,
    sqs,
    stepfunctions,
    sts,
    traffic,
    xray,
)


class Service(Protocol):
    """A package or module, named after the AWS service, whose `install()` extends moto."""

    def install(self) -> None: ...


SERVICES: tuple[Service, ...] = (
    iam,
    sts,
    s3,
    kms,
    sqs,
    sns,
    awslambda,
    logs,
    xray,
    cloudwatch,
    dynamodb,
    events,
    sagemaker,
    traffic,
    sagemakerruntime,
    applicationautoscaling,
    scheduler,
    stepfunctions,
    cloudformation,
)
