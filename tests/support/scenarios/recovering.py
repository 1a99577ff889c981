"""Recoveries of stopped deployments."""

from local_aws import until
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import endpoint, request, scenario
from tools import stack


@scenario
def recovered(slipway: Slipway) -> Run:
    arn = stopped_creation(slipway, "recovered")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def superseded_before_recovery(slipway: Slipway) -> Run:
    arn = stopped_creation(slipway, "superseded_before_recovery")
    slipway.lock(endpoint("superseded_before_recovery"), f"{arn}-of-another-execution")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def lock_cannot_be_taken_over(slipway: Slipway) -> Run:
    arn = stopped_creation(slipway, "lock_cannot_be_taken_over")
    slipway.fault(
        "dynamodb", "UpdateItem", "AccessDeniedException", "not now", principal="TakeBackDeploymentStateMachineRole"
    )
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def recovery_fails(slipway: Slipway) -> Run:
    arn = stopped_creation(slipway, "recovery_fails")
    slipway.fault("sagemaker", "ListTags", "AccessDeniedException", "not now")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def notification_of_recovery_fails(slipway: Slipway) -> Run:
    arn = stopped_creation(slipway, "notification_of_recovery_fails")
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFunctionRole")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


def stopped_creation(slipway: Slipway, name: str) -> str:
    """ARN of a stopped creation that holds its lock and is not recovered yet."""
    stack.make_models(slipway.aws, request(name))
    with slipway.real_time():
        arn = slipway.start(request(name))
        until(lambda: slipway.entered(arn, "Check endpoint"))
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
        slipway.wait_for_rule(arn)
    slipway.lock(endpoint(name), arn)
    return arn
