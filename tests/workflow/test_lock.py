"""One deployment of an endpoint at a time, and one notification of each, whatever its outcome."""

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
    """Both deployments, ended; the second started while the first waited for its endpoint."""
    for request in (first, second):
        stack.make_models(slipway.aws, request)
    with slipway.recorded() as finish:
        with slipway.real_time():
            holder = slipway.start(first)
            until(lambda: slipway.entered(holder, "Check endpoint"))
            other = slipway.start(second)
            until(lambda: slipway.entered(other, "Whose turn is it?"))
        return finish(holder), finish(other)


def stopped(slipway: Slipway, request: dict[str, Any]) -> str:
    """ARN of an execution that was stopped while it waited for its endpoint."""
    stack.make_models(slipway.aws, request)
    with slipway.real_time():
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, "Check endpoint"))
        slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    return arn


def test_a_second_deployment_fails_fast_and_names_the_first(slipway: Slipway, request_for: Any) -> None:
    first, second = two(slipway, request_for("contested"), newer(request_for("contested")))

    assert first.status == "SUCCEEDED"
    assert (second.status, second.error) == ("FAILED", "EndpointBusy")
    assert first.arn in second.cause
    assert '"whenBusy": "WAIT"' in second.cause
    assert "Try deployment" not in second.visited
    assert second.message["attributes"]["outcome"] == "EndpointBusy"


def test_a_waiting_deployment_takes_its_turn_and_plans_again(slipway: Slipway, request_for: Any) -> None:
    first, second = two(slipway, request_for("in-turn"), newer(request_for("in-turn"), whenBusy="WAIT"))

    assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
    assert second.output["action"] == "update"
    assert second.output["previousEndpointConfigName"] == first.output["endpointConfigName"]
    endpoint = slipway.endpoint("in-turn")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == second.output["endpointConfigName"]


def test_waiting_deployments_run_in_the_order_of_their_start(slipway: Slipway, request_for: Any) -> None:
    """Independent of the times of their checks, while an update takes almost an hour."""
    first, *others = (with_model(request_for("in-order"), number) for number in range(5))
    slipway.deploy(first)
    slipway.outcome("in-order", "update", "succeeds", afterSeconds=3000)
    for request in others:
        stack.make_models(slipway.aws, request)
    with slipway.recorded() as finish:
        arns = []
        with slipway.real_time():
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


def test_two_concurrent_equal_requests_deploy_once(slipway: Slipway, request_for: Any) -> None:
    first, second = two(slipway, request_for("twice"), request_for("twice"))

    assert (first.output["changed"], second.output["changed"]) == (True, False)
    assert second.output["action"] == "none"
    assert len(slipway.configs("twice")) == 1


def test_the_lock_of_a_stopped_execution_is_released_with_one_notification(slipway: Slipway, request_for: Any) -> None:
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


def test_the_lock_of_an_expired_execution_is_taken_over_at_once(slipway: Slipway, request_for: Any) -> None:
    slipway.lock("lock-of-expired", slipway.execution_named("never-was"))

    run = slipway.deploy(request_for("lock-of-expired"))

    assert run.status == "SUCCEEDED"
    assert run.path[:3] == ["Plan deployment", "Whose turn is it?", "Try deployment"]


def test_the_lock_of_an_ended_execution_is_taken_over_a_minute_after_its_end(
    slipway: Slipway, request_for: Any
) -> None:
    ended = slipway.deploy({"endpointName": "-"}).arn
    slipway.wait_for_rule(ended)  # otherwise the rule would release the lock
    slipway.lock("orphaned", ended)

    run = slipway.deploy(request_for("orphaned"))

    assert run.status == "SUCCEEDED"
    assert run.path[:4] == ["Plan deployment", "Whose turn is it?", "Wait for turn", "Try deployment"]
    described = slipway.aws.client("stepfunctions").describe_execution(executionArn=ended)
    locked = next(e for e in run.events if e.get("stateEnteredEventDetails", {}).get("name") == "Try deployment")
    assert 60 <= (locked["timestamp"] - described["stopDate"]).total_seconds() < 62


def test_a_deployment_waits_for_the_external_creation_of_its_endpoint(slipway: Slipway, request_for: Any) -> None:
    request = newer(request_for("external"))
    stack.make_models(slipway.aws, request_for("external"))
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName="external-config-2", ProductionVariants=request_for("external")["productionVariants"]
    )
    with slipway.real_time():
        sagemaker.create_endpoint(EndpointName="external", EndpointConfigName="external-config-2")
        stack.make_models(slipway.aws, request)
        arn = slipway.start(request)
        until(lambda: slipway.entered(arn, "Wait for turn"))

    described = slipway.wait(arn)

    assert described["status"] == "SUCCEEDED"


def test_an_external_change_without_end_makes_the_endpoint_busy(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("external-without-end", "create", "never_finishes")
    stack.make_models(slipway.aws, request_for("external-without-end"))
    sagemaker = slipway.aws.client("sagemaker")
    variants = request_for("external-without-end")["productionVariants"]
    sagemaker.create_endpoint_config(EndpointConfigName="external-config", ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName="external-without-end", EndpointConfigName="external-config")

    run = slipway.deploy(newer(request_for("external-without-end")))

    assert (run.status, run.error) == ("FAILED", "EndpointBusy")
    assert "Endpoint external-without-end is Creating towards config external-config." in run.cause
    assert run.mutations("sagemaker") == []
    assert run.seconds_between("Plan deployment", "Whose turn is it?") >= 900


def test_a_failed_notification_is_sent_again_after_the_execution_has_ended(slipway: Slipway, request_for: Any) -> None:
    slipway.fault("sns", "Publish", "EndpointDisabled", "SNS is ill", principal="NotifyFunctionRole")

    run = slipway.deploy(request_for("notification-fails"))

    assert (run.status, run.error) == ("FAILED", "NotificationFailed")
    assert "stackTrace" not in run.cause
    assert run.cause.endswith(f"SNS is ill\nWhat to do: {NotificationFailed.remedy}")
    (message,) = until(lambda: slipway.messages_of(run.arn))
    assert message["attributes"]["outcome"] == "NotificationFailed"
    assert "is InService on config" in message["message"]
    assert message["subject"].endswith("NotificationFailed; the endpoint is live")
