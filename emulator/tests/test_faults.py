import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.parsers import ResponseParserError

from local_aws import LocalAws
from support.callers import allow, error_of, make_role
from support.machines import Machines, jsonata, task

THROTTLED = {"code": "ThrottlingException", "message": "Rate exceeded", "status": 400}


@pytest.fixture(autouse=True)
def _no_faults_left(local_aws: LocalAws) -> Iterator[None]:
    yield
    local_aws.delete("faults")


def fault(**details: Any) -> list[dict[str, Any]]:
    return [{"service": "sagemaker", "operation": "ListEndpoints", "error": THROTTLED, **details}]


def test_a_fault_answers_every_call_until_it_is_removed(local_aws: LocalAws) -> None:
    sagemaker = local_aws.client("sagemaker")
    local_aws.post("faults", fault())

    for _ in range(2):
        assert error_of(sagemaker.list_endpoints) == ("ThrottlingException", "Rate exceeded", 400)
    assert local_aws.delete("faults") == []
    sagemaker.list_endpoints()


def test_a_fault_with_times_is_used_up(local_aws: LocalAws) -> None:
    sagemaker = local_aws.client("sagemaker")
    local_aws.post("faults", fault(times=2))

    assert [error_of(sagemaker.list_endpoints)[0] for _ in range(2)] == ["ThrottlingException"] * 2
    sagemaker.list_endpoints()
    assert local_aws.get("faults") == []


def test_a_status_without_a_name_is_sent(local_aws: LocalAws) -> None:
    local_aws.post("faults", fault(times=1, error={"code": "Odd", "message": "m", "status": 599}))

    assert error_of(local_aws.client("sagemaker").list_endpoints) == ("Odd", "m", 599)


def test_faults_apply_in_the_order_of_posting_each_with_its_times(local_aws: LocalAws) -> None:
    sagemaker = local_aws.client("sagemaker")
    local_aws.post("faults", fault(times=1))
    left = local_aws.post("faults", fault(times=1, error={"code": "Second", "message": "m", "status": 503}))

    assert [each["error"]["code"] for each in left] == ["ThrottlingException", "Second"]
    assert error_of(sagemaker.list_endpoints)[0] == "ThrottlingException"
    assert error_of(sagemaker.list_endpoints) == ("Second", "m", 503)
    sagemaker.list_endpoints()


def test_a_fault_applies_only_to_calls_with_its_parameters(local_aws: LocalAws) -> None:
    sqs = local_aws.client("sqs")
    match = {"QueueName": "unlucky", "Attributes": {"DelaySeconds": "5"}}
    local_aws.post("faults", fault(service="sqs", operation="CreateQueue", match=match))

    sqs.create_queue(QueueName="unlucky")
    sqs.create_queue(QueueName="lucky", Attributes={"DelaySeconds": "5"})
    unlucky = {"QueueName": "unlucky", "Attributes": {"DelaySeconds": "5", "VisibilityTimeout": "9"}}
    assert error_of(sqs.create_queue, **unlucky)[0] == "ThrottlingException"


def test_a_call_with_a_fault_changes_nothing_and_is_logged_with_its_error(local_aws: LocalAws) -> None:
    sns = local_aws.client("sns")
    local_aws.post("faults", fault(service="sns", operation="CreateTopic"))
    local_aws.delete("calls")

    assert error_of(sns.create_topic, Name="never-made")[0] == "ThrottlingException"
    (call,) = local_aws.get("calls")
    assert call["error"] == {"code": "ThrottlingException", "message": "Rate exceeded"}
    assert not any("never-made" in topic["TopicArn"] for topic in sns.list_topics()["Topics"])


WRONG = [
    ({"service": "sagemakr"}, "/0/service: unknown service 'sagemakr'"),
    ({"operation": "ListEndpoint"}, "/0/operation: unknown operation 'ListEndpoint' of sagemaker"),
    (
        {"match": {"NameContain": "x"}},
        "/0/match/NameContain: unknown parameter. The parameters are: SortBy, SortOrder,",
    ),
    ({"match": ["x"]}, "/0/match: expected an object, not ['x']"),
    ({"error": {"code": "X", "message": "m", "status": 200}}, "/0/error/status: 200 is not an HTTP error status"),
    ({"error": {"code": "X", "message": "m"}}, "/0/error/status: missing"),
    ({"error": "X"}, "/0/error: expected an object, not 'X'"),
    ({"times": 0}, "/0/times: 0 is not a whole number above 0"),
    ({"time": 1}, "/0/time: unknown field. Use: answer, error, match, operation, principal, service, times"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[message.split(":")[0] for _, message in WRONG])
def test_a_fault_that_cannot_apply_is_refused(local_aws: LocalAws, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="POST /_emulator/faults") as refused:
        local_aws.post("faults", fault(**wrong))

    assert message in str(refused.value)
    assert local_aws.get("faults") == []


def test_a_wrong_parameter_within_a_match_is_reported(local_aws: LocalAws) -> None:
    match = {"ProductionVariants": [{"InstanceTyp": "ml.m5.large"}]}
    with pytest.raises(
        ValueError, match=r"/0/match/ProductionVariants/0/InstanceTyp: unknown parameter\. The parameters are: V"
    ):
        local_aws.post("faults", fault(operation="CreateEndpointConfig", match=match))


def test_only_a_list_of_faults_is_accepted(local_aws: LocalAws) -> None:
    with pytest.raises(ValueError, match="the body must be a list of faults"):
        local_aws.post("faults", fault()[0])


def test_one_wrong_fault_refuses_the_whole_list(local_aws: LocalAws) -> None:
    with pytest.raises(ValueError, match="/1/service"):
        local_aws.post("faults", [*fault(), *fault(service="nothing")])

    assert local_aws.get("faults") == []
    local_aws.client("sagemaker").list_endpoints()


def test_a_fault_applies_only_to_callers_with_its_principal(local_aws: LocalAws) -> None:
    throttled = make_role(local_aws, allow("sagemaker:ListEndpoints"))
    other = make_role(local_aws, allow("sagemaker:ListEndpoints"))
    local_aws.post("faults", fault(principal=throttled.arn.split("/")[1]))

    assert error_of(throttled.client("sagemaker").list_endpoints) == ("ThrottlingException", "Rate exceeded", 400)
    other.client("sagemaker").list_endpoints()


@pytest.mark.parametrize(("answer", "seen"), [("cut", ConnectionClosedError), ("garbled", ResponseParserError)])
def test_the_answer_to_an_executed_call_is_lost(local_aws: LocalAws, answer: str, seen: type[Exception]) -> None:
    sns, name = local_aws.client("sns"), f"unheard-of-{answer}"
    local_aws.post("faults", [{"service": "sns", "operation": "CreateTopic", "answer": answer, "times": 1}])

    with pytest.raises(seen):
        sns.create_topic(Name=name)

    assert any(topic["TopicArn"].endswith(f":{name}") for topic in sns.list_topics()["Topics"])


def test_a_caller_in_virtual_time_times_out_before_a_late_answer(local_aws: LocalAws) -> None:
    call = task("aws-sdk:sqs:createQueue", {"QueueName": "answered-late"}, TimeoutSeconds=60)
    local_aws.post("faults", [{"service": "sqs", "operation": "CreateQueue", "answer": "late", "times": 1}])

    ended = Machines(local_aws).run(jsonata("Call", {"Call": call}))

    assert (ended.status, ended.error) == ("FAILED", "States.Timeout")
    assert "QueueUrl" in local_aws.client("sqs").get_queue_url(QueueName="answered-late")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"answer": "wrong"}, "/0/answer: unknown answer 'wrong'. Use: cut, garbled, late"),
        ({}, "/0: set either error or answer"),
        ({"answer": "cut", "error": THROTTLED}, "/0: set either error or answer"),
    ],
)
def test_the_fate_of_an_answer_is_checked(local_aws: LocalAws, body: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        local_aws.post("faults", [{"service": "sqs", "operation": "CreateQueue", **body}])
