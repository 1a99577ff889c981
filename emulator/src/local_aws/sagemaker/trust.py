"""Execution roles: whether SageMaker can assume them."""

from __future__ import annotations

from local_aws.core.authorization.trust import may_assume
from local_aws.sagemaker.names import ValidationError

_SERVICE = "sagemaker.amazonaws.com"


def require_assumable(role_arn: str, resource_arn: str) -> None:
    """Check that SageMaker can assume the role for a resource.

    Raises
    ------
    ValidationError
        If the role does not exist or its trust policy does not allow it.
    """
    if not may_assume(_SERVICE, role_arn, resource_arn):
        raise ValidationError(
            f'The execution role ARN "{role_arn}" is invalid. Please ensure that the role exists and that its trust '
            f'relationship policy allows the action "sts:AssumeRole" for the service principal "{_SERVICE}".'
        )
