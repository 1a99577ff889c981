"""Deployments and removals of every kind, each as a function: what the checks run on that hold for all of them."""

import json
from collections.abc import Callable
from typing import Any

from bench.machine import Machine
from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.support.rollouts import make_alarm
from tests.support.scaling import INVOCATIONS, Others, tracking
from tests.support.waiting import until
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


def confirmed(name: str, **changes: Any) -> dict[str, Any]:
    """The request to remove the endpoint named after the scenario."""
    return {"endpointName": _endpoint(name), "confirm": _endpoint(name), **changes}


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
    return slipway.deploy({"endpointName": _endpoint("create_without_scaling"), "productionVariants": variants})


@scenario
def create_with_alarms(slipway: Slipway) -> Run:
    return slipway.deploy(request("create_with_alarms", alarms="create"))


@scenario
def create_without_events(slipway: Slipway) -> Run:
    with Machine(slipway.aws, slipway.machine_arn).without_events():
        return slipway.deploy(request("create_without_events"))


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
def scaling_is_refused(slipway: Slipway) -> Run:
    match = {"ResourceId": f"endpoint/{_endpoint('scaling_is_refused')}/variant/AllTraffic"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no", match=match)
    return slipway.deploy(request("scaling_is_refused"))


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
def update_is_watched(slipway: Slipway) -> Run:
    alarm = make_alarm(slipway.aws.client("cloudwatch"), _endpoint("update_is_watched"))
    slipway.deploy(request("update_is_watched"))
    return slipway.deploy({**newer("update_is_watched"), "alarms": [alarm]})


@scenario
def update_is_led_back(slipway: Slipway) -> Run:
    """Of three variants that others scale, the last one's policy is refused; a scheduled action is lost meanwhile."""
    name = _endpoint("update_is_led_back")
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
def failed_before(slipway: Slipway) -> Run:
    slipway.outcome(_endpoint("failed_before"), "create", "fails")
    slipway.deploy(request("failed_before", onFailure="KEEP"))
    return slipway.deploy(request("failed_before"))


@scenario
def failed_when_scaled(slipway: Slipway) -> Run:
    slipway.deploy(request("failed_when_scaled"))
    slipway.outcome(_endpoint("failed_when_scaled"), "update", "fails")
    slipway.deploy(newer("failed_when_scaled"))
    return slipway.deploy(newer("failed_when_scaled"))


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
    return approve(slipway, "approved")


@scenario
def approved_and_fails(slipway: Slipway) -> Run:
    slipway.outcome(_endpoint("approved_and_fails"), "create", "fails")
    return approve(slipway, "approved_and_fails")


@scenario
def old_model_goes(slipway: Slipway) -> Run:
    """In a stage that keeps one deployment: the config and the model of the first go, for the second may be needed."""
    approve(slipway, "old_model_goes")
    approve(slipway, "old_model_goes", version=3)
    return approve(slipway, "old_model_goes", version=4)


@scenario
def old_configs_cannot_go(slipway: Slipway) -> Run:
    name = "old_configs_cannot_go"
    slipway.deploy(request(name))
    slipway.deploy(newer(name))
    slipway.fault("sagemaker", "DeleteEndpointConfig", "AccessDeniedException", "not now")
    variants = request(name)["productionVariants"]
    return slipway.deploy(request(name, productionVariants=[{**variants[0], "ModelName": f"{_endpoint(name)}-3"}]))


@scenario
def rolled_back_to_the_former(slipway: Slipway) -> Run:
    slipway.deploy(request("rolled_back_to_the_former"))
    slipway.deploy(newer("rolled_back_to_the_former"))
    return slipway.deploy({"endpointName": _endpoint("rolled_back_to_the_former"), "rollback": True})


@scenario
def nothing_to_roll_back_to(slipway: Slipway) -> Run:
    return slipway.deploy({"endpointName": _endpoint("nothing_to_roll_back_to"), "rollback": True})


def approve(slipway: Slipway, name: str, version: int = 2) -> Run:
    """Approve a version of the model package group that is named for the scenario; the run that this starts."""
    event = project.event("model_approved")
    group = event["detail"]["ModelPackageGroupName"]
    profile = {**project.event(f"profile_{group}"), "endpointName": _endpoint(name)}
    renamed = json.loads(json.dumps(event).replace(group, _endpoint(name)))
    detail = renamed["detail"]
    detail["ModelPackageVersion"] = version
    detail["ModelPackageArn"] = f"{detail['ModelPackageArn'].rpartition('/')[0]}/{version}"
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
    unseen_once(slipway, "application-autoscaling", "DeregisterScalableTarget", "DeregisterScalableTargetsRole")
    return slipway.deploy({**wanted, "productionVariants": [{**variant, "InstanceType": "ml.c5.4xlarge"}]})


@scenario
def scaled_variant_that_others_scale_changes(slipway: Slipway) -> Run:
    name = "scaled_variant_that_others_scale_changes"
    wanted = request(name)
    (variant,) = wanted["productionVariants"]
    slipway.deploy(wanted)
    Others(slipway, _endpoint(name)).schedule("office-hours")
    return slipway.deploy({**wanted, "productionVariants": [{**variant, "InstanceType": "ml.c5.4xlarge"}]})


@scenario
def scaling_ends_where_others_scale(slipway: Slipway) -> Run:
    wanted = request("scaling_ends_where_others_scale")
    slipway.deploy(wanted)
    Others(slipway, wanted["endpointName"]).schedule("office-hours")
    unseen_once(slipway, "application-autoscaling", "DeleteScalingPolicy", "RemoveScalingRole")
    return slipway.deploy({name: value for name, value in wanted.items() if "caling" not in name})


@scenario
def scaling_ends(slipway: Slipway) -> Run:
    wanted = request("scaling_ends")
    slipway.deploy(wanted)
    unseen_once(slipway, "application-autoscaling", "DeregisterScalableTarget", "RemoveScalingRole")
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
    slipway.outcome(_endpoint(name), "update", "rolls_back")
    slipway.deploy({**newer(name), "alarms": "create", "onFailure": "KEEP"})
    slipway.outcome(_endpoint(name), "update", "rolls_back")
    unseen_once(slipway, "cloudwatch", "DeleteAlarms", "CreateAlarmsRole")
    return slipway.deploy({**newer(name), "alarms": "create", "alarmThresholds": {"serverErrorPercent": 0.5}})


@scenario
def alarms_and_scaling_end(slipway: Slipway) -> Run:
    wanted = request("alarms_and_scaling_end", alarms="create")
    slipway.deploy(wanted)
    return slipway.deploy({name: wanted[name] for name in ("endpointName", "productionVariants")})


@scenario
def alarms_end(slipway: Slipway) -> Run:
    slipway.deploy(request("alarms_end", alarms="create"))
    unseen_once(slipway, "cloudwatch", "DeleteAlarms", "RemoveAlarmsRole")
    return slipway.deploy(request("alarms_end"))


@scenario
def lock_of_a_forgotten_execution(slipway: Slipway) -> Run:
    execution = slipway.execution_named("never-was")
    slipway.lock(_endpoint("lock_of_a_forgotten_execution"), execution)
    return slipway.deploy(request("lock_of_a_forgotten_execution"))


@scenario
def lock_of_a_failed_execution(slipway: Slipway) -> Run:
    slipway.lock(_endpoint("lock_of_a_failed_execution"), settled(slipway, slipway.deploy({"endpointName": "-"})))
    return slipway.deploy(request("lock_of_a_failed_execution"))


@scenario
def lock_cannot_be_taken(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.deploy(request("lock_cannot_be_taken"))


@scenario
def lock_cannot_be_freed(slipway: Slipway) -> Run:
    execution = slipway.execution_named("never-was")
    slipway.lock(_endpoint("lock_cannot_be_freed"), execution)
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.deploy(request("lock_cannot_be_freed"))


@scenario
def somebody_takes_the_lock_first(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "ConditionalCheckFailedException", "somebody was faster", times=1)
    return slipway.deploy(request("somebody_takes_the_lock_first"))


@scenario
def holder_cannot_be_seen(slipway: Slipway) -> Run:
    unseen = slipway.execution_named("unseen")
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
def lock_cannot_be_released(slipway: Slipway) -> Run:
    wanted = request("lock_cannot_be_released")
    match = {"UpdateExpression": "REMOVE heldBy"}
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", match=match, times=1)
    return slipway.deploy(wanted)


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


@scenario
def taken_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "taken_back")
    with slipway.recorded() as finish:
        return finish(slipway.take_back(arn))


@scenario
def overtaken_before_it_was_taken_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "overtaken_before_it_was_taken_back")
    slipway.lock(_endpoint("overtaken_before_it_was_taken_back"), f"{arn}-of-somebody-else")
    with slipway.recorded() as finish:
        return finish(slipway.take_back(arn))


@scenario
def lock_cannot_be_taken_over(slipway: Slipway) -> Run:
    arn = stopped(slipway, "lock_cannot_be_taken_over")
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", principal="TakeBackDeploymentRole")
    with slipway.recorded() as finish:
        return finish(slipway.take_back(arn))


@scenario
def cannot_be_taken_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "cannot_be_taken_back")
    slipway.fault("sagemaker", "ListTags", "AccessDeniedException", "not now")
    with slipway.recorded() as finish:
        return finish(slipway.take_back(arn))


@scenario
def nobody_hears_of_taking_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "nobody_hears_of_taking_back")
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFailureRole")
    with slipway.recorded() as finish:
        return finish(slipway.take_back(arn))


@scenario
def removal(slipway: Slipway) -> Run:
    slipway.deploy(request("removal", alarms="create"))
    return slipway.remove(confirmed("removal", deleteRecords=True))


@scenario
def removal_of_nothing(slipway: Slipway) -> Run:
    return slipway.remove(confirmed("removal_of_nothing"))


@scenario
def removal_is_shown(slipway: Slipway) -> Run:
    slipway.deploy(request("removal_is_shown"))
    return slipway.remove({"endpointName": _endpoint("removal_is_shown"), "dryRun": True})


@scenario
def removal_is_not_confirmed(slipway: Slipway) -> Run:
    return slipway.remove({"endpointName": _endpoint("removal_is_not_confirmed")})


@scenario
def removal_is_refused(slipway: Slipway) -> Run:
    slipway.deploy(request("removal_is_refused", alarms="create"))
    slipway.fault("cloudwatch", "DeleteAlarms", "AccessDenied", "not now", status=403)
    return slipway.remove(confirmed("removal_is_refused"))


@scenario
def removal_behind_a_forgotten_execution(slipway: Slipway) -> Run:
    name = "removal_behind_a_forgotten_execution"
    slipway.lock(_endpoint(name), slipway.execution_named("never-was"))
    return slipway.remove(confirmed(name))


@scenario
def removal_behind_a_failed_execution(slipway: Slipway) -> Run:
    holder = settled(slipway, slipway.remove({"endpointName": "-"}))
    slipway.lock(_endpoint("removal_behind_a_failed_execution"), holder)
    return slipway.remove(confirmed("removal_behind_a_failed_execution"))


@scenario
def removal_behind_a_holder_that_cannot_be_seen(slipway: Slipway) -> Run:
    name = "removal_behind_a_holder_that_cannot_be_seen"
    unseen = slipway.execution_named("unseen")
    slipway.lock(_endpoint(name), unseen)
    match = {"executionArn": unseen}
    slipway.fault("stepfunctions", "DescribeExecution", "AccessDeniedException", "not now", match=match)
    return slipway.remove(confirmed(name))


@scenario
def removal_of_what_a_stranger_creates(slipway: Slipway) -> Run:
    wanted = request("removal_of_what_a_stranger_creates")
    stack.make_models(slipway.aws, wanted)
    slipway.outcome(wanted["endpointName"], "create", "never_finishes")
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="stranger", ProductionVariants=wanted["productionVariants"])
    sagemaker.create_endpoint(EndpointName=wanted["endpointName"], EndpointConfigName="stranger")
    return slipway.remove(confirmed("removal_of_what_a_stranger_creates", deadlineSeconds=600))


@scenario
def somebody_takes_the_lock_of_a_removal_first(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "ConditionalCheckFailedException", "somebody was faster", times=1)
    return slipway.remove(confirmed("somebody_takes_the_lock_of_a_removal_first"))


@scenario
def removal_cannot_take_the_lock(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.remove(confirmed("removal_cannot_take_the_lock"))


@scenario
def removal_cannot_free_the_lock(slipway: Slipway) -> Run:
    name = "removal_cannot_free_the_lock"
    slipway.lock(_endpoint(name), slipway.execution_named("never-was"))
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.remove(confirmed(name))


@scenario
def removal_cannot_release_the_lock(slipway: Slipway) -> Run:
    slipway.deploy(request("removal_cannot_release_the_lock"))
    match = {"UpdateExpression": "REMOVE heldBy"}
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", match=match, times=1)
    return slipway.remove(confirmed("removal_cannot_release_the_lock"))


@scenario
def nobody_hears_of_a_removal(slipway: Slipway) -> Run:
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyRemovalRole")
    return slipway.remove(confirmed("nobody_hears_of_a_removal"))


@scenario
def nobody_hears_of_a_removal_that_failed(slipway: Slipway) -> Run:
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFailureRole")
    return slipway.remove({"endpointName": _endpoint("nobody_hears_of_a_removal_that_failed")})


def settled(slipway: Slipway, run: Run) -> str:
    """The ARN of an execution that failed, and of which nothing will free a lock any more."""
    slipway.settled(run.arn)
    return run.arn


def unseen_once(slipway: Slipway, service: str, operation: str, role: str) -> None:
    """Let AWS not find, the first time, what the function of this role is to remove.

    Of several alarms CloudWatch does not say which; then they are removed one by one.
    """
    code, times = ("ResourceNotFound", 2) if service == "cloudwatch" else ("ObjectNotFoundException", 1)
    slipway.fault(service, operation, code, "not seen yet", principal=role, times=times)


def stopped(slipway: Slipway, name: str) -> str:
    """The ARN of a creation that was stopped, and holds its lock as if nothing had settled it."""
    stack.make_models(slipway.aws, request(name))
    with slipway.standing_still():
        arn = slipway.start(request(name))
        until(lambda: slipway.entered(arn, "Check endpoint"))
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
        slipway.settled(arn)
    slipway.lock(_endpoint(name), arn)
    return arn


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
