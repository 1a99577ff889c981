"""Deployments of every kind, each as a function: what the checks run on that hold for all of them."""

import json
from collections.abc import Callable
from typing import Any

from tests.support import project
from tests.support.deployment import Run, Slipway
from tools import approval, stack

Scenario = Callable[[Slipway], Run]
QUOTA = "The account-level service limit 'ml.c5.2xlarge for endpoint usage' is 0 Instances"
SCENARIOS: dict[str, Scenario] = {}
_ended: dict[str, dict[str, Run]] = {}  # by the ARN of the state machine


def scenario(function: Scenario) -> Scenario:
    """List the decorated function under its name; its endpoint bears it, too."""
    SCENARIOS[function.__name__] = function
    return function


def request(name: str, **changes: Any) -> dict[str, Any]:
    """The field's original payload for an endpoint named after the scenario."""
    return {**project.event("deploy_endpoint"), "endpointName": _endpoint(name), **changes}


def newer(name: str) -> dict[str, Any]:
    """The same with another model."""
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    return request(name, productionVariants=[{**variant, "ModelName": f"{_endpoint(name)}-2"}])


@scenario
def create(slipway: Slipway) -> Run:
    return slipway.deploy(request("create"))


@scenario
def create_without_scaling(slipway: Slipway) -> Run:
    variants = request("create_without_scaling")["productionVariants"]
    return slipway.deploy({"endpointName": _endpoint("create_without_scaling"), "productionVariants": variants})


@scenario
def create_fails(slipway: Slipway) -> Run:
    slipway.outcome(_endpoint("create_fails"), "create", "fails")
    return slipway.deploy(request("create_fails"))


@scenario
def create_is_kept(slipway: Slipway) -> Run:
    slipway.outcome(_endpoint("create_is_kept"), "create", "fails")
    return slipway.deploy(request("create_is_kept", onFailure="KEEP"))


@scenario
def deadline_passes(slipway: Slipway) -> Run:
    slipway.outcome(_endpoint("deadline_passes"), "create", "succeeds", afterSeconds=900)
    return slipway.deploy(request("deadline_passes", deadlineSeconds=600))


@scenario
def update(slipway: Slipway) -> Run:
    slipway.deploy(request("update"))
    return slipway.deploy(newer("update"))


@scenario
def update_rolled_back(slipway: Slipway) -> Run:
    slipway.deploy(request("update_rolled_back"))
    slipway.outcome(_endpoint("update_rolled_back"), "update", "rolls_back")
    return slipway.deploy(newer("update_rolled_back"))


@scenario
def failed_before(slipway: Slipway) -> Run:
    slipway.outcome(_endpoint("failed_before"), "create", "fails")
    slipway.deploy(request("failed_before", onFailure="KEEP"))
    return slipway.deploy(request("failed_before"))


@scenario
def quota(slipway: Slipway) -> Run:
    slipway.fault("sagemaker", "CreateEndpoint", "ResourceLimitExceeded", QUOTA, times=1)
    return slipway.deploy(request("quota"))


@scenario
def throttled(slipway: Slipway) -> Run:
    slipway.fault("sagemaker", "CreateEndpointConfig", "ThrottlingException", "Rate exceeded", times=2)
    return slipway.deploy(request("throttled"))


@scenario
def approved(slipway: Slipway) -> Run:
    event = project.event("model_approved")
    group = event["detail"]["ModelPackageGroupName"]
    profile = {**project.event(f"profile_{group}"), "endpointName": _endpoint("approved")}
    renamed = json.loads(json.dumps(event).replace(group, f"{group}-of-scenario"))
    detail = renamed["detail"]
    approval.make_package(slipway.aws, detail)
    slipway.aws.client("ssm").put_parameter(
        Name=f"/slipway/profiles/{detail['ModelPackageGroupName']}",
        Type="String",
        Value=json.dumps(profile),
        Overwrite=True,
    )

    with slipway.recorded() as finish:
        return finish(
            approval.started_by(slipway.aws, slipway.machine_arn, lambda: approval.approve_package(slipway.aws, detail))
        )


@scenario
def no_change(slipway: Slipway) -> Run:
    slipway.deploy(request("no_change"))
    return slipway.deploy(request("no_change"))


@scenario
def scaling_changes(slipway: Slipway) -> Run:
    slipway.deploy(request("scaling_changes"))
    return slipway.deploy(request("scaling_changes", autoscalingMaxCapacity=7))


@scenario
def scaled_variant_changes(slipway: Slipway) -> Run:
    wanted = request("scaled_variant_changes")
    (variant,) = wanted["productionVariants"]
    slipway.deploy(wanted)
    return slipway.deploy({**wanted, "productionVariants": [{**variant, "InstanceType": "ml.c5.4xlarge"}]})


@scenario
def scaling_ends(slipway: Slipway) -> Run:
    wanted = request("scaling_ends")
    slipway.deploy(wanted)
    return slipway.deploy({name: value for name, value in wanted.items() if "caling" not in name})


@scenario
def alarms_are_made_anew(slipway: Slipway) -> Run:
    slipway.deploy(request("alarms_are_made_anew", alarms="create"))
    slipway.deploy({**newer("alarms_are_made_anew"), "alarms": "create"})
    return slipway.deploy(request("alarms_are_made_anew", alarms="create"))


@scenario
def alarms_end(slipway: Slipway) -> Run:
    slipway.deploy(request("alarms_end", alarms="create"))
    return slipway.deploy(request("alarms_end"))


@scenario
def lock_of_a_forgotten_execution(slipway: Slipway) -> Run:
    execution = slipway.machine_arn.replace(":stateMachine:", ":execution:") + ":never-was"
    slipway.lock(_endpoint("lock_of_a_forgotten_execution"), execution)
    return slipway.deploy(request("lock_of_a_forgotten_execution"))


@scenario
def lock_of_a_failed_execution(slipway: Slipway) -> Run:
    slipway.lock(_endpoint("lock_of_a_failed_execution"), slipway.deploy({"endpointName": "-"}).arn)
    return slipway.deploy(request("lock_of_a_failed_execution"))


@scenario
def lock_cannot_be_taken(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.deploy(request("lock_cannot_be_taken"))


@scenario
def lock_cannot_be_freed(slipway: Slipway) -> Run:
    execution = slipway.machine_arn.replace(":stateMachine:", ":execution:") + ":never-was"
    slipway.lock(_endpoint("lock_cannot_be_freed"), execution)
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.deploy(request("lock_cannot_be_freed"))


@scenario
def holder_cannot_be_seen(slipway: Slipway) -> Run:
    unseen = slipway.machine_arn.replace(":stateMachine:", ":execution:") + ":unseen"
    slipway.lock(_endpoint("holder_cannot_be_seen"), unseen)
    match = {"executionArn": unseen}
    slipway.fault("stepfunctions", "DescribeExecution", "AccessDeniedException", "not now", match=match)
    return slipway.deploy(request("holder_cannot_be_seen"))


@scenario
def a_stranger_creates(slipway: Slipway) -> Run:
    wanted = request("a_stranger_creates", deadlineSeconds=600)
    stack.make_models(slipway.aws, wanted)
    slipway.outcome(wanted["endpointName"], "create", "never_finishes")
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="strange", ProductionVariants=wanted["productionVariants"])
    sagemaker.create_endpoint(EndpointName=wanted["endpointName"], EndpointConfigName="strange")
    return slipway.deploy(wanted)


@scenario
def planning_fails(slipway: Slipway) -> Run:
    return slipway.deploy(request("planning_fails", autoscalingMinCapacity=-1))


@scenario
def cannot_be_rolled_back(slipway: Slipway) -> Run:
    slipway.outcome(_endpoint("cannot_be_rolled_back"), "create", "fails")
    slipway.fault("sagemaker", "ListTags", "AccessDeniedException", "not now")
    return slipway.deploy(request("cannot_be_rolled_back"))


@scenario
def nobody_hears_of_success(slipway: Slipway) -> Run:
    denied = {"status": 403, "principal": "NotifySuccessRole"}  # the rule on ended executions is not meant
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", **denied)
    return slipway.deploy(request("nobody_hears_of_success"))


@scenario
def nobody_hears_of_failure(slipway: Slipway) -> Run:
    denied = {"status": 403, "principal": "NotifyFailureRole"}  # the rule on ended executions is not meant
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", **denied)
    return slipway.deploy(request("nobody_hears_of_failure", autoscalingMinCapacity=-1))


def run_all(slipway: Slipway) -> dict[str, Run]:
    """Every scenario by its name, ended; run once on each local AWS, for a second time would meet what is left of it."""
    if slipway.machine_arn not in _ended:
        ended = _ended[slipway.machine_arn] = {}
        for name, each in SCENARIOS.items():
            ended[name] = each(slipway)
            slipway.aws.delete("faults")
    return _ended[slipway.machine_arn]


def _endpoint(name: str) -> str:
    return f"scenario-{name.replace('_', '-')}"
