"""Trust policies: whether an AWS service can assume a role."""

from __future__ import annotations

from local_aws.core.authorization import Check, decide
from local_aws.core.principals import Principal


def may_assume(service: str, role_arn: str, source_arn: str) -> bool:
    """Whether `service` (``lambda.amazonaws.com``) can assume the role for the resource `source_arn`.

    A missing role cannot be assumed.

    Raises
    ------
    local_aws.core.errors.NotModelledError
        If the trust policy has a condition that is not modelled.
    """
    principal = Principal(arn=service, service=service, source_arn=source_arn)
    region, account_id = source_arn.split(":")[3:5]
    return decide(Check(principal, "sts:AssumeRole", (role_arn,), region, account_id)).allowed
