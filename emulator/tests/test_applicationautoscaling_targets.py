"""Scalable targets of SageMaker variants: valid registrations, and their effect on the variant."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, until
from support.hosting import Hosting, instances_of, refused

CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension"


def register(hosting: Hosting, target: dict[str, Any], **changes: Any) -> str:
    request = {"MinCapacity": 1, "MaxCapacity": 4, **target, **changes}
    return str(hosting.autoscaling.register_scalable_target(**request)["ScalableTargetARN"])


def described(hosting: Hosting, target: dict[str, Any]) -> dict[str, Any]:
    (found,) = hosting.autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker",
        ResourceIds=[target["ResourceId"]],
        ScalableDimension=target["ScalableDimension"],
    )["ScalableTargets"]
    return dict(found)


@pytest.fixture(scope="module")
def scaled(hosting: Hosting) -> str:
    return hosting.endpoint("Scaled")


def test_a_target_is_described_with_the_service_linked_role_and_nothing_suspended(
    hosting: Hosting, scaled: str
) -> None:
    target = instances_of(scaled)

    registered = register(hosting, target, MinCapacity=1, MaxCapacity=3)

    found = described(hosting, target)
    assert (found["MinCapacity"], found["MaxCapacity"], found["ScalableTargetARN"]) == (1, 3, registered)
    assert registered.startswith(f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT_ID}:scalable-target/")
    assert found["RoleARN"] == (
        f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    )
    assert found["SuspendedState"] == {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }


def test_registering_again_changes_only_the_given_members(hosting: Hosting, scaled: str) -> None:
    target = instances_of(scaled)
    first = register(hosting, target, MinCapacity=1, MaxCapacity=3)

    second = hosting.autoscaling.register_scalable_target(
        **target, MaxCapacity=6, SuspendedState={"ScheduledScalingSuspended": True}
    )

    found = described(hosting, target)
    assert second["ScalableTargetARN"] == first
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 6)
    assert found["SuspendedState"]["ScheduledScalingSuspended"] is True
    assert found["SuspendedState"]["DynamicScalingInSuspended"] is False


@pytest.mark.parametrize(("count", "bounds", "scaled_to"), [(1, (2, 4), 2), (4, (1, 3), 3), (2, (1, 3), 2)])
def test_the_live_count_is_scaled_into_the_bounds(
    hosting: Hosting, count: int, bounds: tuple[int, int], scaled_to: int
) -> None:
    name = f"bounded-{count}"
    hosting.endpoint(name, hosting.variant(hosting.model(f"{name}-model"), InitialInstanceCount=count))
    before = hosting.describe(name)["LastModifiedTime"]

    register(hosting, instances_of(name), MinCapacity=bounds[0], MaxCapacity=bounds[1])

    endpoint = hosting.wait(name)
    (variant,) = endpoint["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (scaled_to, scaled_to)
    assert (endpoint["LastModifiedTime"] == before) == (count == scaled_to)


def test_the_count_of_an_endpoint_does_not_change_during_an_update(hosting: Hosting) -> None:
    hosting.endpoint("inactive")
    hosting.script("inactive", "update", "never_finishes")
    hosting.sagemaker.update_endpoint(EndpointName="inactive", EndpointConfigName="inactive-1")

    register(hosting, instances_of("inactive"), MinCapacity=2)

    (variant,) = hosting.describe("inactive")["ProductionVariants"]
    assert variant["DesiredInstanceCount"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ResourceId": "endpoint/Scaled"}, UNSUPPORTED),
        ({"ResourceId": "variant/AllTraffic/endpoint/Scaled"}, UNSUPPORTED),
        ({"ScalableDimension": "ecs:service:DesiredCount"}, UNSUPPORTED),
        (
            {"ResourceId": "endpoint/scaled/variant/AllTraffic"},
            "SageMaker resource does not exist: endpoint/scaled/variant/AllTraffic",
        ),
        (
            {"ResourceId": "endpoint/Scaled/variant/Other"},
            "SageMaker resource does not exist: endpoint/Scaled/variant/Other",
        ),
        (
            {
                "ResourceId": "inference-component/none",
                "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
            },
            "SageMaker resource does not exist: inference-component/none",
        ),
        ({"ScalableDimension": CONCURRENCY}, 'The variant "AllTraffic" has no provisioned concurrency to scale.'),
        ({"MinCapacity": 0}, "Minimum capacity must be at least 1 for this resource."),
        ({"MinCapacity": 5}, "Maximum capacity cannot be less than minimum capacity"),
    ],
)
def test_an_invalid_target_is_refused(hosting: Hosting, scaled: str, change: dict[str, Any], message: str) -> None:
    with refused("ValidationException", message):
        register(hosting, {**instances_of(scaled), **change})


@pytest.mark.parametrize("missing", ["MinCapacity", "MaxCapacity"])
def test_a_new_target_needs_both_bounds(hosting: Hosting, missing: str) -> None:
    name = f"unbounded-{missing[:3].lower()}"
    hosting.endpoint(name)
    request = {**instances_of(name), "MinCapacity": 1, "MaxCapacity": 2}
    del request[missing]

    with refused("ValidationException", f"{missing} is required when registering a new scalable target."):
        hosting.autoscaling.register_scalable_target(**request)


def test_a_variant_of_an_endpoint_in_creation_cannot_be_registered(hosting: Hosting) -> None:
    hosting.config("unborn-1")
    hosting.script("unborn", "create", "never_finishes")
    hosting.sagemaker.create_endpoint(EndpointName="unborn", EndpointConfigName="unborn-1")

    message = "SageMaker resource does not exist: endpoint/unborn/variant/AllTraffic"
    with refused("ValidationException", message):
        register(hosting, instances_of("unborn"))


def test_a_burstable_instance_type_is_refused(hosting: Hosting) -> None:
    hosting.endpoint("bursting", hosting.variant(hosting.model("bursting-model"), InstanceType="ml.t2.medium"))

    message = (
        "You cannot register a variant with ml.t2.medium instance type as a scalable target. This is because the "
        "burstable performance of these instances can lead to unpredictable behavior with Auto Scaling."
    )
    with refused("ValidationException", message):
        register(hosting, instances_of("bursting"))


def test_trainium_is_not_burstable(hosting: Hosting) -> None:
    hosting.endpoint("trainium", hosting.variant(hosting.model("trainium-model"), InstanceType="ml.trn1.2xlarge"))

    register(hosting, instances_of("trainium"))

    assert described(hosting, instances_of("trainium"))["MaxCapacity"] == 4


def test_a_serverless_variant_scales_provisioned_concurrency_and_not_instances(hosting: Hosting) -> None:
    variant = hosting.serverless_variant(hosting.model("provisioned-model"), ProvisionedConcurrency=1)
    hosting.endpoint("provisioned", variant)
    target = {**instances_of("provisioned"), "ScalableDimension": CONCURRENCY}

    register(hosting, target, MinCapacity=3, MaxCapacity=5)

    (live,) = hosting.wait("provisioned")["ProductionVariants"]
    assert live["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 3
    with refused("ValidationException", f'The serverless variant "AllTraffic" has no instances; scale {CONCURRENCY}.'):
        register(hosting, instances_of("provisioned"))


def test_an_asynchronous_variant_can_have_no_instances(hosting: Hosting) -> None:
    variant = hosting.variant(hosting.model("drained-model"))
    hosting.config("drained-1", variant, AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://out/put"}})
    hosting.sagemaker.create_endpoint(EndpointName="drained", EndpointConfigName="drained-1")
    hosting.wait("drained")

    register(hosting, instances_of("drained"), MinCapacity=0)

    assert described(hosting, instances_of("drained"))["MinCapacity"] == 0


def test_constraints_of_the_api_model_are_checked(hosting: Hosting, scaled: str) -> None:
    request = {**instances_of(scaled), "ScalableDimension": "sagemaker:variant:Size", "MinCapacity": 1}

    with pytest.raises(ClientError) as refusal:
        hosting.unchecked_autoscaling.register_scalable_target(**request)

    error = refusal.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith(
        "1 validation error detected: Value 'sagemaker:variant:Size' at 'scalableDimension' failed to satisfy "
        "constraint: Member must satisfy enum value set: ["
    )


def test_tags_are_set_at_creation_and_changed_by_the_tag_operations(hosting: Hosting) -> None:
    hosting.endpoint("labelled")
    target = instances_of("labelled")
    registered = register(hosting, target, Tags={"team": "a", "cost": "1"})

    with refused(
        "ValidationException",
        "Tags can only be specified when a scalable target is created. Use TagResource instead.",
    ):
        register(hosting, target, Tags={"team": "b"})
    hosting.autoscaling.tag_resource(ResourceARN=registered, Tags={"team": "b"})
    hosting.autoscaling.untag_resource(ResourceARN=registered, TagKeys=["cost"])

    assert hosting.autoscaling.list_tags_for_resource(ResourceARN=registered)["Tags"] == {"team": "b"}
    unknown = registered.rsplit("/", 1)[0] + "/unknown"
    with refused("ResourceNotFoundException", f"The specified resource doesn't exist: {unknown}"):
        hosting.autoscaling.list_tags_for_resource(ResourceARN=unknown)


def test_a_resource_filter_needs_a_dimension(hosting: Hosting) -> None:
    with refused("ValidationException", "ResourceIds must be specified when ScalableDimension is specified"):
        hosting.autoscaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ScalableDimension="sagemaker:variant:DesiredInstanceCount"
        )


def test_deregistering_deletes_policies_alarms_and_scheduled_actions(hosting: Hosting) -> None:
    hosting.endpoint("forgotten")
    target = hosting.register("forgotten")
    hosting.autoscaling.put_scaling_policy(
        **target,
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 100.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    )
    hosting.autoscaling.put_scheduled_action(
        **target, ScheduledActionName="nightly", Schedule="rate(1 day)", ScalableTargetAction={"MinCapacity": 1}
    )

    hosting.autoscaling.deregister_scalable_target(**target)

    of_resource = {"ServiceNamespace": "sagemaker", "ResourceId": target["ResourceId"]}
    assert hosting.autoscaling.describe_scaling_policies(**of_resource)["ScalingPolicies"] == []
    assert hosting.autoscaling.describe_scheduled_actions(**of_resource)["ScheduledActions"] == []
    alarms = hosting.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"TargetTracking-{target['ResourceId']}")
    assert alarms["MetricAlarms"] == []
    with refused(
        "ObjectNotFoundException",
        "No scalable target found for service namespace: sagemaker, resource ID: "
        "endpoint/forgotten/variant/AllTraffic, scalable dimension: sagemaker:variant:DesiredInstanceCount",
    ):
        hosting.autoscaling.deregister_scalable_target(**target)


def test_deleting_an_endpoint_deregisters_its_targets(hosting: Hosting) -> None:
    hosting.endpoint("going")
    target = hosting.register("going")
    hosting.aws.delete("calls")

    hosting.sagemaker.delete_endpoint(EndpointName="going")

    found = hosting.autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
    )
    assert found["ScalableTargets"] == []
    actions = [call["action"] for call in hosting.aws.get("calls") if call["operation"] == "DeleteEndpoint"]
    assert actions == ["sagemaker:DeleteEndpoint", "application-autoscaling:DeregisterScalableTarget"]
    until(lambda: not hosting.exists("going"))


def test_moto_answers_for_other_service_namespaces(hosting: Hosting) -> None:
    target = {
        "ServiceNamespace": "lambda",
        "ResourceId": "function:f:alias",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    hosting.autoscaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)

    (found,) = hosting.autoscaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]

    assert found["ResourceId"] == "function:f:alias"
