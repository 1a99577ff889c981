from typing import Any

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.hosting import IMAGE, ROLE_ARN, Hosting
from support.stacks import StackOf


def text(model: str = "one", capacity: int = 4) -> str:
    return f"""
M:
  Type: AWS::SageMaker::Model
  Properties:
    ExecutionRoleArn: {ROLE_ARN}
    PrimaryContainer: {{Image: '{IMAGE}', Environment: {{WHICH: {model}}}}}
    Tags: [{{Key: own, Value: m}}]
C:
  Type: AWS::SageMaker::EndpointConfig
  Properties:
    ProductionVariants:
      - ModelName: !GetAtt M.ModelName
        VariantName: AllTraffic
        InstanceType: ml.m5.large
        InitialInstanceCount: 1
        InitialVariantWeight: 1.0
E: {{Type: AWS::SageMaker::Endpoint, Properties: {{EndpointConfigName: !GetAtt C.EndpointConfigName}}}}
T:
  Type: AWS::ApplicationAutoScaling::ScalableTarget
  Properties:
    ServiceNamespace: sagemaker
    ScalableDimension: sagemaker:variant:DesiredInstanceCount
    ResourceId: !Sub endpoint/${{E.EndpointName}}/variant/AllTraffic
    MinCapacity: 1
    MaxCapacity: {capacity}
P:
  Type: AWS::ApplicationAutoScaling::ScalingPolicy
  Properties:
    PolicyName: invocations
    PolicyType: TargetTrackingScaling
    ScalingTargetId: !Ref T
    TargetTrackingScalingPolicyConfiguration:
      TargetValue: 5000
      PredefinedMetricSpecification: {{PredefinedMetricType: SageMakerVariantInvocationsPerInstance}}
"""


def test_an_endpoint_is_created_scaled_updated_and_deleted(local_aws: LocalAws, hosting: Hosting) -> None:
    stack, sagemaker = StackOf(local_aws, "endpoint"), local_aws.client("sagemaker")
    scaling = local_aws.client("application-autoscaling")

    assert stack.create(text()) == "CREATE_COMPLETE", stack.failures

    name = stack["T"].split("/")[1]
    assert stack["E"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:endpoint/{name.lower()}"
    assert stack["M"].startswith(f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:model/endpoint-")
    endpoint = sagemaker.describe_endpoint(EndpointName=name)
    config = endpoint["EndpointConfigName"]
    assert endpoint["EndpointStatus"] == "InService"
    resource_id = f"endpoint/{name}/variant/AllTraffic"
    assert stack["T"] == f"{resource_id}|sagemaker:variant:DesiredInstanceCount|sagemaker"
    targets: Any = {"ServiceNamespace": "sagemaker", "ResourceIds": [resource_id]}
    (target,) = scaling.describe_scalable_targets(**targets)["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=resource_id)[
        "ScalingPolicies"
    ]
    assert policy["PolicyARN"] == stack["P"]
    assert stack.update(text("two", capacity=7)) == "UPDATE_COMPLETE", stack.failures
    assert stack["E"].endswith(name.lower())
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] != config
    assert config not in [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    (target,) = scaling.describe_scalable_targets(**targets)["ScalableTargets"]
    assert target["MaxCapacity"] == 7
    assert stack.delete() == "DELETE_COMPLETE", stack.failures
    assert name not in [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]


def test_a_failed_endpoint_fails_its_stack(local_aws: LocalAws, hosting: Hosting) -> None:
    hosting.script("failing-endpoint", "create", "fails")
    stack = StackOf(local_aws, "endpoint-fails")

    stack.create(
        text().replace("Properties: {EndpointConfig", "Properties: {EndpointName: failing-endpoint, EndpointConfig")
    )

    assert stack.status == "ROLLBACK_COMPLETE"
    assert stack.reason("E", "CREATE_FAILED").startswith("Endpoint failing-endpoint is Failed: ")
    endpoints = local_aws.client("sagemaker").list_endpoints()["Endpoints"]
    assert "failing-endpoint" not in [each["EndpointName"] for each in endpoints]


def test_a_model_package_group_is_created(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "groups")

    stack.create("G: {Type: AWS::SageMaker::ModelPackageGroup, Properties: {ModelPackageGroupName: groups}}")

    assert stack["G"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:model-package-group/groups"
    assert stack.delete() == "DELETE_COMPLETE"
