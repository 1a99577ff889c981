from datetime import datetime

from local_aws import LocalAws
from support.callers import allow, error_of, make_role


def test_calls_are_listed_in_order_until_they_are_deleted(local_aws: LocalAws) -> None:
    local_aws.delete("calls")
    local_aws.client("sns").list_topics()
    local_aws.client("sqs").list_queues()

    assert [call["operation"] for call in local_aws.get("calls")] == ["ListTopics", "ListQueues"]
    assert local_aws.delete("calls") == []
    assert local_aws.get("calls") == []


def test_a_call_has_its_virtual_time(local_aws: LocalAws) -> None:
    local_aws.delete("calls")
    before = datetime.fromisoformat(local_aws.get("clock")["now"])
    local_aws.client("sns").list_topics()

    (call,) = local_aws.get("calls")
    at = datetime.fromisoformat(call["time"])
    assert at.utcoffset() is not None
    assert -1 < (at - before).total_seconds() < 60


def test_an_error_of_the_service_is_listed_with_the_call(local_aws: LocalAws) -> None:
    local_aws.delete("calls")
    code, message, _ = error_of(local_aws.client("ssm").get_parameter, Name="/not/there")

    (call,) = local_aws.get("calls")
    assert call["error"] == {"code": code, "message": message} == {"code": "ParameterNotFound", "message": message}


def test_a_call_that_succeeds_has_no_error(local_aws: LocalAws) -> None:
    local_aws.delete("calls")
    local_aws.client("sns").list_topics()

    assert "error" not in local_aws.get("calls")[0]


def test_further_permissions_of_a_call_follow_as_derived(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("sagemaker:CreateEndpoint"))
    local_aws.delete("calls")
    tags = [{"Key": "a", "Value": "b"}]
    error_of(caller.client("sagemaker").create_endpoint, EndpointName="E", EndpointConfigName="C", Tags=tags)

    listed = [(call["action"], call["verdict"], call["derived"]) for call in local_aws.get("calls")]
    assert listed == [
        ("sagemaker:CreateEndpoint", "allow", False),
        ("sagemaker:CreateEndpoint", "allow", True),
        ("sagemaker:AddTags", "deny", True),
    ]
    first, *derived = local_aws.get("calls")
    assert first["error"]["code"] == "AccessDeniedException"
    assert {call["operation"] for call in derived} == {"CreateEndpoint"}
