"""EventBridge calls the targets of its rules, as the rule's role or as itself; moto has neither."""

import json
from datetime import datetime
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.functions import make_function, make_role
from support.queues import attributes_of, is_empty, make_queue, next_message
from support.rules import EVENTS, make_rule, put_event


def test_queue_gets_the_whole_event(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "whole-event", EVENTS)
    make_rule(local_aws, "whole-event", {"Arn": queue_arn})
    before = datetime.fromisoformat(local_aws.get("clock")["now"])

    event_id = put_event(local_aws, "whole-event", answer=42)

    event = json.loads(next_message(local_aws, url)["Body"])
    time = datetime.fromisoformat(event.pop("time"))
    assert event == {
        "version": "0",
        "id": event_id,
        "detail-type": "Test",
        "source": "whole-event",
        "account": ACCOUNT_ID,
        "region": REGION,
        "resources": ["arn:one"],
        "detail": {"answer": 42},
    }
    assert 0 <= (time - before.replace(microsecond=0)).total_seconds() < 30


def test_an_event_without_a_match_and_a_disabled_rule_call_no_target(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "nobody", EVENTS)
    make_rule(local_aws, "no-match", {"Arn": queue_arn}, pattern={"source": ["nobody"], "detail": {"go": [True]}})
    make_rule(local_aws, "disabled", {"Arn": queue_arn}, pattern={"source": ["nobody"]}, State="DISABLED")

    put_event(local_aws, "nobody", go=False)

    assert is_empty(local_aws, url)


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("constant", {"Input": '{"always": "this"}'}, '{"always": "this"}'),
        ("part", {"InputPath": "$.detail.list[1]"}, '{"name": "two"}'),
        ("missing-part", {"InputPath": "$.detail.nowhere"}, "null"),
        (
            "object-template",
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "text": "$.detail.text",
                        "list": "$.detail.list",
                        "names": "$.detail.list[*].name",
                    },
                    "InputTemplate": '{"text": <text>, "inside": "say <text>, \\"<text>\\"", "list": <list>, "n": <names>}',
                }
            },
            '{"text": "a \\"b\\"", "inside": "say a \\"b\\", \\"a \\"b\\"\\"",'
            ' "list": [{"name": "one"}, {"name": "two"}], "n": ["one", "two"]}',
        ),
        (
            "text-template",
            {"InputTransformer": {"InputPathsMap": {"type": "$.detail-type"}, "InputTemplate": '"It is a <type>."'}},
            '"It is a Test."',
        ),
        (
            "list-in-text",
            {"InputTransformer": {"InputPathsMap": {"names": "$.detail.list[*].name"}, "InputTemplate": '"<names>"'}},
            '"[one,two]"',
        ),
        (
            "missing-variable",
            {"InputTransformer": {"InputPathsMap": {"gone": "$.detail.gone"}, "InputTemplate": '{"gone": "<gone>"}'}},
            '{"gone": ""}',
        ),
        (
            "rule-variables",
            {"InputTransformer": {"InputTemplate": '{"rule": "<aws.events.rule-name>"}'}},
            '{"rule": "rule-variables"}',
        ),
    ],
)
def test_target_gets_its_input(local_aws: LocalAws, name: str, target: dict[str, Any], expected: str) -> None:
    url, queue_arn = make_queue(local_aws, name, EVENTS)
    make_rule(local_aws, name, {"Arn": queue_arn, **target})

    put_event(local_aws, name, text='a "b"', list=[{"name": "one"}, {"name": "two"}])

    body = next_message(local_aws, url)["Body"]
    assert body == expected if name == "text-template" else json.loads(body) == json.loads(expected)


def test_object_within_quotes_of_a_json_template_is_never_delivered(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "quoted-object", EVENTS)
    transformer = {"InputPathsMap": {"object": "$.detail"}, "InputTemplate": '{"p": "<object>"}'}
    make_rule(local_aws, "quoted-object", {"Arn": queue_arn, "InputTransformer": transformer})

    put_event(local_aws, "quoted-object", a=1)

    assert is_empty(local_aws, url)


def test_a_template_can_contain_the_whole_event(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "embedding", EVENTS)
    template = '{"event": <aws.events.event.json>, "envelope": <aws.events.event>}'
    make_rule(local_aws, "embedding", {"Arn": queue_arn, "InputTransformer": {"InputTemplate": template}})

    event_id = put_event(local_aws, "embedding", a=1)

    body = json.loads(next_message(local_aws, url)["Body"])
    assert (body["event"]["id"], body["event"]["detail"]) == (event_id, {"a": 1})
    assert (body["envelope"]["id"], body["envelope"]["detailType"]) == (event_id, "Test")
    assert not {"detail", "detail-type"} & set(body["envelope"])


def test_state_machine_is_started_as_the_targets_role_with_a_name_from_the_event(local_aws: LocalAws) -> None:
    machine = _machine(local_aws, "started")
    allow = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine}
    role = make_role(local_aws, "start-role", allow, service=EVENTS)
    make_rule(local_aws, "starts", {"Arn": machine, "RoleArn": role})

    event_id = put_event(local_aws, "starts", n=1)

    (execution,) = _executions(local_aws, machine)
    assert execution["name"].startswith(f"{event_id}_")
    description = local_aws.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    assert json.loads(description["input"])["detail"] == {"n": 1}
    assert description["status"] == "SUCCEEDED"


def test_redelivered_event_does_not_start_a_second_execution(local_aws: LocalAws) -> None:
    machine = _machine(local_aws, "once")
    role = make_role(local_aws, "once-role", {"Effect": "Allow", "Action": "*", "Resource": "*"}, service=EVENTS)
    make_rule(local_aws, "once", {"Arn": machine, "RoleArn": role})
    event = {"id": "d2f4c1a0-0000-4000-8000-000000000001", "source": "once", "detail-type": "Test", "detail": {}}

    local_aws.post("events", [event])
    local_aws.post("events", [event])

    executions = local_aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert len(executions) == 1


def test_function_is_invoked_as_eventbridge_itself(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "invoked-results")
    function_arn = make_function(local_aws, "on-event", "def handler(event, context):\n    return event['detail']\n")
    client = local_aws.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="on-event", DestinationConfig={"OnSuccess": {"Destination": queue_arn}}
    )
    rule_arn = make_rule(local_aws, "invokes", {"Arn": function_arn})
    client.add_permission(
        FunctionName="on-event",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal=EVENTS,
        SourceArn=rule_arn,
    )

    put_event(local_aws, "invokes", n=7)

    assert json.loads(next_message(local_aws, url)["Body"])["responsePayload"] == {"n": 7}


def test_topic_and_log_group_get_the_event(local_aws: LocalAws) -> None:
    topic = local_aws.client("sns").create_topic(Name="on-event")["TopicArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": EVENTS}, "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    local_aws.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    url, queue_arn = make_queue(local_aws, "on-topic", "sns.amazonaws.com")
    local_aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    make_rule(local_aws, "to-topic", {"Arn": topic, "Input": '"a message"'})

    put_event(local_aws, "to-topic")

    assert json.loads(next_message(local_aws, url)["Body"])["Message"] == '"a message"'


def test_other_bus_gets_the_event_unchanged(local_aws: LocalAws) -> None:
    client = local_aws.client("events")
    bus = client.create_event_bus(Name="other")["EventBusArn"]
    url, queue_arn = make_queue(local_aws, "other-bus", EVENTS)
    client.put_rule(Name="on-other-bus", EventBusName="other", EventPattern='{"source": ["aws.forwarded"]}')
    client.put_targets(Rule="on-other-bus", EventBusName="other", Targets=[{"Id": "queue", "Arn": queue_arn}])
    allow = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    role = make_role(local_aws, "forwarding-role", allow, service=EVENTS)
    make_rule(local_aws, "forwards", {"Arn": bus, "RoleArn": role}, pattern={"source": ["aws.forwarded"]})

    (event_id,) = local_aws.post("events", [{"source": "aws.forwarded", "detail-type": "Test", "detail": {"n": 1}}])[
        "eventIds"
    ]

    event = json.loads(next_message(local_aws, url)["Body"])
    assert (event["id"], event["source"], event["detail"]) == (event_id, "aws.forwarded", {"n": 1})


def test_event_for_a_forbidden_target_is_sent_to_the_dead_letter_queue_at_once(local_aws: LocalAws) -> None:
    machine = _machine(local_aws, "forbidden")
    url, queue_arn = make_queue(local_aws, "forbidden-letters", EVENTS)
    role = make_role(local_aws, "powerless-role", service=EVENTS)
    target = {"Arn": machine, "RoleArn": role, "DeadLetterConfig": {"Arn": queue_arn}}
    rule_arn = make_rule(local_aws, "forbidden", target)

    event_id = put_event(local_aws, "forbidden", n=1)

    message = next_message(local_aws, url)
    attributes = attributes_of(message)
    assert json.loads(message["Body"])["id"] == event_id
    assert "states:StartExecution" in attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": machine,
        "ERROR_CODE": "NO_PERMISSIONS",
        "RETRY_ATTEMPTS": "0",
    }


def test_role_that_does_not_trust_eventbridge_is_not_used(local_aws: LocalAws) -> None:
    machine = _machine(local_aws, "distrusting")
    url, queue_arn = make_queue(local_aws, "distrusting-letters", EVENTS)
    role = make_role(local_aws, "distrusting-role", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    make_rule(local_aws, "distrusting", {"Arn": machine, "RoleArn": role, "DeadLetterConfig": {"Arn": queue_arn}})

    put_event(local_aws, "distrusting")

    assert attributes_of(next_message(local_aws, url))["ERROR_CODE"] == "FAILED_TO_ASSUME_ROLE"


def test_event_for_a_missing_target_is_sent_to_the_dead_letter_queue_at_once(local_aws: LocalAws) -> None:
    url, queue_arn = make_queue(local_aws, "missing-letters", EVENTS)
    role = make_role(local_aws, "missing-role", {"Effect": "Allow", "Action": "*", "Resource": "*"}, service=EVENTS)
    gone = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:gone"
    make_rule(local_aws, "missing", {"Arn": gone, "RoleArn": role, "DeadLetterConfig": {"Arn": queue_arn}})

    put_event(local_aws, "missing")

    attributes = attributes_of(next_message(local_aws, url))
    assert attributes["ERROR_CODE"] == "NO_RESOURCE"
    assert attributes["RETRY_ATTEMPTS"] == "0"


def test_broken_target_is_retried_by_the_retry_policy(local_aws: LocalAws) -> None:
    machine = _machine(local_aws, "broken")
    url, queue_arn = make_queue(local_aws, "broken-letters", EVENTS)
    role = make_role(local_aws, "broken-role", {"Effect": "Allow", "Action": "*", "Resource": "*"}, service=EVENTS)
    target = {
        "Arn": machine,
        "RoleArn": role,
        "RetryPolicy": {"MaximumRetryAttempts": 2},
        "DeadLetterConfig": {"Arn": queue_arn},
    }
    make_rule(local_aws, "broken", target)
    error = {"code": "ServiceUnavailable", "message": "broken", "status": 503}
    fault = {"service": "stepfunctions", "operation": "StartExecution", "match": {"stateMachineArn": machine}}

    local_aws.post("faults", [{**fault, "error": error}])
    try:
        put_event(local_aws, "broken")
        attributes = attributes_of(next_message(local_aws, url))
    finally:
        local_aws.delete("faults")

    assert attributes["ERROR_CODE"] == "ERROR_FROM_TARGET"
    assert attributes["ERROR_MESSAGE"] == "broken"
    assert attributes["RETRY_ATTEMPTS"] == "2"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"


def test_recovered_target_gets_the_event_on_a_retry(local_aws: LocalAws) -> None:
    machine = _machine(local_aws, "recovers")
    role = make_role(local_aws, "recovers-role", {"Effect": "Allow", "Action": "*", "Resource": "*"}, service=EVENTS)
    make_rule(local_aws, "recovers", {"Arn": machine, "RoleArn": role})
    fault = {"service": "stepfunctions", "operation": "StartExecution", "match": {"stateMachineArn": machine}}
    error = {"code": "ThrottlingException", "message": "later", "status": 400}

    local_aws.post("faults", [{**fault, "error": error, "times": 1}])
    put_event(local_aws, "recovers")

    assert len(_executions(local_aws, machine)) == 1


def _machine(local_aws: LocalAws, name: str) -> str:
    """Create a state machine that does nothing; return its ARN."""
    role = make_role(local_aws, f"{name}-machine-role", service="states.amazonaws.com")
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    client = local_aws.client("stepfunctions")
    return str(client.create_state_machine(name=name, roleArn=role, definition=definition)["stateMachineArn"])


def _executions(local_aws: LocalAws, machine: str) -> list[dict[str, Any]]:
    """The machine's executions after some virtual time."""
    queue = local_aws.client("sqs").create_queue(QueueName="pause")["QueueUrl"]
    assert is_empty(local_aws, queue)
    return list(local_aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"])
