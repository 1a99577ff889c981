"""Locks that are held, contended, inaccessible, or held by an execution that no longer exists."""

from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import (
    DYNAMODB_ATTEMPTS,
    endpoint,
    handled_by_rule,
    inaccessible_lock_holder,
    request,
    scenario,
)
from tools import stack


@scenario
def lock_of_an_expired_execution(slipway: Slipway) -> Run:
    execution = slipway.execution_named("never-was")
    slipway.lock(endpoint("lock_of_an_expired_execution"), execution)
    return slipway.deploy(request("lock_of_an_expired_execution"))


@scenario
def lock_of_a_failed_execution(slipway: Slipway) -> Run:
    slipway.lock(
        endpoint("lock_of_a_failed_execution"), handled_by_rule(slipway, slipway.deploy({"endpointName": "-"}))
    )
    return slipway.deploy(request("lock_of_a_failed_execution"))


@scenario
def lock_cannot_be_taken(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.deploy(request("lock_cannot_be_taken"))


@scenario
def lock_is_lost_to_another_execution(slipway: Slipway) -> Run:
    slipway.fault(
        "dynamodb", "UpdateItem", "ConditionalCheckFailedException", "another execution took the lock first", times=1
    )
    return slipway.deploy(request("lock_is_lost_to_another_execution"))


@scenario
def lock_holder_is_inaccessible(slipway: Slipway) -> Run:
    inaccessible_lock_holder(slipway, "lock_holder_is_inaccessible")
    return slipway.deploy(request("lock_holder_is_inaccessible"))


@scenario
def external_creation(slipway: Slipway) -> Run:
    wanted = request("external_creation", deadlineSeconds=600)
    stack.make_models(slipway.aws, wanted)
    slipway.outcome(wanted["endpointName"], "create", "never_finishes")
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="external", ProductionVariants=wanted["productionVariants"])
    sagemaker.create_endpoint(EndpointName=wanted["endpointName"], EndpointConfigName="external")
    return slipway.deploy(wanted)


@scenario
def lock_cannot_be_released(slipway: Slipway) -> Run:
    wanted = request("lock_cannot_be_released")
    match = {"UpdateExpression": "REMOVE heldBy"}
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", match=match, times=DYNAMODB_ATTEMPTS)
    return slipway.deploy(wanted)
