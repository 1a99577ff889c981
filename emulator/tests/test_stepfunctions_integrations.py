"""Tasks call AWS as their role, answers are in PascalCase, errors have the names of Step Functions."""

import json
from typing import Any

import pytest

from local_aws import LocalAws
from support.functions import make_function
from support.hosting import Hosting
from support.machines import Machines, jsonata, pass_on, task


@pytest.fixture(scope="module")
def machines(local_aws: LocalAws) -> Machines:
    return Machines(local_aws)


CAUGHT = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "C"}]


def test_a_task_calls_with_the_role_of_the_machine(machines: Machines) -> None:
    ended = machines.run(jsonata("A", {"A": task("aws-sdk:sts:getCallerIdentity", {})}))

    name = ended.arn.rsplit(":", 1)[-1]
    assert ended.output["Arn"].endswith(f":assumed-role/{machines.role_arn.rsplit('/', 1)[-1]}/{name}")


def test_a_value_becomes_json_if_text_is_expected(machines: Machines, local_aws: LocalAws) -> None:
    sqs = local_aws.client("sqs")
    queue = sqs.create_queue(QueueName="integrations")["QueueUrl"]

    ended = machines.run(
        jsonata("A", {"A": task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": {"a": "{% 1 + 1 %}"}})})
    )

    assert "MessageId" in ended.output
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"a": 2}


def test_services_with_lower_case_parameters_accept_upper_case_ones(machines: Machines) -> None:
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
        "A": task("dynamodb:putItem", put, Next="B"),
        "B": task("dynamodb:putItem", put, Catch=caught),
        "C": pass_on("{% $states.input %}"),
    }

    assert machines.run(jsonata("A", states)).output == "locked"


@pytest.mark.parametrize(
    ("resource", "error", "said"),
    [
        ("aws-sdk:sagemaker:createEndpoint", "SageMaker.SageMakerException", "(Service: SageMaker, Status Code: 400, "),
        ("aws-sdk:sagemaker:createEndpoint", "SageMaker.SageMakerException", ") (SDK Attempt Count: 1)"),
        (
            "sagemaker:createEndpoint",
            "SageMaker.AmazonSageMakerException",
            "(Service: AmazonSageMaker; Status Code: 400; Error Code: ValidationException; ",
        ),
    ],
)
def test_unmodelled_errors_have_one_name_per_kind_of_integration(
    machines: Machines, resource: str, error: str, said: str
) -> None:
    arguments = {"EndpointName": "e", "EndpointConfigName": "nowhere"}

    ended = machines.run(jsonata("A", {"A": task(resource, arguments)}))

    assert (ended.status, ended.error) == ("FAILED", error)
    assert said in str(ended.cause)


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "said"),
    [
        (
            "dynamodb:putItem",
            {"TableName": "any", "Item": None},
            "DynamoDB.AmazonDynamoDBException",
            "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null (",
        ),
        (
            "dynamodb:putItem",
            {"TableName": "/x", "Item": {"id": {"S": "1"}}},
            "DynamoDB.AmazonDynamoDBException",
            "Value '/x' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern",
        ),
        (
            "aws-sdk:dynamodb:putItem",
            {"TableName": "any", "Item": None},
            "DynamoDb.DynamoDbException",
            "Value null at 'item' failed to satisfy constraint: Member must not be null (Service: DynamoDb,",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": "refusals", "MessageBody": "m"},
            "SQS.SdkClientException",
            "Unable to execute HTTP request: refusals: Name or service not known",
        ),
        (
            "sns:publish",
            {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:refusals.fifo", "Message": "m"},
            "SNS.InvalidParameterException",
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics (Service: AmazonSNS;",
        ),
    ],
)
def test_an_error_has_the_name_of_its_integration(
    machines: Machines, local_aws: LocalAws, resource: str, arguments: Any, error: str, said: str
) -> None:
    local_aws.client("sns").create_topic(Name="refusals.fifo", Attributes={"FifoTopic": "true"})

    ended = machines.run(jsonata("A", {"A": task(resource, arguments)}))

    assert (ended.status, ended.error) == ("FAILED", error)
    assert said in str(ended.cause)


@pytest.mark.parametrize("body", [None, ""])
def test_a_message_without_a_body_is_refused_by_the_queue(
    machines: Machines, local_aws: LocalAws, body: str | None
) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="bodyless")["QueueUrl"]

    ended = machines.run(jsonata("A", {"A": task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": body})}))

    assert ended.error == "SQS.AmazonSQSException"
    assert "The request must contain the parameter MessageBody. (Service: AmazonSQS; " in str(ended.cause)
    assert "Error Code: MissingParameter; " in str(ended.cause)


@pytest.mark.parametrize(
    ("payload", "event"),
    [(None, {}), ("words", "words"), ('"quoted"', "quoted"), ('{"a":1}', {"a": 1}), ({"a": None}, {"a": None})],
)
def test_a_function_gets_its_payload_as_json(machines: Machines, local_aws: LocalAws, payload: Any, event: Any) -> None:
    name = f"payload-{abs(hash(repr(payload)))}"
    arn = make_function(local_aws, name, "def handler(event, context):\n    return event\n")

    ended = machines.run(jsonata("A", {"A": task("lambda:invoke", {"FunctionName": arn, "Payload": payload})}))

    assert ended.output["Payload"] == event


def test_a_function_as_a_resource_gets_a_text_as_it_is(machines: Machines, local_aws: LocalAws) -> None:
    arn = make_function(local_aws, "text-event", "def handler(event, context):\n    return [event]\n")

    ended = machines.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}, "words")

    assert ended.output == ["words"]


def test_the_catch_all_catches_a_function_s_result_over_256_kib(machines: Machines, local_aws: LocalAws) -> None:
    arn = make_function(local_aws, "large-result", "def handler(event, context):\n    return 'a' * 300_000\n")
    states = {"A": task("lambda:invoke", {"FunctionName": arn}, Catch=CAUGHT), "C": pass_on("{% $states.input %}")}

    ended = machines.run(jsonata("A", states))

    said = "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."
    assert ended.output == {"Error": "States.DataLimitExceeded", "Cause": said}


def test_a_modelled_error_gets_the_suffix_that_its_api_lacks(machines: Machines, local_aws: LocalAws) -> None:
    error = {"code": "ResourceLimitExceeded", "message": "no more", "status": 400}
    fault = {"service": "sagemaker", "operation": "CreateEndpoint", "error": error, "times": 1}
    local_aws.post("faults", [{**fault, "match": {"EndpointName": "over-quota"}}])
    arguments = {"EndpointName": "over-quota", "EndpointConfigName": "any"}

    ended = machines.run(jsonata("A", {"A": task("aws-sdk:sagemaker:createEndpoint", arguments)}))

    assert ended.error == "SageMaker.ResourceLimitExceededException"


def test_an_unknown_parameter_fails_the_execution_and_cannot_be_caught(machines: Machines) -> None:
    arguments = "{% {'EndpointName': 'e', 'Colour': 'red'} %}"
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    states = {"A": task("aws-sdk:sagemaker:describeEndpoint", arguments, Catch=caught), "B": pass_on("caught")}

    ended = machines.run(jsonata("A", states))

    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert 'The field "Colour" is not supported by Step Functions' in str(ended.cause)


@pytest.mark.parametrize(("pattern", "output"), [("", None), (".sync", '{"z":5}'), (".sync:2", {"z": 5})])
def test_a_nested_execution_is_started_or_awaited(machines: Machines, pattern: str, output: Any) -> None:
    states = {"W": {"Type": "Wait", "Seconds": 120, "Next": "B"}, "B": pass_on({"z": "{% $states.input.q %}"})}
    child = machines.create(jsonata("W", states))
    arguments = {"StateMachineArn": child, "Input": {"q": 5}}

    ended = machines.run(jsonata("A", {"A": task(f"states:startExecution{pattern}", arguments)}))

    assert ended.output.get("Output") == output
    assert (ended.seconds >= 120) == bool(pattern)


def test_a_failed_nested_execution_fails_its_parent_with_its_description(machines: Machines) -> None:
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


def test_a_task_waits_for_its_token_and_returns_the_answer(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    arn = machines.start(machines.create(with_token(queue)))

    machines.states.send_task_success(taskToken=token_from(local_aws, queue), output='{"ok": true}')

    assert machines.wait(arn).output == {"ok": True}


def test_a_task_fails_with_the_error_of_its_worker(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="failing-tokens")["QueueUrl"]
    arn = machines.start(machines.create(with_token(queue)))

    machines.states.send_task_failure(taskToken=token_from(local_aws, queue), error="Worker", cause="broke")

    ended = machines.wait(arn)
    assert (ended.error, ended.cause) == ("Worker", "broke")


def test_a_token_without_an_answer_times_out_and_becomes_invalid(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="late-tokens")["QueueUrl"]

    ended = machines.run(with_token(queue, TimeoutSeconds=3600))

    assert (ended.status, ended.error, ended.seconds) == ("FAILED", "States.Timeout", 3600)
    with pytest.raises(machines.states.exceptions.TaskTimedOut):
        machines.states.send_task_success(taskToken=token_from(local_aws, queue), output="{}")


def test_a_missed_heartbeat_is_an_earlier_timeout(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="silent-tokens")["QueueUrl"]

    ended = machines.run(with_token(queue, TimeoutSeconds=3600, HeartbeatSeconds=60))

    assert (ended.error, ended.seconds) == ("States.Timeout", 60)
    assert "TaskTimedOut" in ended.kinds


def test_a_caught_timeout_has_an_empty_cause(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="caught-tokens")["QueueUrl"]
    definition = with_token(queue, TimeoutSeconds=60, Catch=CAUGHT)
    definition["States"]["C"] = pass_on("{% $states.input %}")

    assert machines.run(definition).output == {"Error": "States.Timeout", "Cause": ""}


def test_a_worker_without_an_error_and_a_cause_gives_a_catcher_nulls(machines: Machines, local_aws: LocalAws) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName="nameless-tokens")["QueueUrl"]
    definition = with_token(queue, Catch=CAUGHT)
    definition["States"]["C"] = pass_on("{% $states.input %}")
    arn = machines.start(machines.create(definition))

    machines.states.send_task_failure(taskToken=token_from(local_aws, queue))

    assert machines.wait(arn).output == {"Error": None, "Cause": None}


def test_a_task_that_waits_for_an_execution_also_has_a_token(machines: Machines) -> None:
    child = machines.create(jsonata("A", {"A": pass_on("{% $states.input %}")}))
    arguments = {"StateMachineArn": child, "Input": {"token": "{% $states.context.Task.Token %}"}}

    ended = machines.run(jsonata("A", {"A": task("states:startExecution.sync:2", arguments)}))

    assert isinstance(ended.output["Output"]["token"], str)


def test_an_execution_without_an_input_gets_an_empty_object(machines: Machines) -> None:
    child = machines.create(jsonata("A", {"A": pass_on("{% $states.input %}")}))
    arguments = {"StateMachineArn": child, "Input": None}

    assert machines.run(jsonata("A", {"A": task("states:startExecution.sync:2", arguments)})).output["Output"] == {}


@pytest.mark.parametrize("given", [{"q": 5}, [5], None])
def test_an_api_s_text_is_the_json_of_an_object_or_a_list(machines: Machines, given: Any) -> None:
    child = machines.create(jsonata("A", {"A": pass_on("{% $states.input %}")}))
    arguments = {"StateMachineArn": child, "Input": given}

    ended = machines.run(jsonata("A", {"A": task("aws-sdk:sfn:startExecution", arguments)}))

    assert machines.wait(ended.output["ExecutionArn"]).output == (given or {})


@pytest.mark.parametrize(("body", "stored"), [("text data", b'"text data"'), (0, b"0"), ({"a": [1]}, b'{"a":[1]}')])
def test_an_api_s_bytes_are_json_whose_texts_keep_their_quotes(
    machines: Machines, local_aws: LocalAws, body: Any, stored: bytes
) -> None:
    s3 = local_aws.client("s3")
    bucket = f"bodies-{len(stored)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    arguments = {"Bucket": bucket, "Key": "k", "Body": body}

    assert machines.run(jsonata("A", {"A": task("aws-sdk:s3:putObject", arguments)})).status == "SUCCEEDED"

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == stored


def test_an_unknown_token_is_refused(machines: Machines) -> None:
    with pytest.raises(machines.states.exceptions.InvalidToken):
        machines.states.send_task_success(taskToken="nobody's", output="{}")


def test_a_task_invokes_an_endpoint_and_its_error_has_the_name_of_step_functions(
    machines: Machines, hosting: Hosting
) -> None:
    hosting.endpoint("invoked-by-task")
    invoke = task(
        "aws-sdk:sagemakerruntime:invokeEndpoint",
        {"EndpointName": "invoked-by-task", "Body": {"x": 1}},
        Catch=CAUGHT,
        End=True,
    )
    definition = jsonata("A", {"A": invoke, "C": {"Type": "Succeed"}})

    hosting.answer("invoked-by-task", {"predictions": [1]})
    answered = machines.run(definition).output
    hosting.answer("invoked-by-task", "no", status=500)
    failed = machines.run(definition).output

    assert (answered["Body"], answered["ContentType"]) == ('{"predictions": [1]}', "application/json")
    assert failed["Error"] == "SageMakerRuntime.ModelErrorException"
    assert failed["Cause"].startswith('Received server error (500) from primary with message "no".')
    assert "(Service: SageMakerRuntime, Status Code: 424, Request ID: " in failed["Cause"]
    assert "Request ID: )" not in failed["Cause"]
