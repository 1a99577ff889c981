"""Endpoints on the local AWS, without Slipway, for the benchmarks."""

from __future__ import annotations

import io
import json
import tarfile
import time
from http.client import HTTPConnection
from typing import Any, ClassVar

from local_aws import ACCOUNT_ID, LocalAws

VARIANT = "AllTraffic"
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BUCKET = "bench-models"
_ROLE = "bench-models"
_POLL_SECONDS = 0.01
_TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
_RIGHTS = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}


def make_role(aws: LocalAws) -> None:
    """Create the execution role of the models. It may read every artifact."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [_TRUST]})
    rights = json.dumps({"Version": "2012-10-17", "Statement": [_RIGHTS]})
    iam = aws.client("iam")
    iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=_ROLE, PolicyName="models", PolicyDocument=rights)


def plain_python(aws: LocalAws, script: str, **environment: str) -> dict[str, Any]:
    """Upload a model of this script, which needs no packages; return its container definition."""
    s3 = aws.client("s3")
    if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=_archive(script))
    variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code", **environment}
    return {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz", "Environment": variables}


def make_config(aws: LocalAws, name: str, instances: int = 1, **container: Any) -> None:
    """Create a model and an endpoint config of this name."""
    sagemaker = aws.client("sagemaker")
    role_arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{_ROLE}"
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role_arn, PrimaryContainer=container)
    variant = {
        "VariantName": VARIANT,
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": instances,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])


def make_endpoint(aws: LocalAws, name: str, config: str) -> None:
    """Create an endpoint and wait until it is in service."""
    aws.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
    while aws.client("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating":
        time.sleep(_POLL_SECONDS)


class Caller:
    """Invokes an endpoint on a connection of its own, with boto3's headers but without its processor time."""

    def __init__(self, aws: LocalAws, endpoint: str, body: bytes) -> None:
        self._connection = HTTPConnection(aws.url.removeprefix("http://"))
        self._path, self._body = f"/endpoints/{endpoint}/invocations", body
        self._headers = _headers(aws, endpoint, body)

    def invoke(self) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._connection.request("POST", self._path, self._body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of the answer to a GET."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def _archive(script: str) -> bytes:
    archive, code = io.BytesIO(), script.encode()
    with tarfile.open(fileobj=archive, mode="w:gz") as folder:
        member = tarfile.TarInfo("code/inference.py")
        member.size = len(code)
        folder.addfile(member, io.BytesIO(code))
    return archive.getvalue()


def _headers(aws: LocalAws, endpoint: str, body: bytes) -> dict[str, str]:
    """The headers that boto3 sends, from a call that is answered before it is sent."""
    sent: dict[str, str] = {}
    runtime = aws.client("sagemaker-runtime")

    def keep(request: Any, **_: Any) -> Any:
        sent.update({name: _text(value) for name, value in request.headers.items()})
        return _Accepted()

    runtime.meta.events.register("before-send.sagemaker-runtime.InvokeEndpoint", keep)
    try:
        runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType="text/csv")
    finally:
        runtime.meta.events.unregister("before-send.sagemaker-runtime.InvokeEndpoint", keep)
    return sent


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Accepted:
    """The least that botocore needs of an answer."""

    status_code = 200
    headers: ClassVar[dict[str, str]] = {}
    content = b""
    raw = None
