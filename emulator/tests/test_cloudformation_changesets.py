import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, LocalAws, until
from local_aws.cloudformation import changesets
from local_aws.cloudformation.stacks import ChangeSet, Stack
from local_aws.core.clock import clock
from support.hosting import refused
from support.stacks import Json, StackOf, template

TOPIC = "T: {Type: AWS::SNS::Topic}"
ROLE = """
R:
  Type: AWS::IAM::Role
  Properties:
    AssumeRolePolicyDocument:
      Version: 2012-10-17
      Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}]
"""
# A function that SAM gives a role, a version and an alias.
FUNCTION = """
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: 'def handler(event, context): return 1'
      Handler: index.handler
      Runtime: python3.13
      AutoPublishAlias: live
"""


def change(stack: StackOf, text: str, name: str = "change", kind: str = "CREATE", **options: object) -> Json:
    """Create a change set; return its description."""
    stack.api.create_change_set(
        StackName=stack.name, ChangeSetName=name, ChangeSetType=kind, TemplateBody=template(text), **options
    )
    described: Json = stack.api.describe_change_set(StackName=stack.name, ChangeSetName=name)
    return described


def execute(stack: StackOf, name: str = "change", **options: object) -> str:
    stack.api.execute_change_set(StackName=stack.name, ChangeSetName=name, **options)
    until(lambda: not stack.status.endswith("_IN_PROGRESS"))
    return stack.status


def changes(described: Json) -> list[tuple[str, str, str | None]]:
    """(action, logical id, replacement) of each change."""
    found = [each["ResourceChange"] for each in described["Changes"]]
    return [(each["Action"], each["LogicalResourceId"], each.get("Replacement")) for each in found]


def test_executing_a_change_set_creates_the_stack(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "reviewed")

    described = change(stack, TOPIC)

    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert changes(described) == [("Add", "T", None)]
    assert stack.status == "REVIEW_IN_PROGRESS"
    assert "reviewed-T" not in str(local_aws.client("sns").list_topics()["Topics"])
    assert execute(stack) == "CREATE_COMPLETE"
    assert "reviewed-T" in stack["T"]
    after = stack.api.describe_change_set(StackName=stack.name, ChangeSetName="change")
    assert after["ExecutionStatus"] == "EXECUTE_COMPLETE"
    with pytest.raises(ClientError, match=r"InvalidChangeSetStatus.*cannot be executed in its current status"):
        execute(stack)


def test_a_change_set_lists_changes_and_replacements(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "previewed")
    before = """
Q: {Type: AWS::SQS::Queue}
Same: {Type: AWS::SNS::Topic, Properties: {DisplayName: x}}
Named: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}
Uses: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Q.Arn}}
Gone: {Type: AWS::SNS::Topic}
"""
    after = """
Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
Same: {Type: AWS::SNS::Topic, Properties: {DisplayName: x}}
Named: {Type: AWS::SNS::Topic, Properties: {DisplayName: b}}
Uses: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Q.Arn}}
New: {Type: AWS::SNS::Topic}
"""
    stack.create(before)
    queue = stack["Q"]

    described = change(stack, after, kind="UPDATE")

    assert sorted(changes(described)) == [
        ("Add", "New", None),
        ("Modify", "Named", "False"),
        ("Modify", "Q", "True"),
        ("Modify", "Uses", "False"),
        ("Remove", "Gone", None),
    ]
    assert stack["Q"] == queue, "a change set changes nothing"
    named = next(each["ResourceChange"] for each in described["Changes"] if "Named" in str(each))
    assert named["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "DisplayName",
        "RequiresRecreation": "Never",
    }


def test_a_change_set_without_changes_fails_with_that_reason(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "no-changes")
    stack.create(TOPIC)

    described = change(stack, TOPIC, kind="UPDATE")

    assert described["Status"] == "FAILED"
    assert described["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )
    assert described["ExecutionStatus"] == "UNAVAILABLE"


def test_a_change_set_whose_execution_fails_is_rolled_back(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "change-fails")
    change(stack, f"{TOPIC}\nP: {{Type: AWS::SSM::Parameter, Properties: {{Name: aws-x, Type: String, Value: x}}}}")

    assert execute(stack) == "ROLLBACK_COMPLETE"

    described = stack.api.describe_change_set(StackName=stack.name, ChangeSetName="change")
    assert described["ExecutionStatus"] == "EXECUTE_FAILED"
    assert "T DELETE_COMPLETE" in stack.story


@pytest.fixture
def reviewed() -> tuple[Stack, ChangeSet]:
    """A stack under review in this process, and the change set that creates it."""
    rights: Any = {}
    now = clock.utc()
    stack = Stack("arn:stack", "slow", "eu-west-1", ACCOUNT_ID, rights, now, status="REVIEW_IN_PROGRESS")
    blueprint: Any = object()
    change_set = ChangeSet("arn:change", "change", "CREATE", now, None, given={}, blueprint=blueprint)
    return stack, change_set


def test_a_longer_change_set_continues_after_the_answer(
    reviewed: tuple[Stack, ChangeSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, change_set = reviewed
    continues = threading.Event()

    def create(created: Stack, *_: object) -> None:
        created.enter("CREATE_IN_PROGRESS")
        continues.wait()
        created.enter("CREATE_COMPLETE")

    monkeypatch.setattr(changesets.lifecycle, "create", create)
    monkeypatch.setattr(changesets, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(changesets, "_find", lambda *_: reviewed)
    monkeypatch.setattr(changesets, "set_role", lambda *_: None)
    call: Any = None

    assert changesets.execute_change_set(call, {}) is None

    until(lambda: stack.status == "CREATE_IN_PROGRESS")
    assert change_set.execution_status == "EXECUTE_IN_PROGRESS"
    continues.set()
    until(lambda: change_set.execution_status == "EXECUTE_COMPLETE")
    assert stack.status == "CREATE_COMPLETE"


def test_a_crash_of_the_local_aws_leaves_no_stack_in_progress(
    reviewed: tuple[Stack, ChangeSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, change_set = reviewed

    def create(created: Stack, *_: object) -> None:
        created.enter("CREATE_IN_PROGRESS")
        raise ZeroDivisionError

    monkeypatch.setattr(changesets.lifecycle, "create", create)
    assert change_set.blueprint

    with pytest.raises(ZeroDivisionError):
        changesets._execute(stack, change_set, change_set.blueprint, disable_rollback=False)

    assert (stack.status, change_set.execution_status) == ("CREATE_FAILED", "EXECUTE_FAILED")
    assert stack.reason == "Internal error of the local AWS; its output has the details"


def test_the_name_of_an_executed_change_set_can_be_used_again(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "named-again")
    first = change(stack, TOPIC)
    execute(stack)
    created = stack.described

    second = change(stack, f"{TOPIC}\nU: {{Type: AWS::SNS::Topic}}", kind="UPDATE")

    assert (created["ChangeSetId"], "LastUpdatedTime" in created) == (first["ChangeSetId"], True)
    assert [each["ResourceChange"]["LogicalResourceId"] for each in second["Changes"]] == ["U"]
    with refused("AlreadyExistsException", "ChangeSet change cannot be created because it already exists"):
        change(stack, TOPIC, kind="UPDATE")


def test_a_stack_under_review_can_be_created_without_its_change_set(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "under-review")
    reviewed = change(stack, TOPIC)["StackId"]

    assert stack.create(TOPIC) == "CREATE_COMPLETE", stack.failures

    assert stack.described["StackId"] == reviewed


def test_the_other_change_sets_of_a_stack_become_obsolete(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "obsolete")
    change(stack, TOPIC, "one")
    change(stack, TOPIC.replace("T:", "U:"), "two")

    execute(stack, "one")

    listed = stack.api.list_change_sets(StackName=stack.name)["Summaries"]
    assert {each["ChangeSetName"]: each["ExecutionStatus"] for each in listed} == {
        "one": "EXECUTE_COMPLETE",
        "two": "OBSOLETE",
    }
    stack.api.delete_change_set(StackName=stack.name, ChangeSetName="two")
    with pytest.raises(ClientError, match=r"ChangeSetNotFound.*ChangeSet \[two\] does not exist"):
        stack.api.describe_change_set(StackName=stack.name, ChangeSetName="two")


def test_iam_resources_must_be_acknowledged(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "acknowledged")
    named = ROLE.replace("Properties:", "Properties:\n    RoleName: acknowledged")

    with refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"):
        stack.create(ROLE)
    with refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"):
        change(stack, ROLE)
    with refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]"):
        stack.create(named, Capabilities=["CAPABILITY_IAM"])

    assert stack.create(named, Capabilities=["CAPABILITY_NAMED_IAM"]) == "CREATE_COMPLETE"
    assert stack["R"] == "acknowledged"


def test_macros_must_be_acknowledged_without_a_change_set(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "expanded")

    with refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"):
        stack.create(FUNCTION, Capabilities=["CAPABILITY_IAM"])

    assert change(stack, FUNCTION, Capabilities=["CAPABILITY_IAM"])["Status"] == "CREATE_COMPLETE"


def test_resources_that_a_macro_adds_must_be_acknowledged(local_aws: LocalAws) -> None:
    described = change(StackOf(local_aws, "added-role"), FUNCTION)

    assert (described["Status"], described["StatusReason"]) == ("FAILED", "Requires capabilities : [CAPABILITY_IAM]")


def test_the_serverless_macro_creates_plain_resources(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "serverless")
    change(stack, FUNCTION, Capabilities=["CAPABILITY_IAM"])

    assert execute(stack) == "CREATE_COMPLETE"

    resources = stack.api.describe_stack_resources(StackName=stack.name)["StackResources"]
    assert sorted(resource["ResourceType"] for resource in resources) == [
        "AWS::IAM::Role",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Function",
        "AWS::Lambda::Version",
    ]
    original = stack.api.get_template(StackName=stack.name)
    processed = stack.api.get_template(StackName=stack.name, TemplateStage="Processed")["TemplateBody"]
    assert original["TemplateBody"] == FUNCTION
    assert original["StagesAvailable"] == ["Original", "Processed"]
    assert processed["Resources"]["F"]["Type"] == "AWS::Lambda::Function"
    assert "Transform" not in processed


def test_new_code_is_published_before_the_alias_changes(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "republished")
    options = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}
    stack.create(FUNCTION, **options)

    stack.update(FUNCTION.replace("return 1", "return 2"), **options)

    invoked = local_aws.client("lambda").invoke(FunctionName=stack["F"], Qualifier="live")
    assert json.load(invoked["Payload"]) == 2
    assert local_aws.client("lambda").get_alias(FunctionName=stack["F"], Name="live")["FunctionVersion"] == "2"


@pytest.mark.parametrize("direct", [False, True])
def test_a_refusal_of_the_macro_fails_the_deployment_with_its_message(local_aws: LocalAws, direct: bool) -> None:
    stack = StackOf(local_aws, f"bad-serverless-{direct}")
    why = (
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. "
        "Number of errors found: 1. Resource with id [F] is invalid. "
        "Runtime and Handler needs to be present when PackageType is of type `Zip`"
    )
    text = FUNCTION.replace("      Handler: index.handler\n", "")

    if direct:
        stack.create(text, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
        assert stack.status == "ROLLBACK_COMPLETE"
        assert stack.reason(stack.name, "ROLLBACK_IN_PROGRESS").startswith(why)
    else:
        described = change(stack, text)
        assert (described["Status"], described["StatusReason"]) == ("FAILED", why)


def test_references_of_the_processed_template_are_checked(local_aws: LocalAws) -> None:
    described = change(
        StackOf(local_aws, "bad-reference"), f"{FUNCTION}Outputs: {{O: {{Value: !GetAtt FRole.Nothing}}}}"
    )

    assert described["Status"] == "FAILED"
    assert described["StatusReason"] == (
        "Template error: resource FRole does not support attribute type Nothing in Fn::GetAtt"
    )


def test_a_summary_lists_the_needs_of_a_template(local_aws: LocalAws) -> None:
    api = local_aws.client("cloudformation")
    parameters = "Parameters: {P: {Type: Number, Default: 1, AllowedValues: [1, 2]}}"
    body = f"Description: d\n{parameters}\n{template(ROLE)}"

    summary = api.get_template_summary(TemplateBody=body)

    assert summary["Parameters"] == [
        {
            "ParameterKey": "P",
            "DefaultValue": "1",
            "ParameterType": "Number",
            "NoEcho": False,
            "ParameterConstraints": {"AllowedValues": ["1", "2"]},
        }
    ]
    assert summary["Capabilities"] == ["CAPABILITY_IAM"]
    assert summary["ResourceTypes"] == ["AWS::IAM::Role"]
    assert summary["Description"] == "d"
    assert api.validate_template(TemplateBody=body)["Parameters"][0]["ParameterKey"] == "P"
