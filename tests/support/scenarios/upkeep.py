"""Scaling and alarms that change or end while the endpoint stays."""

from tests.support.deployment import Run, Slipway
from tests.support.scaling import Others
from tests.support.scenarios.catalogue import endpoint, newer, request, scenario, unseen_once


@scenario
def scaling_changes(slipway: Slipway) -> Run:
    slipway.deploy(request("scaling_changes"))
    return slipway.deploy(request("scaling_changes", autoscalingMaxCapacity=7))


@scenario
def scaled_variant_changes(slipway: Slipway) -> Run:
    wanted = request("scaled_variant_changes")
    (variant,) = wanted["productionVariants"]
    slipway.deploy(wanted)
    unseen_once(slipway, "application-autoscaling", "DeregisterScalableTarget", "PrepareEndpointFunctionRole")
    return slipway.deploy({**wanted, "productionVariants": [{**variant, "InstanceType": "ml.c5.4xlarge"}]})


@scenario
def scaled_variant_that_others_scale_changes(slipway: Slipway) -> Run:
    name = "scaled_variant_that_others_scale_changes"
    wanted = request(name)
    (variant,) = wanted["productionVariants"]
    slipway.deploy(wanted)
    Others(slipway, endpoint(name)).schedule("office-hours")
    return slipway.deploy({**wanted, "productionVariants": [{**variant, "InstanceType": "ml.c5.4xlarge"}]})


@scenario
def scaling_ends_where_others_scale(slipway: Slipway) -> Run:
    wanted = request("scaling_ends_where_others_scale")
    slipway.deploy(wanted)
    Others(slipway, wanted["endpointName"]).schedule("office-hours")
    unseen_once(slipway, "application-autoscaling", "DeleteScalingPolicy", "RegisterScalingFunctionRole")
    return slipway.deploy({name: value for name, value in wanted.items() if "caling" not in name})


@scenario
def scaling_ends(slipway: Slipway) -> Run:
    wanted = request("scaling_ends")
    slipway.deploy(wanted)
    unseen_once(slipway, "application-autoscaling", "DeregisterScalableTarget", "RegisterScalingFunctionRole")
    return slipway.deploy({name: value for name, value in wanted.items() if "caling" not in name})


@scenario
def alarms_are_made_anew(slipway: Slipway) -> Run:
    slipway.deploy(request("alarms_are_made_anew", alarms="create"))
    slipway.deploy({**newer("alarms_are_made_anew"), "alarms": "create"})
    return slipway.deploy(request("alarms_are_made_anew", alarms="create"))


@scenario
def alarms_meet_updates_that_are_rolled_back(slipway: Slipway) -> Run:
    name = "alarms_meet_updates_that_are_rolled_back"
    slipway.deploy(request(name, alarms="create"))
    slipway.outcome(endpoint(name), "update", "rolls_back")
    slipway.deploy({**newer(name), "alarms": "create", "onFailure": "KEEP"})
    slipway.outcome(endpoint(name), "update", "rolls_back")
    unseen_once(slipway, "cloudwatch", "DeleteAlarms", "PrepareEndpointFunctionRole")
    return slipway.deploy({**newer(name), "alarms": "create", "alarmThresholds": {"serverErrorPercent": 0.5}})


@scenario
def alarms_and_scaling_end(slipway: Slipway) -> Run:
    wanted = request("alarms_and_scaling_end", alarms="create")
    slipway.deploy(wanted)
    return slipway.deploy({name: wanted[name] for name in ("endpointName", "productionVariants")})


@scenario
def alarms_end(slipway: Slipway) -> Run:
    slipway.deploy(request("alarms_end", alarms="create"))
    unseen_once(slipway, "cloudwatch", "DeleteAlarms", "CleanUpFunctionRole")
    return slipway.deploy(request("alarms_end"))
