"""SageMaker hosting for tests: models, configs and endpoints, created through the API, and their clock."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws, session, until
from support.callers import allow
from support.functions import make_role

IMAGE = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/scoring:1"
ROLE_NAME = "hosting-models"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/{ROLE_NAME}"

BUCKET = "models-of-hosting"
ARTIFACT = f"s3://{BUCKET}/model.tar.gz"

Json = dict[str, Any]


def arn(resource: str) -> str:
    """A SageMaker ARN of the emulated account: ``arn("endpoint/name")``."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:{resource}"


@contextmanager
def refused(code: str, message: str) -> Iterator[None]:
    """Assert that the body's call is refused with exactly this code and message."""
    with pytest.raises(ClientError) as refusal:
        yield
    error = refusal.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)


@functools.cache
def unchecked_client(url: str, service: str) -> Any:
    """A boto3 client without botocore's own checks, so that the service's checks are tested."""
    return session().client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="administrator",
        aws_secret_access_key="local",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


class Hosting:
    """Common steps of tests of hosting."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.sagemaker = aws.client("sagemaker")
        self.runtime = aws.client("sagemaker-runtime")
        self.autoscaling = aws.client("application-autoscaling")
        self.unchecked = unchecked_client(aws.url, "sagemaker")
        self.unchecked_autoscaling = unchecked_client(aws.url, "application-autoscaling")

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Virtual time does not jump in the body, so that operations do not end."""
        self.aws.post("clock", {"mode": "real"})
        try:
            yield
        finally:
            self.aws.post("clock", {"mode": "virtual"})

    def script(self, endpoint_name: str, operation: str, outcome: str, **details: Any) -> None:
        self.aws.post(
            "sagemaker/outcomes",
            [{"endpointName": endpoint_name, "operation": operation, "outcome": outcome, **details}],
        )

    def answer(self, endpoint_name: str, body: Any = "answered", **details: Any) -> None:
        """Set the answer of the endpoint's variants."""
        self.aws.post("sagemaker/answers", [{"endpointName": endpoint_name, "body": body, **details}])

    def invoke(self, endpoint_name: str, body: bytes = b"1,2", **details: Any) -> Json:
        """Invoke the endpoint; return the answer with its body as text."""
        answer: Json = self.runtime.invoke_endpoint(EndpointName=endpoint_name, Body=body, **details)
        return {**answer, "Body": answer["Body"].read().decode()}

    def model(self, name: str, **changes: Any) -> str:
        request: Json = {"ModelName": name, "ExecutionRoleArn": ROLE_ARN, "PrimaryContainer": {"Image": IMAGE}}
        self.sagemaker.create_model(**{**request, **changes})
        return name

    def store(self, key: str, bucket: str = BUCKET, **options: Any) -> str:
        """Store an object in the bucket; return its address."""
        self.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"model", **options)
        return f"s3://{bucket}/{key}"

    def variant(self, model: str, name: str = "AllTraffic", **changes: Any) -> Json:
        variant: Json = {"VariantName": name, "ModelName": model, "InstanceType": "ml.m5.large"}
        return {**variant, "InitialInstanceCount": 1, **changes}

    def serverless_variant(self, model: str, **changes: Any) -> Json:
        serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 10, **changes}
        return {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": serverless}

    def config(self, name: str, *variants: Json, **changes: Any) -> str:
        """Create an endpoint config, by default with one variant of a new model."""
        given = list(variants) or [self.variant(self.model(f"{name}-model"))]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=given, **changes)
        return name

    def endpoint(self, name: str, *variants: Json, **changes: Any) -> str:
        """Create an endpoint on the config `<name>-1` and wait until it is in service."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=self.config(f"{name}-1", *variants))
        self.wait(name)
        return name

    def describe(self, name: str) -> Json:
        described: Json = self.sagemaker.describe_endpoint(EndpointName=name)
        return described

    def status(self, name: str) -> str:
        return str(self.describe(name)["EndpointStatus"])

    def wait(self, name: str, status: str = "InService") -> Json:
        """Wait for the status; return DescribeEndpoint's answer."""
        until(lambda: self.status(name) == status)
        return self.describe(name)

    def exists(self, name: str) -> bool:
        found = self.sagemaker.list_endpoints(NameContains=name, MaxResults=100)["Endpoints"]
        return any(endpoint["EndpointName"] == name for endpoint in found)

    def scale(self, name: str, count: int, variant: str = "AllTraffic") -> None:
        """Set the variant's instance count, and wait until it is current."""
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": variant, "DesiredInstanceCount": count}]
        )
        self.wait(name)

    def register(self, name: str, minimum: int = 1, maximum: int = 4, variant: str = "AllTraffic") -> Json:
        """Register a variant's instance count as scalable target; return the target's identity."""
        target = instances_of(name, variant)
        self.autoscaling.register_scalable_target(**target, MinCapacity=minimum, MaxCapacity=maximum)
        return target


def instances_of(endpoint_name: str, variant: str = "AllTraffic") -> Json:
    """Identity of the scalable target of a variant's instance count."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint_name}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def make_hosting(aws: LocalAws) -> Hosting:
    """Hosting, with an artifact and a role of its models that may read every artifact."""
    make_role(aws, ROLE_NAME, allow(["s3:GetObject", "s3:ListBucket"]), service="sagemaker.amazonaws.com")
    make_bucket(aws, BUCKET)
    hosting = Hosting(aws)
    hosting.store("model.tar.gz")
    return hosting


def make_bucket(aws: LocalAws, name: str, region: str = REGION) -> str:
    """Create a bucket in a Region; return its name."""
    s3 = session().client(
        "s3", region_name=region, endpoint_url=aws.url, aws_access_key_id="a", aws_secret_access_key="b"
    )
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return name
