"""Removals of endpoints."""

from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import (
    DYNAMODB_ATTEMPTS,
    confirmed,
    endpoint,
    handled_by_rule,
    inaccessible_lock_holder,
    request,
    scenario,
)
from tools import stack


@scenario
def removal(slipway: Slipway) -> Run:
    slipway.deploy(request("removal", alarms="create"))
    return slipway.remove(confirmed("removal", deleteRecords=True))


@scenario
def removal_of_missing_endpoint(slipway: Slipway) -> Run:
    return slipway.remove(confirmed("removal_of_missing_endpoint"))


@scenario
def removal_dry_run(slipway: Slipway) -> Run:
    slipway.deploy(request("removal_dry_run"))
    return slipway.remove({"endpointName": endpoint("removal_dry_run"), "dryRun": True})


@scenario
def removal_is_not_confirmed(slipway: Slipway) -> Run:
    return slipway.remove({"endpointName": endpoint("removal_is_not_confirmed")})


@scenario
def removal_is_refused(slipway: Slipway) -> Run:
    slipway.deploy(request("removal_is_refused", alarms="create"))
    slipway.fault("cloudwatch", "DeleteAlarms", "AccessDenied", "not now", status=403)
    return slipway.remove(confirmed("removal_is_refused"))


@scenario
def removal_with_lock_of_an_expired_execution(slipway: Slipway) -> Run:
    name = "removal_with_lock_of_an_expired_execution"
    slipway.lock(endpoint(name), slipway.execution_named("never-was"))
    return slipway.remove(confirmed(name))


@scenario
def removal_with_lock_of_a_failed_execution(slipway: Slipway) -> Run:
    holder = handled_by_rule(slipway, slipway.remove({"endpointName": "-"}))
    slipway.lock(endpoint("removal_with_lock_of_a_failed_execution"), holder)
    return slipway.remove(confirmed("removal_with_lock_of_a_failed_execution"))


@scenario
def removal_with_inaccessible_lock_holder(slipway: Slipway) -> Run:
    name = "removal_with_inaccessible_lock_holder"
    inaccessible_lock_holder(slipway, name)
    return slipway.remove(confirmed(name))


@scenario
def removal_during_external_creation(slipway: Slipway) -> Run:
    wanted = request("removal_during_external_creation")
    stack.make_models(slipway.aws, wanted)
    slipway.outcome(wanted["endpointName"], "create", "never_finishes")
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName="external-for-removal", ProductionVariants=wanted["productionVariants"]
    )
    sagemaker.create_endpoint(EndpointName=wanted["endpointName"], EndpointConfigName="external-for-removal")
    return slipway.remove(confirmed("removal_during_external_creation", deadlineSeconds=600))


@scenario
def removal_loses_the_lock(slipway: Slipway) -> Run:
    slipway.fault(
        "dynamodb", "UpdateItem", "ConditionalCheckFailedException", "another execution took the lock first", times=1
    )
    return slipway.remove(confirmed("removal_loses_the_lock"))


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
def notification_of_removal_fails(slipway: Slipway) -> Run:
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFunctionRole")
    return slipway.remove(confirmed("notification_of_removal_fails"))


@scenario
def notification_of_failed_removal_fails(slipway: Slipway) -> Run:
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFunctionRole")
    return slipway.remove({"endpointName": endpoint("notification_of_failed_removal_fails")})
