"""Endpoints whose answers a test sets, real-time and asynchronous ones."""

from typing import Any

from local_aws import LocalAws
from tests.support.deployment import Slipway
from tests.support.roles import make_role

STORING_MODEL = "stores-answers"
GOLDEN: dict[str, Any] = {
    "name": "golden",
    "body": {"instances": [[5.1, 3.5, 1.4, 0.2]]},
    "expect": {"equals": {"/predictions/0/predicted_class": "setosa"}},
}
SETOSA = {"predictions": [{"predicted_class": "setosa"}]}
VIRGINICA = {"predictions": [{"predicted_class": "virginica"}]}


def set_answer(slipway: Slipway, endpoint_name: str, body: Any, **members: Any) -> None:
    """Set the answer of the endpoint, or of its variant in `variantName`."""
    slipway.aws.post("sagemaker/answers", [{"endpointName": endpoint_name, "body": body, **members}])


def asynchronous(slipway: Slipway, endpoint_name: str, **test: Any) -> dict[str, Any]:
    """Request for a tested asynchronous endpoint that stores its answers in the stack's bucket."""
    bucket = slipway.outputs["ArtifactBucketName"]
    paths = {"S3OutputPath": f"s3://{bucket}/answers/", "S3FailurePath": f"s3://{bucket}/failures/"}
    variant = {
        "VariantName": "A",
        "ModelName": _storing_model(slipway.aws),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    return {
        "endpointName": endpoint_name,
        "productionVariants": [variant],
        "asyncInferenceConfig": {"OutputConfig": paths},
        "test": [GOLDEN | test],
    }


def _storing_model(aws: LocalAws) -> str:
    """Create a model whose role may read and write S3, once; return its name."""
    sagemaker = aws.client("sagemaker")
    if not sagemaker.list_models(NameContains=STORING_MODEL)["Models"]:
        may = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
        role_arn = make_role(aws.client("iam"), STORING_MODEL, {"Service": "sagemaker.amazonaws.com"}, may)
        container = {"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/model:latest"}
        sagemaker.create_model(ModelName=STORING_MODEL, ExecutionRoleArn=role_arn, PrimaryContainer=container)
    return STORING_MODEL
