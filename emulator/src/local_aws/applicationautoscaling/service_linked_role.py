"""The role with which Application Auto Scaling calls SageMaker.

User guide, application-auto-scaling-service-linked-roles: its managed policy permits changes of capacities.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import iam_backends

from local_aws.core import gateway, partition, principals

Backend = Any

NAME = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_PATH = f"/aws-service-role/{LINKED_SERVICE}/"
_POLICY = "policy/aws-service-role/AWSApplicationAutoscalingSageMakerEndpointPolicy"
_SESSION_NAME = "application-autoscaling"


def arn(account_id: str) -> str:
    """The role's ARN. It exists after the first registration in the account."""
    return f"arn:{partition.NAME}:iam::{account_id}:role{_PATH}{NAME}"


def session(backend: Backend) -> principals.Credentials:
    """Credentials of the role in the backend's account."""
    return principals.role_session(arn(backend.account_id), _SESSION_NAME)


def ensure(backend: Backend) -> None:
    """Create the role if it is missing.

    Raises
    ------
    AccessDenied
        If the caller may not create it.
    """
    iam = iam_backends[backend.account_id][backend.partition]
    if any(role.name == NAME for role in iam.roles.values()):
        return
    service = {"iam:AWSServiceName": LINKED_SERVICE}
    gateway.authorize(gateway.current().principal, "iam:CreateServiceLinkedRole", [arn(backend.account_id)], service)
    trust = {"Effect": "Allow", "Principal": {"Service": LINKED_SERVICE}, "Action": "sts:AssumeRole"}
    iam.create_role(
        NAME,
        json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        _PATH,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
        linked_service=LINKED_SERVICE,
    )
    iam.attach_role_policy(f"arn:{backend.partition}:iam::aws:{_POLICY}", NAME)
