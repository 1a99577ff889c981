"""Whose turn it is: locks that are held, forgotten, contended and out of reach."""

from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import DYNAMODB_ATTEMPTS, endpoint, request, scenario, settled, unseen_holder
from tools import stack


@scenario
def lock_of_a_forgotten_execution(slipway: Slipway) -> Run:
    execution = slipway.execution_named("never-was")
    slipway.lock(endpoint("lock_of_a_forgotten_execution"), execution)
    return slipway.deploy(request("lock_of_a_forgotten_execution"))


@scenario
def lock_of_a_failed_execution(slipway: Slipway) -> Run:
    slipway.lock(endpoint("lock_of_a_failed_execution"), settled(slipway, slipway.deploy({"endpointName": "-"})))
    return slipway.deploy(request("lock_of_a_failed_execution"))


@scenario
def lock_cannot_be_taken(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", times=1)
    return slipway.deploy(request("lock_cannot_be_taken"))


@scenario
def somebody_takes_the_lock_first(slipway: Slipway) -> Run:
    slipway.fault("dynamodb", "UpdateItem", "ConditionalCheckFailedException", "somebody was faster", times=1)
    return slipway.deploy(request("somebody_takes_the_lock_first"))


@scenario
def holder_cannot_be_seen(slipway: Slipway) -> Run:
    unseen_holder(slipway, "holder_cannot_be_seen")
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
def lock_cannot_be_released(slipway: Slipway) -> Run:
    wanted = request("lock_cannot_be_released")
    match = {"UpdateExpression": "REMOVE heldBy"}
    slipway.fault("dynamodb", "UpdateItem", "AccessDeniedException", "not now", match=match, times=DYNAMODB_ATTEMPTS)
    return slipway.deploy(wanted)
