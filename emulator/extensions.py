"""What extends moto, in the order in which it is installed: a module each, named for the AWS service."""

from __future__ import annotations

from typing import Protocol

from emulator import (
    applicationautoscaling,
    awslambda,
    cloudformation,
    cloudwatch,
    dynamodb,
    events,
    iam,
    key_policies,
    kms,
    logs,
    s3,
    sagemaker,
    sns,
    sqs,
    stepfunctions,
    sts,
    xray,
)


class Extension(Protocol):
    """A module with `install()`, which puts the extension into moto, once."""

    def install(self) -> None: ...


EXTENSIONS: tuple[Extension, ...] = (
    iam,
    sts,
    s3,
    kms,
    key_policies,
    sqs,
    sns,
    awslambda,
    logs,
    xray,
    cloudwatch,
    dynamodb,
    events,
    sagemaker,
    applicationautoscaling,
    stepfunctions,
    cloudformation,
)
