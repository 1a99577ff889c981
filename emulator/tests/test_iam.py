"""Rights of roles by their own policies: IAM user guide, "Policy evaluation logic"."""

import time
import timeit
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from local_aws.core import principals
from local_aws.core.authorization import Check
from local_aws.core.authorization.documents import statements
from support.callers import allow, deny, document, error_of, make_role

SAGEMAKER = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}"

REFUSED: list[tuple[str, str, dict[str, Any], str, int, str]] = [
    ("cloudformation", "list_stacks", {}, "AccessDenied", 403, "cloudformation:ListStacks on resource: *"),
    ("dynamodb", "list_tables", {}, "AccessDeniedException", 400, "dynamodb:ListTables on resource: *"),
    ("iam", "get_role", {"RoleName": "r"}, "AccessDenied", 403, f"iam:GetRole on resource: arn:aws:iam::{ACCOUNT_ID}:role/r"),
    ("lambda", "invoke", {"FunctionName": "f"}, "AccessDeniedException", 403, f"lambda:InvokeFunction on resource: arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"),
    ("s3", "put_object", {"Bucket": "b-1", "Key": "k"}, "AccessDenied", 403, 's3:PutObject on resource: "arn:aws:s3:::b-1/k"'),
    ("sagemaker", "describe_endpoint", {"EndpointName": "E"}, "AccessDeniedException", 400, f"sagemaker:DescribeEndpoint on resource: {SAGEMAKER}:endpoint/e"),
    ("sns", "publish", {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:t", "Message": "m"}, "AuthorizationError", 403, f"SNS:Publish on resource: arn:aws:sns:{REGION}:{ACCOUNT_ID}:t"),
    ("sqs", "list_queues", {}, "AccessDenied", 403, "sqs:listqueues on resource: *"),
    ("stepfunctions", "list_state_machines", {}, "AccessDeniedException", 400, "states:ListStateMachines on resource: *"),
    ("xray", "put_trace_segments", {"TraceSegmentDocuments": []}, "AccessDeniedException", 403, "xray:PutTraceSegments on resource: *"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "method", "parameters", "code", "status", "what"), REFUSED, ids=[f"{r[0]}" for r in REFUSED]
)
def test_a_role_without_permission_gets_the_services_message(
    local_aws: LocalAws, service: str, method: str, parameters: dict[str, Any], code: str, status: int, what: str
) -> None:
    caller = make_role(local_aws, allow("ssm:GetParameter"))
    action = what.split(" ")[0]

    refused = error_of(getattr(caller.client(service), method), **parameters)

    reason = f"because no identity-based policy allows the {action} action"
    assert refused == (code, f"User: {caller.arn} is not authorized to perform: {what} {reason}", status)


def test_a_role_has_the_rights_of_its_inline_policy_and_no_others(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("ssm:PutParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:parameter/mine/*"))
    ssm = caller.client("ssm")

    ssm.put_parameter(Name="/mine/a", Value="v", Type="String")
    assert error_of(ssm.put_parameter, Name="/theirs/a", Value="v", Type="String")[0] == "AccessDeniedException"
    assert error_of(ssm.get_parameter, Name="/mine/a")[0] == "AccessDeniedException"


def test_an_attached_managed_policy_is_evaluated(local_aws: LocalAws) -> None:
    iam = local_aws.client("iam")
    caller = make_role(local_aws)
    made = iam.create_policy(PolicyName="reads-topics", PolicyDocument=document(allow("sns:ListTopics")))
    assert error_of(caller.client("sns").list_topics)[0] == "AuthorizationError"

    iam.attach_role_policy(RoleName=caller.role_name, PolicyArn=made["Policy"]["Arn"])
    caller.client("sns").list_topics()
    iam.create_policy_version(
        PolicyArn=made["Policy"]["Arn"], PolicyDocument=document(allow("sns:Publish")), SetAsDefault=True
    )
    assert error_of(caller.client("sns").list_topics)[0] == "AuthorizationError"


def test_an_aws_managed_policy_is_evaluated(local_aws: LocalAws) -> None:
    caller = make_role(local_aws)
    local_aws.client("iam").attach_role_policy(
        RoleName=caller.role_name, PolicyArn="arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    )

    caller.client("sqs").list_queues()
    assert error_of(caller.client("sqs").create_queue, QueueName="no")[0] == "AccessDenied"


def test_aws_managed_policies_are_listed_with_the_accounts_policies(local_aws: LocalAws) -> None:
    iam = local_aws.client("iam")
    iam.create_policy(PolicyName="of-the-account", PolicyDocument=document(allow("sns:List*")))

    pages = iam.get_paginator("list_policies").paginate(Scope="All")
    names = {policy["PolicyName"] for page in pages for policy in page["Policies"]}

    assert {"of-the-account", "AmazonSQSReadOnlyAccess", "AdministratorAccess"} <= names


def test_a_missing_aws_managed_policy_is_not_found(local_aws: LocalAws) -> None:
    code, message, _ = error_of(local_aws.client("iam").get_policy, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")

    assert code == "NoSuchEntity"
    assert "arn:aws:iam::aws:policy/NoSuchPolicy" in message


def test_an_explicit_deny_has_precedence(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("sns:*"), deny("sns:Delete*"))
    topic_arn = caller.client("sns").create_topic(Name="iam-kept")["TopicArn"]

    code, message, _ = error_of(caller.client("sns").delete_topic, TopicArn=topic_arn)

    assert code == "AuthorizationError"
    assert message.endswith(
        f"SNS:DeleteTopic on resource: {topic_arn} with an explicit deny in an identity-based policy"
    )


def test_a_permissions_boundary_limits_the_rights(local_aws: LocalAws) -> None:
    boundary = local_aws.client("iam").create_policy(
        PolicyName="only-listing", PolicyDocument=document(allow("sns:List*"))
    )
    caller = make_role(local_aws, allow("sns:*"), PermissionsBoundary=boundary["Policy"]["Arn"])

    caller.client("sns").list_topics()
    _, message, _ = error_of(caller.client("sns").create_topic, Name="beyond")
    assert message.endswith("because no permissions boundary allows the SNS:CreateTopic action")


def test_create_endpoint_needs_both_arns_in_lower_case(local_aws: LocalAws) -> None:
    request = {"EndpointName": "Churn", "EndpointConfigName": "Churn-V1"}
    half = make_role(local_aws, allow("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/churn"))
    upper = make_role(
        local_aws, allow("sagemaker:CreateEndpoint", [f"{SAGEMAKER}:endpoint/Churn", f"{SAGEMAKER}:endpoint-config/*"])
    )
    whole = make_role(
        local_aws, allow("sagemaker:CreateEndpoint", [f"{SAGEMAKER}:endpoint/churn", f"{SAGEMAKER}:endpoint-config/*"])
    )

    assert (
        f"on resource: {SAGEMAKER}:endpoint-config/churn-v1 "
        in error_of(half.client("sagemaker").create_endpoint, **request)[1]
    )
    assert (
        f"on resource: {SAGEMAKER}:endpoint/churn " in error_of(upper.client("sagemaker").create_endpoint, **request)[1]
    )
    # allowed: the config is missing now
    assert error_of(whole.client("sagemaker").create_endpoint, **request)[0] == "ValidationException"
    assert [verdict for _, _, verdict in whole.checks()] == ["allow", "allow"]


def test_a_condition_on_request_tags_is_evaluated(local_aws: LocalAws) -> None:
    tagged = allow(["sns:CreateTopic", "sns:TagResource"], StringEquals={"aws:RequestTag/stage": "dev"})
    caller = make_role(local_aws, tagged).client("sns")

    caller.create_topic(Name="tagged-dev", Tags=[{"Key": "stage", "Value": "dev"}])
    wrong = [{"Key": "stage", "Value": "prod"}]
    assert error_of(caller.create_topic, Name="tagged-prod", Tags=wrong)[0] == "AuthorizationError"
    assert error_of(caller.create_topic, Name="not-tagged")[0] == "AuthorizationError"


def test_a_condition_on_resource_tags_is_evaluated(local_aws: LocalAws) -> None:
    sqs = local_aws.client("sqs")
    mine = sqs.create_queue(QueueName="iam-mine", tags={"owner": "me"})["QueueUrl"]
    theirs = sqs.create_queue(QueueName="iam-theirs", tags={"owner": "you"})["QueueUrl"]
    caller = make_role(local_aws, allow("sqs:SendMessage", StringEquals={"aws:ResourceTag/Owner": "me"}))

    caller.client("sqs").send_message(QueueUrl=mine, MessageBody="m")
    assert error_of(caller.client("sqs").send_message, QueueUrl=theirs, MessageBody="m")[0] == "AccessDenied"


def test_a_condition_on_the_roles_tags_is_evaluated(local_aws: LocalAws) -> None:
    own = allow("ssm:PutParameter", "arn:aws:ssm:*:*:parameter/${aws:PrincipalTag/team}/*")
    caller = make_role(local_aws, own, Tags=[{"Key": "team", "Value": "churn"}]).client("ssm")

    caller.put_parameter(Name="/churn/p", Value="v", Type="String")
    assert error_of(caller.put_parameter, Name="/fraud/p", Value="v", Type="String")[0] == "AccessDeniedException"


def test_an_operation_without_a_table_is_refused(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("*"))

    code, message, status = error_of(caller.client("ec2").describe_vpcs)

    assert (code, status) == ("NotImplemented", 501)
    assert message == "The local AWS does not model this: the permissions of ec2 DescribeVpcs"
    assert caller.checks() == [("ec2:DescribeVpcs", "*", "unknown")]


def test_a_parameter_that_changes_the_permission_is_refused(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("*"))

    code, message, _ = error_of(caller.client("s3").get_object, Bucket="b-1", Key="k", VersionId="v")

    assert code == "NotImplemented"
    assert message.endswith("the permissions of s3 GetObject with VersionId")


def test_a_condition_that_is_not_modelled_is_refused(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("sns:ListTopics", IpAddress={"aws:SourceIp": "127.0.0.1"}))

    code, message, status = error_of(caller.client("sns").list_topics)

    assert (code, status) == ("NotImplemented", 501)
    assert message.endswith("condition operator IpAddress")
    assert caller.checks() == [("sns:ListTopics", "*", "unknown")]


def test_a_session_of_a_deleted_role_has_an_invalid_token(local_aws: LocalAws) -> None:
    caller = make_role(local_aws)
    local_aws.client("iam").delete_role(RoleName=caller.role_name)

    invalid = "The security token included in the request is invalid."
    assert error_of(caller.client("sns").list_topics) == ("InvalidClientTokenId", invalid, 403)
    assert error_of(caller.client("ssm").describe_parameters) == ("UnrecognizedClientException", invalid, 400)
    assert error_of(caller.client("s3").list_buckets)[0] == "InvalidAccessKeyId"


def test_a_changed_policy_applies_at_once(local_aws: LocalAws) -> None:
    caller = make_role(local_aws, allow("sns:ListTopics"))
    caller.client("sns").list_topics()

    local_aws.client("iam").delete_role_policy(RoleName=caller.role_name, PolicyName="rights")

    assert error_of(caller.client("sns").list_topics)[0] == "AuthorizationError"


def test_an_administrator_has_all_rights(local_aws: LocalAws) -> None:
    local_aws.delete("calls")
    local_aws.client("ec2").describe_vpcs()

    (call,) = local_aws.get("calls")
    assert (call["action"], call["resource"], call["verdict"]) == ("ec2:DescribeVpcs", "*", "administrator")


def test_log_groups_match_with_and_without_their_streams(local_aws: LocalAws) -> None:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/group"
    for resource in (group, f"{group}:*"):
        caller = make_role(local_aws, allow(["logs:CreateLogGroup", "logs:CreateLogStream"], resource))
        caller.client("logs").create_log_group(logGroupName="/group")
        local_aws.client("logs").delete_log_group(logGroupName="/group")
    # streams only belong to the second
    assert (
        error_of(
            make_role(local_aws, allow("logs:CreateLogStream", group)).client("logs").create_log_stream,
            logGroupName="/group",
            logStreamName="s",
        )[0]
        == "AccessDeniedException"
    )


def test_a_state_machine_version_matches_its_machine(local_aws: LocalAws) -> None:
    machine = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:m"
    only_live = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}}
    for statement in (
        allow("states:StartExecution", f"{machine}:live"),
        allow("states:StartExecution", machine, **only_live),
    ):
        caller = make_role(local_aws, statement)
        start = caller.client("stepfunctions").start_execution
        assert error_of(start, stateMachineArn=f"{machine}:live")[0] == "StateMachineDoesNotExist"
        assert error_of(start, stateMachineArn=f"{machine}:next")[0] == "AccessDeniedException"


def test_batches_are_authorized_on_every_resource(local_aws: LocalAws) -> None:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table"
    caller = make_role(local_aws, allow("dynamodb:BatchGetItem", f"{table}/one"))
    keys = {"Keys": [{"id": {"S": "1"}}]}

    _, message, _ = error_of(caller.client("dynamodb").batch_get_item, RequestItems={"one": keys, "two": keys})

    assert f"on resource: {table}/two " in message


def test_a_policy_of_fifty_statements_is_evaluated_in_under_a_millisecond() -> None:
    fifty = [allow(f"sns:A{number}", f"arn:aws:sns:*:*:t{number}") for number in range(50)]
    policy = document(*fifty)
    caller = principals.role(f"arn:aws:iam::{ACCOUNT_ID}:role/r", "tester")
    check = Check(caller, "sns:A49", (f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:t49",), REGION, ACCOUNT_ID)

    def evaluate() -> list[bool]:
        return [each.covers(check) for each in statements(policy)]

    assert evaluate().count(True) == 1
    assert min(timeit.repeat(evaluate, timer=time.process_time, number=20, repeat=5)) / 20 < 0.001
