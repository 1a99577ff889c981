"""Updates, restored deployments, and requests without changes."""

from local_aws import until
from tests.support.alarms import make_alarm
from tests.support.deployment import Run, Slipway
from tests.support.scaling import INVOCATIONS, ExternalScaling, tracking
from tests.support.scenarios.catalogue import endpoint, newer, request, scenario
from tools import stack


@scenario
def update(slipway: Slipway) -> Run:
    slipway.deploy(request("update"))
    return slipway.deploy(newer("update"))


@scenario
def sagemaker_rolls_back_update(slipway: Slipway) -> Run:
    slipway.deploy(request("sagemaker_rolls_back_update"))
    slipway.outcome(endpoint("sagemaker_rolls_back_update"), "update", "rolls_back")
    return slipway.deploy(newer("sagemaker_rolls_back_update"))


@scenario
def update_is_refused(slipway: Slipway) -> Run:
    """SageMaker refuses every attempt of the update and carries out none."""
    name = endpoint("update_is_refused")
    slipway.deploy(request("update_is_refused"))
    met = {"principal": "DeployEndpointRole", "match": {"EndpointName": name}}
    slipway.fault("sagemaker", "UpdateEndpoint", "ValidationException", "The role cannot be assumed", **met)
    return slipway.deploy(newer("update_is_refused"))


@scenario
def update_with_alarms(slipway: Slipway) -> Run:
    alarm = make_alarm(slipway.aws.client("cloudwatch"), endpoint("update_with_alarms"))
    slipway.deploy(request("update_with_alarms"))
    return slipway.deploy({**newer("update_with_alarms"), "alarms": [alarm]})


@scenario
def update_is_rolled_back(slipway: Slipway) -> Run:
    """Three variants have external scaling; the last policy is refused, and a scheduled action is deleted meanwhile."""
    name = endpoint("update_is_rolled_back")
    (variant,) = request("update_is_rolled_back")["productionVariants"]
    variants = [{**variant, "VariantName": each} for each in "ABC"]
    slipway.deploy({"endpointName": name, "productionVariants": variants})
    others = [ExternalScaling(slipway, name, each) for each in "ABC"]
    for each in others:
        each.register(1, 2)
    others[0].track("by-hand", tracking(INVOCATIONS, 11))
    others[0].schedule("office-hours")
    refused = {"ResourceId": f"endpoint/{name}/variant/C"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no", match=refused)
    wanted = request(
        "update_is_rolled_back", productionVariants=[{**each, "ModelName": f"{name}-2"} for each in variants]
    )
    stack.make_models(slipway.aws, wanted)
    with slipway.recorded() as finish:
        with slipway.real_time():
            arn = slipway.start(wanted)
            until(lambda: slipway.entered(arn, "Check endpoint"))
            others[0].unschedule("office-hours")
        return finish(arn)


@scenario
def encrypted_update_is_rolled_back(slipway: Slipway) -> Run:
    name = "encrypted_update_is_rolled_back"
    key = {"kmsKeyId": slipway.parameters["VolumeKeyArns"]}
    slipway.deploy(request(name, **key))
    registers = {"principal": "RegisterScalingFunctionRole"}
    slipway.fault("application-autoscaling", "RegisterScalableTarget", "ValidationException", "no", **registers)
    return slipway.deploy(newer(name) | key | {"autoscalingMaxCapacity": 7})


@scenario
def traffic_shift_is_rolled_back(slipway: Slipway) -> Run:
    """Only weights change, in a call whose response is lost; then the policy is refused."""
    name = "traffic_shift_is_rolled_back"
    (variant,) = request(name)["productionVariants"]
    variants = [{**variant, "VariantName": each} for each in "AB"]
    slipway.deploy({"endpointName": endpoint(name), "productionVariants": variants})
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no such metric")
    lost = {"operation": "UpdateEndpointWeightsAndCapacities", "principal": "DeployEndpointRole", "answer": "cut"}
    slipway.aws.post("faults", [{"service": "sagemaker", **lost, "times": 1}])
    shifted = [{**variants[0], "InitialVariantWeight": 3}, variants[1]]
    return slipway.deploy(request(name, productionVariants=shifted))


@scenario
def update_of_failed_endpoint(slipway: Slipway) -> Run:
    slipway.deploy(request("update_of_failed_endpoint"))
    slipway.outcome(endpoint("update_of_failed_endpoint"), "update", "fails")
    slipway.deploy(newer("update_of_failed_endpoint"))
    return slipway.deploy(newer("update_of_failed_endpoint"))


@scenario
def old_configs_cannot_be_deleted(slipway: Slipway) -> Run:
    name = "old_configs_cannot_be_deleted"
    slipway.deploy(request(name))
    slipway.deploy(newer(name))
    slipway.fault("sagemaker", "DeleteEndpointConfig", "AccessDeniedException", "not now")
    variants = request(name)["productionVariants"]
    return slipway.deploy(request(name, productionVariants=[{**variants[0], "ModelName": f"{endpoint(name)}-3"}]))


@scenario
def previous_deployment_is_restored(slipway: Slipway) -> Run:
    slipway.deploy(request("previous_deployment_is_restored"))
    slipway.deploy(newer("previous_deployment_is_restored"))
    return slipway.deploy({"endpointName": endpoint("previous_deployment_is_restored"), "rollback": True})


@scenario
def nothing_to_restore(slipway: Slipway) -> Run:
    return slipway.deploy({"endpointName": endpoint("nothing_to_restore"), "rollback": True})


@scenario
def no_change(slipway: Slipway) -> Run:
    slipway.deploy(request("no_change"))
    return slipway.deploy(request("no_change"))
