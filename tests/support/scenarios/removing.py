"""Removals of endpoints."""

from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import (
    DYNAMODB_ATTEMPTS,
    confirmed,
    endpoint,
    request,
    scenario,
    settled,
    unseen_holder,
)
from tools import stack


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
    return slipway.remove({"endpointName": endpoint("removal_is_shown"), "dryRun": True})


@scenario
def removal_is_not_confirmed(slipway: Slipway) -> Run:
    return slipway.remove({"endpointName": endpoint("removal_is_not_confirmed")})


@scenario
def removal_is_refused(slipway: Slipway) -> Run:
    slipway.deploy(request("removal_is_refused", alarms="create"))
    slipway.fault("cloudwatch", "DeleteAlarms", "AccessDenied", "not now", status=403)
    return slipway.remove(confirmed("removal_is_refused"))


@scenario
def removal_behind_a_forgotten_execution(slipway: Slipway) -> Run:
    name = "removal_behind_a_forgotten_execution"
    slipway.lock(endpoint(name), slipway.execution_named("never-was"))
    return slipway.remove(confirmed(name))


@scenario
def removal_behind_a_failed_execution(slipway: Slipway) -> Run:
    holder = settled(slipway, slipway.remove({"endpointName": "-"}))
    slipway.lock(endpoint("removal_behind_a_failed_execution"), holder)
    return slipway.remove(confirmed("removal_behind_a_failed_execution"))


@scenario
def removal_behind_a_holder_that_cannot_be_seen(slipway: Slipway) -> Run:
    name = "removal_behind_a_holder_that_cannot_be_seen"
    unseen_holder(slipway, name)
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
def removal_cannot_release_the_lock(slipway: Slipway) -> Run:
    slipway.deploy(request("removal_cannot_release_the_lock"))
    match = {"UpdateExpression": "REMOVE heldBy"}
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", match=match, times=DYNAMODB_ATTEMPTS)
    return slipway.remove(confirmed("removal_cannot_release_the_lock"))


@scenario
def nobody_hears_of_a_removal(slipway: Slipway) -> Run:
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFunctionRole")
    return slipway.remove(confirmed("nobody_hears_of_a_removal"))


@scenario
def nobody_hears_of_a_removal_that_failed(slipway: Slipway) -> Run:
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFunctionRole")
    return slipway.remove({"endpointName": endpoint("nobody_hears_of_a_removal_that_failed")})
