"""Stopped deployments that are taken back."""

from local_aws import until
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import endpoint, request, scenario
from tools import stack


@scenario
def taken_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "taken_back")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def overtaken_before_it_was_taken_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "overtaken_before_it_was_taken_back")
    slipway.lock(endpoint("overtaken_before_it_was_taken_back"), f"{arn}-of-somebody-else")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def lock_cannot_be_taken_over(slipway: Slipway) -> Run:
    arn = stopped(slipway, "lock_cannot_be_taken_over")
    slipway.fault(
        "dynamodb", "UpdateItem", "AccessDeniedException", "not now", principal="TakeBackDeploymentStateMachineRole"
    )
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def cannot_be_taken_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "cannot_be_taken_back")
    slipway.fault("sagemaker", "ListTags", "AccessDeniedException", "not now")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


@scenario
def nobody_hears_of_taking_back(slipway: Slipway) -> Run:
    arn = stopped(slipway, "nobody_hears_of_taking_back")
    slipway.fault("sns", "Publish", "AuthorizationError", "not now", status=403, principal="NotifyFunctionRole")
    with slipway.recorded() as finish:
        return finish(slipway.recover(arn))


def stopped(slipway: Slipway, name: str) -> str:
    """The ARN of a creation that was stopped, and holds its lock as if nothing had settled it."""
    stack.make_models(slipway.aws, request(name))
    with slipway.standing_still():
        arn = slipway.start(request(name))
        until(lambda: slipway.entered(arn, "Check endpoint"))
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
        slipway.wait_for_rule(arn)
    slipway.lock(endpoint(name), arn)
    return arn
