"""One deployment of an endpoint at a time, and one message of each, however it ends."""

from typing import Any

from local_aws import until
from shared.errors import NotificationFailed
from shared.moments import moment
from tests.support.deployment import Run, Slipway
from tools import stack


def newer(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": f"{request['endpointName']}-2"}], **changes}


def with_model(request: dict[str, Any], number: int) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": f"{request['endpointName']}-{number}"}]}


def two(slipway: Slipway, first: dict[str, Any], second: dict[str, Any]) -> tuple[Run, Run]:
    """Both deployments, ended; the second began while the first waited for its endpoint."""
    for request in (first, second):
        stack.make_models(slipway.aws, request)
    with slipway.recorded() as finish:
        with slipway.standing_still():
            holder = slipway.start(first)
            until(lambda: slipway.entered(holder, "Check endpoint"))
            other = slipway.start(second)
            until(lambda: slipway.entered(other, "Whose turn is it?"))
        return finish(holder), finish(other)


def stopped(slipway: Slipway, request: dict[str, Any]) -> str:
    """The ARN of an execution that was stopped while it waited for its endpoint."""
    stack.make_models(slipway.aws, request)
    with slipway.standing_still():
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, "Check endpoint"))
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    return arn


def test_a_second_deployment_of_an_endpoint_fails_fast_and_names_the_first(slipway: Slipway, request_for: Any) -> None:
    first, second = two(slipway, request_for("contested"), newer(request_for("contested")))

    assert first.status == "SUCCEEDED"
    assert (second.status, second.error) == ("FAILED", "EndpointBusy")
    assert first.arn in second.cause
    assert '"whenBusy": "WAIT"' in second.cause
    assert "Try deployment" not in second.visited
    assert second.message["attributes"]["outcome"] == "EndpointBusy"


def test_a_second_deployment_that_may_wait_has_its_turn_and_plans_anew(slipway: Slipway, request_for: Any) -> None:
    first, second = two(slipway, request_for("in-turn"), newer(request_for("in-turn"), whenBusy="WAIT"))

    assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
    assert second.output["action"] == "update"
    assert second.output["previousEndpointConfigName"] == first.output["endpointConfigName"]
    endpoint = slipway.endpoint("in-turn")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == second.output["endpointConfigName"]


def test_requests_that_wait_run_in_the_order_of_their_start(slipway: Slipway, request_for: Any) -> None:
    """Whatever the times of their checks, while an update takes an hour."""
    first, *others = (with_model(request_for("in-order"), number) for number in range(5))
    slipway.deploy(first)
    slipway.outcome("in-order", "update", "succeeds", afterSeconds=3000)
    for request in others:
        stack.make_models(slipway.aws, request)
    with slipway.recorded() as finish:
        arns = []
        with slipway.standing_still():
            for request in others:
                arns.append(slipway.start({**request, "whenBusy": "WAIT"}))
                until(lambda: slipway.entered(arns[-1], "Check endpoint") or slipway.entered(arns[-1], "Wait for turn"))
        runs = [finish(arn) for arn in arns]

    assert [run.error for run in runs] == [None] * 4
    configs = [run.output["endpointConfigName"] for run in runs]
    assert [run.output["previousEndpointConfigName"] for run in runs[1:]] == configs[:-1]
    endpoint = slipway.endpoint("in-order")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == configs[-1]


def test_the_same_request_twice_at_once_is_deployed_once(slipway: Slipway, request_for: Any) -> None:
    first, second = two(slipway, request_for("twice"), request_for("twice"))

    assert (first.output["changed"], second.output["changed"]) == (True, False)
    assert second.output["action"] == "none"
    assert len(slipway.configs("twice")) == 1


def test_the_lock_of_an_execution_that_was_stopped_is_freed_and_one_message_tells_of_it(
    slipway: Slipway, request_for: Any
) -> None:
    arn = stopped(slipway, request_for("stopped"))

    (message,) = until(lambda: slipway.messages_of(arn))
    assert message["topicArn"] == slipway.outputs["FailureTopicArn"]
    assert message["attributes"] == {"endpoint": "stopped", "outcome": "ExecutionStopped", "stage": "local"}
    assert "Start the same request again" in message["message"]
    lock = slipway.aws.client("dynamodb").get_item(
        TableName=slipway.physical_id("LocksTable"), Key={"lockId": {"S": "endpoint/stopped"}}
    )["Item"]
    described = slipway.aws.client("stepfunctions").describe_execution(executionArn=arn)
    assert "heldBy" not in lock
    assert moment(lock["brokenOffAt"]["S"]) == described["stopDate"]

    again = slipway.deploy(newer(request_for("stopped"), whenBusy="WAIT"))

    assert again.status == "SUCCEEDED"


def test_a_lock_whose_holder_is_forgotten_is_taken_over_at_once(slipway: Slipway, request_for: Any) -> None:
    slipway.lock("held-by-nobody", slipway.execution_named("never-was"))

    run = slipway.deploy(request_for("held-by-nobody"))

    assert run.status == "SUCCEEDED"
    assert run.path[:3] == ["Plan deployment", "Whose turn is it?", "Try deployment"]


def test_a_lock_whose_holder_has_ended_is_taken_over_once_what_it_had_called_has(
    slipway: Slipway, request_for: Any
) -> None:
    ended = slipway.deploy({"endpointName": "-"}).arn
    slipway.wait_for_rule(ended)  # else that would free the lock
    slipway.lock("orphaned", ended)

    run = slipway.deploy(request_for("orphaned"))

    assert run.status == "SUCCEEDED"
    assert run.path[:4] == ["Plan deployment", "Whose turn is it?", "Wait for turn", "Try deployment"]
    described = slipway.aws.client("stepfunctions").describe_execution(executionArn=ended)
    locked = next(e for e in run.events if e.get("stateEnteredEventDetails", {}).get("name") == "Try deployment")
    assert 60 <= (locked["timestamp"] - described["stopDate"]).total_seconds() < 62


def test_an_endpoint_that_somebody_else_is_creating_is_waited_for(slipway: Slipway, request_for: Any) -> None:
    request = newer(request_for("a-strangers"))
    stack.make_models(slipway.aws, request_for("a-strangers"))
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName="a-strangers-own", ProductionVariants=request_for("a-strangers")["productionVariants"]
    )
    with slipway.standing_still():
        sagemaker.create_endpoint(EndpointName="a-strangers", EndpointConfigName="a-strangers-own")
        stack.make_models(slipway.aws, request)
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, "Wait for turn"))

    described = slipway.wait(arn)

    assert described["status"] == "SUCCEEDED"


def test_an_endpoint_that_somebody_else_never_stops_changing_is_busy(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("a-strangers-for-ever", "create", "never_finishes")
    stack.make_models(slipway.aws, request_for("a-strangers-for-ever"))
    sagemaker = slipway.aws.client("sagemaker")
    variants = request_for("a-strangers-for-ever")["productionVariants"]
    sagemaker.create_endpoint_config(EndpointConfigName="for-ever", ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName="a-strangers-for-ever", EndpointConfigName="for-ever")

    run = slipway.deploy(newer(request_for("a-strangers-for-ever")))

    assert (run.status, run.error) == ("FAILED", "EndpointBusy")
    assert "Endpoint a-strangers-for-ever is Creating towards config for-ever." in run.cause
    assert run.made("sagemaker") == []
    assert run.seconds_between("Plan deployment", "Whose turn is it?") >= 900


def test_a_deployment_that_could_tell_nobody_is_told_of_once_it_has_ended(slipway: Slipway, request_for: Any) -> None:
    for machine_told_by in ("NotifyFunctionRole", "NotifyFunctionRole"):
        slipway.fault("sns", "Publish", "EndpointDisabled", "SNS is ill", principal=machine_told_by)

    run = slipway.deploy(request_for("untold"))

    assert (run.status, run.error) == ("FAILED", "NotificationFailed")
    assert "stackTrace" not in run.cause
    assert run.cause.endswith(f"SNS is ill\nWhat to do: {NotificationFailed.remedy}")
    (message,) = until(lambda: slipway.messages_of(run.arn))
    assert message["attributes"]["outcome"] == "NotificationFailed"
    assert "is InService on config" in message["message"]
    assert message["subject"].endswith("NotificationFailed; the endpoint is live")
