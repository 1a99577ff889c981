"""Changes and removals of scaling and alarms without a change of the endpoint."""

from typing import Any

from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.support.scaling import ExternalScaling
from tests.support.scenarios.catalogue import endpoint, newer, not_found_at_first, request, scenario


@scenario
def scaling_changes(slipway: Slipway) -> Run:
    slipway.deploy(request("scaling_changes"))
    return slipway.deploy(request("scaling_changes", autoscalingMaxCapacity=7))


@scenario
def scaled_variant_changes(slipway: Slipway) -> Run:
    wanted = request("scaled_variant_changes")
    (variant,) = wanted["productionVariants"]
    slipway.deploy(wanted)
    not_found_at_first(slipway, "application-autoscaling", "DeregisterScalableTarget", "PrepareEndpointFunctionRole")
    return slipway.deploy({**wanted, "productionVariants": [{**variant, "InstanceType": "ml.c5.4xlarge"}]})


@scenario
def variant_with_external_scaling_changes(slipway: Slipway) -> Run:
    name = "variant_with_external_scaling_changes"
    wanted = request(name)
    (variant,) = wanted["productionVariants"]
    slipway.deploy(wanted)
    ExternalScaling(slipway, endpoint(name)).schedule("office-hours")
    return slipway.deploy({**wanted, "productionVariants": [{**variant, "InstanceType": "ml.c5.4xlarge"}]})


@scenario
def scaling_ends_with_external_scaling(slipway: Slipway) -> Run:
    wanted = request("scaling_ends_with_external_scaling")
    slipway.deploy(wanted)
    ExternalScaling(slipway, wanted["endpointName"]).schedule("office-hours")
    not_found_at_first(slipway, "application-autoscaling", "DeleteScalingPolicy", "RegisterScalingFunctionRole")
    return slipway.deploy({name: value for name, value in wanted.items() if "caling" not in name})


@scenario
def scaling_ends(slipway: Slipway) -> Run:
    wanted = request("scaling_ends")
    slipway.deploy(wanted)
    not_found_at_first(slipway, "application-autoscaling", "DeregisterScalableTarget", "RegisterScalingFunctionRole")
    return slipway.deploy({name: value for name, value in wanted.items() if "caling" not in name})


def with_policies(name: str, count: int, *actions: str) -> dict[str, Any]:
    """The scenario's request with the first policies of an example, and with scheduled actions."""
    plain = {field: value for field, value in request(name).items() if "caling" not in field}
    policies = project.event("deploy_scaled")["autoscaling"]["Champion"]["policies"][:count]
    scheduled = [{"name": each, "schedule": "rate(1 day)", "minCapacity": 2, "maxCapacity": 4} for each in actions]
    scaling = {"maxCapacity": 4, "policies": policies, "scheduledActions": scheduled}
    return plain | {"autoscaling": {"*": scaling}}


@scenario
def policies_and_actions_change(slipway: Slipway) -> Run:
    name = "policies_and_actions_change"
    slipway.deploy(with_policies(name, 1, "morning"))
    return slipway.deploy(with_policies(name, 2))


@scenario
def policies_and_actions_are_restored(slipway: Slipway) -> Run:
    name = "policies_and_actions_are_restored"
    slipway.deploy(with_policies(name, 2, "morning"))
    match = {"ResourceId": f"endpoint/{endpoint(name)}/variant/AllTraffic"}
    refused = {"match": match, "principal": "RegisterScalingFunctionRole"}
    slipway.fault("application-autoscaling", "DeleteScheduledAction", "ValidationException", "no", **refused)
    return slipway.deploy(with_policies(name, 1, "early"))


@scenario
def alarms_are_replaced(slipway: Slipway) -> Run:
    slipway.deploy(request("alarms_are_replaced", alarms="create"))
    slipway.deploy({**newer("alarms_are_replaced"), "alarms": "create"})
    return slipway.deploy(request("alarms_are_replaced", alarms="create"))


@scenario
def alarms_after_sagemaker_rollbacks(slipway: Slipway) -> Run:
    name = "alarms_after_sagemaker_rollbacks"
    slipway.deploy(request(name, alarms="create"))
    slipway.outcome(endpoint(name), "update", "rolls_back")
    slipway.deploy({**newer(name), "alarms": "create", "onFailure": "KEEP"})
    slipway.outcome(endpoint(name), "update", "rolls_back")
    not_found_at_first(slipway, "cloudwatch", "DeleteAlarms", "PrepareEndpointFunctionRole")
    return slipway.deploy({**newer(name), "alarms": "create", "alarmThresholds": {"serverErrorPercent": 0.5}})


@scenario
def alarms_and_scaling_end(slipway: Slipway) -> Run:
    wanted = request("alarms_and_scaling_end", alarms="create")
    slipway.deploy(wanted)
    return slipway.deploy({name: wanted[name] for name in ("endpointName", "productionVariants")})


@scenario
def alarms_end(slipway: Slipway) -> Run:
    slipway.deploy(request("alarms_end", alarms="create"))
    not_found_at_first(slipway, "cloudwatch", "DeleteAlarms", "CleanUpFunctionRole")
    return slipway.deploy(request("alarms_end"))
