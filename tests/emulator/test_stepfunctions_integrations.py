"""Tasks call AWS as their role, answers come back in PascalCase, errors under the names that Step Functions gives."""

import json
from typing import Any

import pytest

from emulator.local_aws import LocalAws
from tests.support.machines import Machines, jsonata, pass_on


@pytest.fixture(scope="module")
def machines(local_aws: LocalAws) -> Machines:
    return Machines(local_aws)


def task(resource: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True, **fields}


def test_a_task_calls_as_the_role_of_the_machine(machines: Machines) -> None:
    ended = machines.run(jsonata("A", {"A": task("aws-sdk:sts:getCallerIdentity", {})}))

    name = ended.arn.rsplit(":", 1)[-1]
    assert ended.output["Arn"].endswith(f":assumed-role/{machines.role_arn.rsplit('/', 1)[-1]}/{name}")


def test_what_is_no_text_becomes_json_where_text_is_expected(machines: Machines, local_aws: LocalAws) -> None:
    sqs = local_aws.client("sqs")
    queue = sqs.create_queue(QueueName="integrations")["QueueUrl"]

    ended = machines.run(
        jsonata("A", {"A": task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": {"a": "{% 1 + 1 %}"}})})
    )

    assert "MessageId" in ended.output
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"a": 2}


def test_services_with_lower_case_parameters_take_upper_case_ones(machines: Machines) -> None:
    child = machines.create(jsonata("A", {"A": pass_on(1)}))

    ended = machines.run(jsonata("A", {"A": task("aws-sdk:sfn:describeStateMachine", {"StateMachineArn": child})}))

    assert ended.output["StateMachineArn"] == child
    assert ended.output["CreationDate"].endswith("Z")


def test_a_conditional_check_fails_under_its_own_name(machines: Machines, local_aws: LocalAws) -> None:
    local_aws.client("dynamodb").create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {"TableName": "locks", "Item": {"id": {"S": "k"}}, "ConditionExpression": "attribute_not_exists(id)"}
    caught = [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Output": "locked", "Next": "C"}]
    states = {
        "A": {**task("dynamodb:putItem", put), "End": False, "Next": "B"},
        "B": task("dynamodb:putItem", put, Catch=caught),
        "C": pass_on("{% $states.input %}"),
    }
    states["A"].pop("End")

    assert machines.run(jsonata("A", states)).output == "locked"


@pytest.mark.parametrize(
    ("resource", "error", "said"),
    [
        ("aws-sdk:sagemaker:createEndpoint", "SageMaker.SageMakerException", "(Service: SageMaker, Status Code: 400, "),
        (
            "sagemaker:createEndpoint",
            "SageMaker.AmazonSageMakerException",
            "(Service: AmazonSageMaker; Status Code: 400; Error Code: ValidationException; ",
        ),
    ],
)
def test_unmodelled_errors_have_one_name_for_each_kind_of_integration(
    machines: Machines, resource: str, error: str, said: str
) -> None:
    arguments = {"EndpointName": "e", "EndpointConfigName": "nowhere"}

    ended = machines.run(jsonata("A", {"A": task(resource, arguments)}))

    assert (ended.status, ended.error) == ("FAILED", error)
    assert said in str(ended.cause)


def test_a_modelled_error_gets_the_suffix_that_its_api_lacks(machines: Machines, local_aws: LocalAws) -> None:
    error = {"code": "ResourceLimitExceeded", "message": "no more", "status": 400}
    fault = {"service": "sagemaker", "operation": "CreateEndpoint", "error": error, "times": 1}
    local_aws.post("faults", [{**fault, "match": {"EndpointName": "over-quota"}}])
    arguments = {"EndpointName": "over-quota", "EndpointConfigName": "any"}

    ended = machines.run(jsonata("A", {"A": task("aws-sdk:sagemaker:createEndpoint", arguments)}))

    assert ended.error == "SageMaker.ResourceLimitExceededException"


def test_an_unknown_parameter_fails_the_execution_beyond_any_catch(machines: Machines) -> None:
    arguments = "{% {'EndpointName': 'e', 'Colour': 'red'} %}"
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    states = {"A": task("aws-sdk:sagemaker:describeEndpoint", arguments, Catch=caught), "B": pass_on("caught")}

    ended = machines.run(jsonata("A", states))

    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert 'The field "Colour" is not supported by Step Functions' in str(ended.cause)


@pytest.mark.parametrize(("pattern", "output"), [("", None), (".sync", '{"z":5}'), (".sync:2", {"z": 5})])
def test_a_nested_execution_is_started_or_waited_for(machines: Machines, pattern: str, output: Any) -> None:
    states = {"W": {"Type": "Wait", "Seconds": 120, "Next": "B"}, "B": pass_on({"z": "{% $states.input.q %}"})}
    child = machines.create(jsonata("W", states))
    arguments = {"StateMachineArn": child, "Input": {"q": 5}}

    ended = machines.run(jsonata("A", {"A": task(f"states:startExecution{pattern}", arguments)}))

    assert ended.output.get("Output") == output
    assert (ended.seconds >= 120) == bool(pattern)


def test_a_nested_execution_that_fails_fails_its_parent_with_its_description(machines: Machines) -> None:
    child = machines.create(jsonata("F", {"F": {"Type": "Fail", "Error": "Inner", "Cause": "because"}}))

    ended = machines.run(jsonata("A", {"A": task("states:startExecution.sync:2", {"StateMachineArn": child})}))

    assert ended.error == "States.TaskFailed"
    assert json.loads(str(ended.cause))["Error"] == "Inner"


def with_token(queue: str, **fields: Any) -> dict[str, Any]:
    body = {"token": "{% $states.context.Task.Token %}"}
    return jsonata(
        "A", {"A": task("sqs:sendMessage.waitForTaskToken", {"QueueUrl": queue, "MessageBody": body}, **fields)}
    )


def token_from(local_aws: LocalAws, queue: str) -> str:
    (message,) = local_aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    return str(json.loads(message["Body"])["token"])


def test_a_task_waits_for_its_token_and_takes_what_it_is_sent(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    arn = machines.start(machines.create(with_token(queue)))

    machines.states.send_task_success(taskToken=token_from(local_aws, queue), output='{"ok": true}')

    assert machines.wait(arn).output == {"ok": True}


def test_a_task_fails_as_its_token_says(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="failing-tokens")["QueueUrl"]
    arn = machines.start(machines.create(with_token(queue)))

    machines.states.send_task_failure(taskToken=token_from(local_aws, queue), error="Worker", cause="broke")

    ended = machines.wait(arn)
    assert (ended.error, ended.cause) == ("Worker", "broke")


def test_a_token_that_nobody_answers_times_out_and_is_dead_then(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="late-tokens")["QueueUrl"]

    ended = machines.run(with_token(queue, TimeoutSeconds=3600))

    assert (ended.status, ended.error, ended.seconds) == ("FAILED", "States.Timeout", 3600)
    with pytest.raises(machines.states.exceptions.TaskTimedOut):
        machines.states.send_task_success(taskToken=token_from(local_aws, queue), output="{}")


def test_a_token_without_heartbeats_times_out_sooner(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="silent-tokens")["QueueUrl"]

    ended = machines.run(with_token(queue, TimeoutSeconds=3600, HeartbeatSeconds=60))

    assert (ended.error, ended.seconds) == ("States.HeartbeatTimeout", 60)


def test_an_unknown_token_is_refused(machines: Machines) -> None:
    with pytest.raises(machines.states.exceptions.InvalidToken):
        machines.states.send_task_success(taskToken="nobody's", output="{}")
