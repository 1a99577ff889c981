"""Lambda functions for tests: created through the API, from source text."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from local_aws import LocalAws

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def make_role(
    local_aws: LocalAws, name: str, *statements: dict[str, Any], service: str = "lambda.amazonaws.com"
) -> str:
    """Create a role of `service` with these statements as its policy; return its ARN."""
    iam = local_aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    if statements:
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=json.dumps(policy))
    return str(role["Role"]["Arn"])


def zipped(**files: str) -> bytes:
    """A zip archive of Python modules, by module name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        for name, source in files.items():
            folder.writestr(f"{name}.py", source)
    return archive.getvalue()


def make_function(local_aws: LocalAws, name: str, source: str, **options: Any) -> str:
    """Create a function with `app.handler` in `source`; return its ARN. Its default role has all rights."""
    role_arn = options.pop("Role", None) or make_role(local_aws, f"{name}-role", EVERYTHING)
    configuration = {
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Timeout": 20,
        "Code": {"ZipFile": zipped(app=source)},
        **options,
    }
    created = local_aws.client("lambda").create_function(FunctionName=name, Role=role_arn, **configuration)
    return str(created["FunctionArn"])


def invoke(local_aws: LocalAws, name: str, event: Any = None, **options: Any) -> Any:
    """The function's result or the error that it raised."""
    response = local_aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **options)
    return json.load(response["Payload"])
