"""Creations, and failures of creations."""

from bench.machine import Machine
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import endpoint, request, scenario

QUOTA = "The account-level service limit 'ml.c5.2xlarge for endpoint usage' is 0 Instances"


@scenario
def create(slipway: Slipway) -> Run:
    return slipway.deploy(request("create"))


@scenario
def dry_run(slipway: Slipway) -> Run:
    return slipway.deploy(request("dry_run", dryRun=True))


@scenario
def plan_is_outdated(slipway: Slipway) -> Run:
    return slipway.deploy(request("plan_is_outdated", planHash="0123456789ab"))


@scenario
def create_without_scaling(slipway: Slipway) -> Run:
    variants = request("create_without_scaling")["productionVariants"]
    return slipway.deploy({"endpointName": endpoint("create_without_scaling"), "productionVariants": variants})


@scenario
def create_with_alarms(slipway: Slipway) -> Run:
    return slipway.deploy(request("create_with_alarms", alarms="create"))


@scenario
def create_without_events(slipway: Slipway) -> Run:
    with Machine(slipway.aws, slipway.machine_arn).without_events():
        return slipway.deploy(request("create_without_events"))


@scenario
def create_fails(slipway: Slipway) -> Run:
    slipway.outcome(endpoint("create_fails"), "create", "fails")
    return slipway.deploy(request("create_fails"))


@scenario
def failed_create_is_kept(slipway: Slipway) -> Run:
    slipway.outcome(endpoint("failed_create_is_kept"), "create", "fails")
    return slipway.deploy(request("failed_create_is_kept", onFailure="KEEP"))


@scenario
def deadline_passes(slipway: Slipway) -> Run:
    slipway.outcome(endpoint("deadline_passes"), "create", "succeeds", afterSeconds=900)
    return slipway.deploy(request("deadline_passes", deadlineSeconds=600))


@scenario
def scaling_is_refused(slipway: Slipway) -> Run:
    match = {"ResourceId": f"endpoint/{endpoint('scaling_is_refused')}/variant/AllTraffic"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no", match=match)
    return slipway.deploy(request("scaling_is_refused"))


@scenario
def failed_endpoint_is_replaced(slipway: Slipway) -> Run:
    slipway.outcome(endpoint("failed_endpoint_is_replaced"), "create", "fails")
    slipway.deploy(request("failed_endpoint_is_replaced", onFailure="KEEP"))
    return slipway.deploy(request("failed_endpoint_is_replaced"))


@scenario
def quota_exceeded(slipway: Slipway) -> Run:
    slipway.fault("sagemaker", "CreateEndpoint", "ResourceLimitExceeded", QUOTA, times=1)
    return slipway.deploy(request("quota_exceeded"))


@scenario
def throttled(slipway: Slipway) -> Run:
    slipway.fault("sagemaker", "CreateEndpointConfig", "ThrottlingException", "Rate exceeded", times=2)
    return slipway.deploy(request("throttled"))


@scenario
def planning_fails(slipway: Slipway) -> Run:
    return slipway.deploy(request("planning_fails", autoscalingMinCapacity=-1))


@scenario
def rollback_fails(slipway: Slipway) -> Run:
    slipway.outcome(endpoint("rollback_fails"), "create", "fails")
    slipway.fault("sagemaker", "ListTags", "AccessDeniedException", "not now")
    return slipway.deploy(request("rollback_fails"))


@scenario
def notification_of_success_fails(slipway: Slipway) -> Run:
    denied = {"status": 403, "principal": "NotifyFunctionRole"}  # not the role of "Recover execution"
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", **denied)
    return slipway.deploy(request("notification_of_success_fails"))


@scenario
def notification_of_failure_fails(slipway: Slipway) -> Run:
    denied = {"status": 403, "principal": "NotifyFunctionRole"}  # not the role of "Recover execution"
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", **denied)
    return slipway.deploy(request("notification_of_failure_fails", autoscalingMinCapacity=-1))
