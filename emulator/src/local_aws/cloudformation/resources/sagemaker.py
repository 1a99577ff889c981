"""AWS::SageMaker and AWS::ApplicationAutoScaling: models, endpoints, and their scaling."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    only,
    overwriting,
    put,
    retag,
    tag_list,
    tag_map,
    without,
)
from local_aws.core.clock import clock

_POLL_SECONDS = 30


def _retag(context: Context, arn: str, old: Properties, new: Properties) -> None:
    sagemaker = context.client("sagemaker")
    retag(
        old,
        new,
        lambda tags: sagemaker.add_tags(ResourceArn=arn, Tags=tag_list(tags)),
        lambda keys: sagemaker.delete_tags(ResourceArn=arn, TagKeys=keys),
    )


def _kind(name: str, operation: str, **more: Any) -> ResourceType:
    """A SageMaker type without update, whose ``Ref`` is its ARN; `name` as in ``ModelName``."""
    arn = name.removesuffix("Name") + "Arn"

    def made(properties: Properties, answer: Any) -> Provisioned:
        return Provisioned(answer[arn], {arn: answer[arn], name: properties[name]})

    def update(context: Context, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        _retag(context, physical_id, old, new)
        return Provisioned(physical_id, {arn: physical_id, name: new[name]})

    def delete(context: Context, _: str, properties: Properties) -> None:
        getattr(context.client("sagemaker"), f"delete_{operation}")(**only(properties, name))

    return ResourceType(
        create=put("sagemaker", f"create_{operation}", made),
        update=update,
        delete=delete,
        name=Name(name, longest=63),
        attributes=f"{arn} {name}",
        **more,
    )


def _create_endpoint(context: Context, properties: Properties) -> Provisioned:
    sagemaker, name = context.client("sagemaker"), properties["EndpointName"]
    request = only(properties, "EndpointName", "EndpointConfigName", "Tags", "DeploymentConfig")
    arn = sagemaker.create_endpoint(**request)["EndpointArn"]
    context.initiated(arn)
    return _in_service(sagemaker, name)


def _in_service(sagemaker: Any, name: str) -> Provisioned:
    """Wait until the endpoint is in service and describe it."""
    while True:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        status = endpoint["EndpointStatus"]
        if status == "InService":
            break
        if status in ("Failed", "OutOfService", "UpdateRollbackFailed"):
            raise ResourceError(f"Endpoint {name} is {status}: {endpoint.get('FailureReason', '')}")
        clock.sleep(_POLL_SECONDS)
    return Provisioned(endpoint["EndpointArn"], {"EndpointArn": endpoint["EndpointArn"], "EndpointName": name})


def _update_endpoint(context: Context, arn: str, old: Properties, new: Properties) -> Provisioned:
    sagemaker, name = context.client("sagemaker"), new["EndpointName"]
    if old["EndpointConfigName"] != new["EndpointConfigName"]:
        sagemaker.update_endpoint(**without(new, "Tags"))
        made = _in_service(sagemaker, name)
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        if endpoint["EndpointConfigName"] != new["EndpointConfigName"]:
            raise ResourceError(f"Endpoint {name} went back: {endpoint.get('FailureReason', '')}")
    else:
        made = Provisioned(arn, {"EndpointArn": arn, "EndpointName": name})
    _retag(context, arn, old, new)
    return made


def _delete_endpoint(context: Context, _: str, properties: Properties) -> None:
    sagemaker, name = context.client("sagemaker"), properties["EndpointName"]
    sagemaker.delete_endpoint(EndpointName=name)
    while _exists(sagemaker, name):
        clock.sleep(_POLL_SECONDS)


def _exists(sagemaker: Any, name: str) -> bool:
    try:
        sagemaker.describe_endpoint(EndpointName=name)
    except sagemaker.exceptions.ClientError as error:
        if "Could not find" in str(error):
            return False
        raise
    return True


_TARGET_KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


def _register(context: Context, properties: Properties) -> Provisioned:
    tags = {"Tags": tag_map(properties)} if properties.get("Tags") else {}
    request = {**without(properties, "ScheduledActions", "Tags"), **tags}
    context.client("application-autoscaling").register_scalable_target(**request)
    physical_id = "|".join((properties["ResourceId"], properties["ScalableDimension"], properties["ServiceNamespace"]))
    context.initiated(physical_id)
    _schedule(context, {}, properties)
    return Provisioned(physical_id, {"Id": physical_id})


def _schedule(context: Context, old: Properties, new: Properties) -> None:
    scaling, target = context.client("application-autoscaling"), only(new, *_TARGET_KEY)
    before, after = (
        {action["ScheduledActionName"]: action for action in each.get("ScheduledActions", [])} for each in (old, new)
    )
    for name, action in after.items():
        if before.get(name) != action:
            scaling.put_scheduled_action(**target, **action)
    for name in before:
        if name not in after:
            scaling.delete_scheduled_action(**target, ScheduledActionName=name)


def _update_target(context: Context, physical_id: str, old: Properties, new: Properties) -> Provisioned:
    scaling = context.client("application-autoscaling")
    answer = scaling.register_scalable_target(**without(new, "ScheduledActions", "Tags"))
    _schedule(context, old, new)
    arn = answer.get("ScalableTargetARN")
    retag(
        old,
        new,
        lambda tags: scaling.tag_resource(ResourceARN=arn, Tags=tags),
        lambda keys: scaling.untag_resource(ResourceARN=arn, TagKeys=keys),
    )
    return Provisioned(physical_id, {"Id": physical_id})


def _deregister(context: Context, _: str, properties: Properties) -> None:
    context.client("application-autoscaling").deregister_scalable_target(**only(properties, *_TARGET_KEY))


def _policy_request(properties: Properties) -> dict[str, Any]:
    """The request of a policy, whose target is three properties or the physical id of the target's resource."""
    if "ScalingTargetId" not in properties:
        return properties
    resource_id, dimension, namespace = properties["ScalingTargetId"].split("|")
    target = {"ResourceId": resource_id, "ScalableDimension": dimension, "ServiceNamespace": namespace}
    return {**without(properties, "ScalingTargetId"), **target}


def _policy(_: Properties, answer: Any) -> Provisioned:
    return Provisioned(answer["PolicyARN"], {"Arn": answer["PolicyARN"]})


def _delete_policy(context: Context, _: str, properties: Properties) -> None:
    request = only(_policy_request(properties), "PolicyName", *_TARGET_KEY)
    context.client("application-autoscaling").delete_scaling_policy(**request)


_put_policy = put("application-autoscaling", "put_scaling_policy", _policy, _policy_request)

TYPES: Types = {
    "AWS::SageMaker::Model": _kind(
        "ModelName",
        "model",
        properties="Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig ModelName "
        "PrimaryContainer Tags VpcConfig",
    ),
    "AWS::SageMaker::EndpointConfig": _kind(
        "EndpointConfigName",
        "endpoint_config",
        properties="AsyncInferenceConfig DataCaptureConfig EnableNetworkIsolation EndpointConfigName ExecutionRoleArn "
        "ExplainerConfig KmsKeyId ProductionVariants ShadowProductionVariants Tags VpcConfig",
    ),
    "AWS::SageMaker::ModelPackageGroup": _kind(
        "ModelPackageGroupName",
        "model_package_group",
        properties="ModelPackageGroupDescription ModelPackageGroupName Tags",
    ),
    "AWS::SageMaker::Endpoint": ResourceType(
        properties="DeploymentConfig EndpointConfigName EndpointName ExcludeRetainedVariantProperties "
        "RetainAllVariantProperties RetainDeploymentConfig Tags",
        create=_create_endpoint,
        update=_update_endpoint,
        delete=_delete_endpoint,
        name=Name("EndpointName", longest=63),
        attributes="EndpointArn EndpointName",
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": ResourceType(
        properties="MaxCapacity MinCapacity ResourceId RoleARN ScalableDimension ScheduledActions ServiceNamespace "
        "SuspendedState Tags",
        create=_register,
        update=_update_target,
        delete=_deregister,
        attributes="Id",
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ResourceType(
        properties="PolicyName PolicyType ResourceId ScalableDimension ScalingTargetId ServiceNamespace "
        "StepScalingPolicyConfiguration TargetTrackingScalingPolicyConfiguration",
        create=_put_policy,
        update=overwriting(_put_policy),
        delete=_delete_policy,
        attributes="Arn",
    ),
}
