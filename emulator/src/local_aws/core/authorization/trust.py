"""Whether an AWS service may act as a role: that is for the role's trust policy to say."""

from __future__ import annotations

from local_aws.core.authorization import Check, decide
from local_aws.core.principals import Principal


def may_assume(service: str, role_arn: str, source_arn: str) -> bool:
    """Whether `service` (``lambda.amazonaws.com``) may assume the role for the resource `source_arn`.

    A role that does not exist cannot be assumed.

    Raises
    ------
    local_aws.core.errors.NotModelledError
        When the trust policy has a condition that the emulator cannot judge.
    """
    principal = Principal(arn=service, service=service, source_arn=source_arn)
    region, account_id = source_arn.split(":")[3:5]
    return decide(Check(principal, "sts:AssumeRole", (role_arn,), region, account_id)).allowed
