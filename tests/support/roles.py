"""IAM roles for tests, in addition to the template's roles."""

import json
from typing import Any

from local_aws import LocalAws, session

Statement = dict[str, Any]


def document(*statements: Statement) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(iam: Any, name: str, principal: dict[str, Any], *statements: Statement) -> str:
    """Create a role that `principal` may assume, with one inline policy, and return its ARN."""
    trust = document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
    role_arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document(*statements))
    return role_arn


def client_of(aws: LocalAws, role_arn: str, service: str) -> Any:
    """A boto3 client with the permissions of a role."""
    credentials = aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="tester")["Credentials"]
    return session().client(
        service,
        region_name=aws.region,
        endpoint_url=aws.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
