"""The stack's own bucket for artifacts and the execution role of the models in it."""

import pytest

from tests.support.deployment import Slipway

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/scoring:1"


@pytest.mark.parametrize(
    ("action", "resource", "decision"),
    [
        ("s3:GetObject", "{bucket}/churn/model.tar.gz", "allowed"),
        ("s3:ListBucket", "{bucket}", "allowed"),
        ("s3:PutObject", "{bucket}/captures/churn/AllTraffic/1.jsonl", "allowed"),
        ("s3:PutObject", "{bucket}/churn/model.tar.gz", "implicitDeny"),
        ("s3:DeleteObject", "{bucket}/captures/churn/AllTraffic/1.jsonl", "implicitDeny"),
        ("s3:GetObject", "arn:aws:s3:::other-bucket/model.tar.gz", "implicitDeny"),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/e:*", "allowed"),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/slipway:*", "implicitDeny"),
        ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:123456789012:repository/scoring", "allowed"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/other", "implicitDeny"),
    ],
)
def test_the_role_of_models_may_do_what_serving_needs_and_nothing_else(
    slipway: Slipway, action: str, resource: str, decision: str
) -> None:
    arn = resource.format(bucket=f"arn:aws:s3:::{slipway.outputs['ArtifactBucketName']}")

    answer = slipway.aws.client("iam").simulate_principal_policy(
        PolicySourceArn=slipway.outputs["ModelExecutionRoleArn"], ActionNames=[action], ResourceArns=[arn]
    )

    assert [each["EvalDecision"] for each in answer["EvaluationResults"]] == [decision]


def test_a_model_in_the_bucket_is_created_with_the_role_of_the_stack(slipway: Slipway) -> None:
    bucket, role = slipway.outputs["ArtifactBucketName"], slipway.outputs["ModelExecutionRoleArn"]
    slipway.aws.client("s3").put_object(Bucket=bucket, Key="own/model.tar.gz", Body=b"model")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/own/model.tar.gz"}

    slipway.aws.client("sagemaker").create_model(
        ModelName="in-the-own-bucket", ExecutionRoleArn=role, PrimaryContainer=container
    )

    described = slipway.aws.client("sagemaker").describe_model(ModelName="in-the-own-bucket")
    assert described["ExecutionRoleArn"] == role


def test_the_stack_may_pass_the_role_to_sagemaker(slipway: Slipway) -> None:
    entry = {"ContextKeyName": "iam:PassedToService", "ContextKeyType": "string"}
    decisions = {
        service: slipway.aws.client("iam").simulate_principal_policy(
            PolicySourceArn=slipway.outputs["DeployEndpointRoleArn"],
            ActionNames=["iam:PassRole"],
            ResourceArns=[slipway.outputs["ModelExecutionRoleArn"]],
            ContextEntries=[{**entry, "ContextKeyValues": [service]}],
        )["EvaluationResults"][0]["EvalDecision"]
        for service in ("sagemaker.amazonaws.com", "lambda.amazonaws.com")
    }

    assert decisions == {"sagemaker.amazonaws.com": "allowed", "lambda.amazonaws.com": "implicitDeny"}
