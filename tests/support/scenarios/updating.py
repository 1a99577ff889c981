"""Updates, rollbacks to former deployments, and requests that change nothing."""

from local_aws import until
from tests.support.alarms import make_alarm
from tests.support.deployment import Run, Slipway
from tests.support.scaling import INVOCATIONS, Others, tracking
from tests.support.scenarios.catalogue import endpoint, newer, request, scenario
from tools import stack


@scenario
def update(slipway: Slipway) -> Run:
    slipway.deploy(request("update"))
    return slipway.deploy(newer("update"))


@scenario
def update_rolled_back(slipway: Slipway) -> Run:
    slipway.deploy(request("update_rolled_back"))
    slipway.outcome(endpoint("update_rolled_back"), "update", "rolls_back")
    return slipway.deploy(newer("update_rolled_back"))


@scenario
def update_is_refused(slipway: Slipway) -> Run:
    """What SageMaker refuses at every try, and has not carried out."""
    name = endpoint("update_is_refused")
    slipway.deploy(request("update_is_refused"))
    met = {"principal": "DeployEndpointRole", "match": {"EndpointName": name}}
    slipway.fault("sagemaker", "UpdateEndpoint", "ValidationException", "The role cannot be assumed", **met)
    return slipway.deploy(newer("update_is_refused"))


@scenario
def update_is_watched(slipway: Slipway) -> Run:
    alarm = make_alarm(slipway.aws.client("cloudwatch"), endpoint("update_is_watched"))
    slipway.deploy(request("update_is_watched"))
    return slipway.deploy({**newer("update_is_watched"), "alarms": [alarm]})


@scenario
def update_is_led_back(slipway: Slipway) -> Run:
    """Of three variants that others scale, the last one's policy is refused; a scheduled action is lost meanwhile."""
    name = endpoint("update_is_led_back")
    (variant,) = request("update_is_led_back")["productionVariants"]
    variants = [{**variant, "VariantName": each} for each in "ABC"]
    slipway.deploy({"endpointName": name, "productionVariants": variants})
    others = [Others(slipway, name, each) for each in "ABC"]
    for each in others:
        each.register(1, 2)
    others[0].track("by-hand", tracking(INVOCATIONS, 11))
    others[0].schedule("office-hours")
    refused = {"ResourceId": f"endpoint/{name}/variant/C"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no", match=refused)
    wanted = request("update_is_led_back", productionVariants=[{**each, "ModelName": f"{name}-2"} for each in variants])
    stack.make_models(slipway.aws, wanted)
    with slipway.recorded() as finish:
        with slipway.standing_still():
            arn = slipway.start(wanted)
            until(lambda: slipway.entered(arn, "Check endpoint"))
            others[0].unschedule("office-hours")
        return finish(arn)


@scenario
def encrypted_update_is_led_back(slipway: Slipway) -> Run:
    name = "encrypted_update_is_led_back"
    key = {"kmsKeyId": slipway.parameters["VolumeKeyArns"]}
    slipway.deploy(request(name, **key))
    registers = {"principal": "RegisterScalingFunctionRole"}
    slipway.fault("application-autoscaling", "RegisterScalableTarget", "ValidationException", "no", **registers)
    return slipway.deploy(newer(name) | key | {"autoscalingMaxCapacity": 7})


@scenario
def traffic_is_shifted_and_led_back(slipway: Slipway) -> Run:
    """Only weights change, by a call whose answer is lost; then the policy is refused."""
    name = "traffic_is_shifted_and_led_back"
    (variant,) = request(name)["productionVariants"]
    variants = [{**variant, "VariantName": each} for each in "AB"]
    slipway.deploy({"endpointName": endpoint(name), "productionVariants": variants})
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no such metric")
    lost = {"operation": "UpdateEndpointWeightsAndCapacities", "principal": "DeployEndpointRole", "answer": "cut"}
    slipway.aws.post("faults", [{"service": "sagemaker", **lost, "times": 1}])
    shifted = [{**variants[0], "InitialVariantWeight": 3}, variants[1]]
    return slipway.deploy(request(name, productionVariants=shifted))


@scenario
def failed_when_scaled(slipway: Slipway) -> Run:
    slipway.deploy(request("failed_when_scaled"))
    slipway.outcome(endpoint("failed_when_scaled"), "update", "fails")
    slipway.deploy(newer("failed_when_scaled"))
    return slipway.deploy(newer("failed_when_scaled"))


@scenario
def old_configs_cannot_go(slipway: Slipway) -> Run:
    name = "old_configs_cannot_go"
    slipway.deploy(request(name))
    slipway.deploy(newer(name))
    slipway.fault("sagemaker", "DeleteEndpointConfig", "AccessDeniedException", "not now")
    variants = request(name)["productionVariants"]
    return slipway.deploy(request(name, productionVariants=[{**variants[0], "ModelName": f"{endpoint(name)}-3"}]))


@scenario
def rolled_back_to_the_former(slipway: Slipway) -> Run:
    slipway.deploy(request("rolled_back_to_the_former"))
    slipway.deploy(newer("rolled_back_to_the_former"))
    return slipway.deploy({"endpointName": endpoint("rolled_back_to_the_former"), "rollback": True})


@scenario
def nothing_to_roll_back_to(slipway: Slipway) -> Run:
    return slipway.deploy({"endpointName": endpoint("nothing_to_roll_back_to"), "rollback": True})


@scenario
def no_change(slipway: Slipway) -> Run:
    slipway.deploy(request("no_change"))
    return slipway.deploy(request("no_change"))
