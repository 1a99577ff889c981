"""Permissions of a stack's deployer: operations on stacks, and the calls of its resources' handlers."""

from collections.abc import Callable

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from local_aws.cloudformation import handlers, schemas
from support import functions
from support.callers import Caller, Statement, allow, deny, document, error_of, make_role
from support.hosting import refused
from support.stacks import StackOf, template

GROUP = "G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /permissions/%s}}"
TOPIC = "T: {Type: AWS::SNS::Topic, Properties: {DisplayName: %s}}"
STACKS = allow("cloudformation:*")
SERVERLESS = "Transform: AWS::Serverless-2016-10-31\nResources:\n  T: {Type: AWS::SNS::Topic}\n"


class StackOfCaller(StackOf):
    """A stack that is created, changed and deleted by a caller, and read by an administrator."""

    def __init__(self, caller: Caller, name: str) -> None:
        super().__init__(caller.aws, name)
        object.__setattr__(self, "caller", caller)

    @property
    def writes(self) -> Caller:
        caller: Caller = self.__dict__["caller"]
        return caller

    def create(self, text: str, **options: object) -> str:
        self.writes.client("cloudformation").create_stack(StackName=self.name, TemplateBody=template(text), **options)
        return self.status

    def update(self, text: str, **options: object) -> str:
        self.writes.client("cloudformation").update_stack(StackName=self.name, TemplateBody=template(text), **options)
        return self.status

    def delete(self) -> str:
        stack_id = self.described["StackId"]
        self.writes.client("cloudformation").delete_stack(StackName=self.name)
        return str(self.api.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])


def deployer(aws: LocalAws, *statements: Statement) -> Caller:
    return make_role(aws, STACKS, *statements)


def test_a_handler_needs_the_callers_permission_to_find_its_resource(local_aws: LocalAws) -> None:
    caller = deployer(local_aws, allow(["logs:CreateLogGroup", "logs:DeleteLogGroup"]))
    stack = StackOfCaller(caller, "cannot-find")

    assert stack.create(GROUP % "unfound", OnFailure="DO_NOTHING") == "CREATE_FAILED"

    reason = stack.reason("G", "CREATE_FAILED")
    assert f"User: {caller.arn} is not authorized to perform: logs:DescribeLogGroups on resource: *" in reason
    assert reason.endswith("HandlerErrorCode: AccessDenied)")


def test_a_group_of_schedules_is_found_by_its_own_name(local_aws: LocalAws) -> None:
    names = ("CreateScheduleGroup", "TagResource", "DeleteScheduleGroup", "DeleteSchedule")
    calls = allow([f"scheduler:{name}" for name in names])
    text = "G: {Type: AWS::Scheduler::ScheduleGroup}"

    def stack_that_finds(name: str, groups: str) -> StackOf:
        found = allow("scheduler:GetScheduleGroup", f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule-group/{groups}")
        return StackOfCaller(deployer(local_aws, calls, found), name)

    own, other = stack_that_finds("own-group", "own-group-*"), stack_that_finds("other-group", "others-*")

    assert own.create(text) == "CREATE_COMPLETE", own.failures
    assert other.create(text, OnFailure="DO_NOTHING") == "CREATE_FAILED"
    assert "is not authorized to perform: scheduler:GetScheduleGroup on resource: " in other.reason(
        "G", "CREATE_FAILED"
    )


def test_a_resource_is_found_by_its_own_name(local_aws: LocalAws) -> None:
    calls = allow([f"sns:{name}" for name in ("CreateTopic", "TagResource", "DeleteTopic", "ListSubscriptionsByTopic")])

    def stack_that_finds(name: str, topics: str) -> StackOf:
        found = allow("sns:GetTopicAttributes", f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{topics}")
        return StackOfCaller(deployer(local_aws, calls, found), name)

    own, other = stack_that_finds("finds-its-own", "finds-its-own-*"), stack_that_finds("finds-another", "others-*")

    assert own.create(TOPIC % "Slip") == "CREATE_COMPLETE", own.failures
    assert other.create(TOPIC % "Slip") == "ROLLBACK_COMPLETE"
    assert f"sns:GetTopicAttributes on resource: arn:aws:sns:{REGION}:{ACCOUNT_ID}:finds-another-T-" in (
        other.reason("T", "CREATE_FAILED").replace("SNS:", "sns:")
    )


@pytest.mark.parametrize(
    ("take_away", "act", "status"),
    [
        ("sns:GetTopicAttributes", lambda stack: stack.update(TOPIC % "Way"), "UPDATE_ROLLBACK_COMPLETE"),
        ("sns:SetTopicAttributes", lambda stack: stack.update(TOPIC % "Way"), "UPDATE_ROLLBACK_COMPLETE"),
        ("sns:GetTopicAttributes", lambda stack: stack.delete(), "DELETE_FAILED"),
        ("sns:DeleteTopic", lambda stack: stack.delete(), "DELETE_FAILED"),
    ],
)
def test_updates_and_deletions_have_the_permissions_of_their_caller(
    local_aws: LocalAws, take_away: str, act: Callable[[StackOf], str], status: str
) -> None:
    caller = deployer(local_aws, allow("sns:*"))
    stack = StackOfCaller(caller, f"{caller.role_name}-changes")
    assert stack.create(TOPIC % "Slip") == "CREATE_COMPLETE", stack.failures

    policy = document(STACKS, allow("sns:*"), deny(take_away))
    local_aws.client("iam").put_role_policy(RoleName=caller.role_name, PolicyName="rights", PolicyDocument=policy)

    assert act(stack) in (status, status.replace("_COMPLETE", "_FAILED"))
    assert any("with an explicit deny in an identity-based policy" in failure for failure in stack.failures)


def test_a_key_policy_limits_calls_of_cloudformation_for_an_administrator(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "closed-key")
    text = """
K:
  Type: AWS::KMS::Key
  Properties:
    KeyPolicy:
      Statement:
        - {Effect: Allow, Action: ["kms:PutKeyPolicy", "kms:DescribeKey", "kms:ScheduleKeyDeletion"], Resource: "*",
           Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}}
A: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/of-a-stack, TargetKeyId: !Ref K}}
"""

    assert stack.create(text) == "ROLLBACK_COMPLETE"

    reason = stack.reason("A", "CREATE_FAILED")
    assert "because no resource-based policy allows the kms:CreateAlias action" in reason


def test_a_macro_needs_a_permission_of_its_own(local_aws: LocalAws) -> None:
    transform = f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"
    on_stacks = allow("cloudformation:*", f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/*")
    request = {"TemplateBody": SERVERLESS, "ChangeSetName": "first", "ChangeSetType": "CREATE"}
    without = make_role(local_aws, on_stacks).client("cloudformation")
    able = make_role(local_aws, on_stacks, allow("cloudformation:CreateChangeSet", transform)).client("cloudformation")

    _, message, _ = error_of(without.create_change_set, StackName="macro", **request)
    assert f"cloudformation:CreateChangeSet on resource: {transform}" in message
    able.create_change_set(StackName="macro", **request)


def test_the_caller_must_pass_the_role_of_a_stack(local_aws: LocalAws) -> None:
    role = functions.make_role(local_aws, "stack-role", allow("sns:*"), service="cloudformation.amazonaws.com")
    request = {"StackName": "passed-role", "TemplateBody": template(TOPIC % "Slip"), "RoleARN": role}

    _, message, _ = error_of(deployer(local_aws).client("cloudformation").create_stack, **request)
    assert f"iam:PassRole on resource: {role}" in message
    passes = allow("iam:PassRole", role, StringEquals={"iam:PassedToService": "cloudformation.amazonaws.com"})
    deployer(local_aws, passes).client("cloudformation").create_stack(**request)


def test_a_role_that_cloudformation_cannot_assume_is_refused(local_aws: LocalAws) -> None:
    role = functions.make_role(local_aws, "not-for-stacks", allow("sns:*"), service="lambda.amazonaws.com")
    request = {"StackName": "foreign-role", "TemplateBody": template(TOPIC % "Slip"), "RoleARN": role}

    refused = error_of(local_aws.client("cloudformation").create_stack, **request)

    assert refused == ("ValidationError", f"Role {role} is invalid or cannot be assumed", 400)


def test_a_policy_of_a_bus_is_found_by_its_bus(local_aws: LocalAws) -> None:
    bus = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/default"
    describe = allow("events:DescribeEventBus", bus)
    caller = deployer(local_aws, describe, allow(["events:PutPermission", "events:RemovePermission"]))
    stack = StackOfCaller(caller, "finds-its-bus")
    text = f"""
P:
  Type: AWS::Events::EventBusPolicy
  Properties:
    StatementId: of-a-test
    Statement: {{Effect: Allow, Principal: {{AWS: "210987654321"}}, Action: "events:PutEvents", Resource: "{bus}"}}
"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures
    assert stack.delete() == "DELETE_COMPLETE", stack.failures


FINDERS = [
    ("AWS::CloudWatch::Alarm", "update", ["cloudwatch:DescribeAlarms"]),
    ("AWS::Events::Rule", "create", ["events:DescribeRule"]),  # not the iam:PassRole that both handlers list
    ("AWS::KMS::Key", "create", []),
    ("AWS::KMS::Key", "delete", ["kms:DescribeKey"]),
    ("AWS::Lambda::EventSourceMapping", "create", ["lambda:GetEventSourceMapping"]),
    ("AWS::Lambda::Function", "create", ["lambda:GetFunction"]),
    ("AWS::Logs::LogGroup", "create", ["logs:DescribeLogGroups"]),
    ("AWS::SNS::TopicPolicy", "create", []),
    ("AWS::CloudFormation::WaitConditionHandle", "create", []),
]


@pytest.mark.parametrize(("kind", "verb", "expected"), FINDERS)
def test_a_resource_is_found_with_the_permissions_that_its_handlers_share(
    kind: str, verb: handlers.Verb, expected: list[str]
) -> None:
    schema = schemas.load(kind, REGION)
    assert schema is not None

    assert handlers.lookup_permissions(schema, verb) == expected


def test_the_role_of_a_stack_creates_its_resources(local_aws: LocalAws) -> None:
    iam = local_aws.client("iam")
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        '"Principal": {"Service": "cloudformation.amazonaws.com"}}]}'
    )
    role = iam.create_role(RoleName="deploys-nothing", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    stack = StackOf(local_aws, "with-role")

    assert stack.create("T: {Type: AWS::SNS::Topic}", RoleARN=role) == "ROLLBACK_COMPLETE"

    assert "assumed-role/deploys-nothing" in stack.reason("T", "CREATE_FAILED")
    assert "is not authorized to perform: SNS:" in stack.reason("T", "CREATE_FAILED")


def test_a_role_that_does_not_trust_cloudformation_is_refused_at_once(local_aws: LocalAws) -> None:
    role = make_role(local_aws).role_arn
    stack = StackOf(local_aws, "without-trust")

    with refused("ValidationError", f"Role {role} is invalid or cannot be assumed"):
        stack.create("T: {Type: AWS::SNS::Topic}", RoleARN=role)

    with refused("ValidationError", "Stack with id without-trust does not exist"):
        stack.described  # noqa: B018 - it is not there
