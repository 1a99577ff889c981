import json

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.functions import make_role
from support.stacks import StackOf

PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Comment": "${Word}", "End": true}}}'
PASS_IN_YAML = """
StartAt: A
States:
  A: {Type: Pass, Comment: "${Word}", End: true}
"""


@pytest.fixture(scope="module")
def role(local_aws: LocalAws) -> str:
    actions = ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"]
    actions += ["logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"]
    deliver = {"Effect": "Allow", "Action": [*actions, "logs:DescribeLogGroups"], "Resource": "*"}
    return make_role(local_aws, "cloudformation-machines", deliver, service="states.amazonaws.com")


def machine(role: str, definition: str, more: str = "") -> str:
    return f"M:\n  Type: AWS::StepFunctions::StateMachine\n  Properties:\n    RoleArn: {role}\n    {definition}\n{more}"


def comment(aws: LocalAws, arn: str) -> str:
    described = aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    text: str = json.loads(described["definition"])["States"]["A"]["Comment"]
    return text


@pytest.mark.parametrize("form", ["string", "object", "s3-json", "s3-yaml"])
def test_a_definition_can_have_every_form_with_substitutions(local_aws: LocalAws, role: str, form: str) -> None:
    s3, name = local_aws.client("s3"), f"machine-{form}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="definition", Body=PASS_IN_YAML if form == "s3-yaml" else PASS)
    forms = {
        "string": f"DefinitionString: '{PASS}'",
        "object": f"Definition: {PASS}",
        "s3-json": f"DefinitionS3Location: {{Bucket: {name}, Key: definition}}",
        "s3-yaml": f"DefinitionS3Location: {{Bucket: {name}, Key: definition}}",
    }
    stack = StackOf(local_aws, name)

    status = stack.create(machine(role, forms[form], "    DefinitionSubstitutions: {Word: !Ref 'AWS::Region'}"))

    assert status == "CREATE_COMPLETE", stack.failures
    assert stack["M"].startswith(f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:{name}-M-")
    assert comment(local_aws, stack["M"]) == REGION


def test_logging_tracing_and_tags_of_a_machine_can_be_set_and_removed(local_aws: LocalAws, role: str) -> None:
    stack, api = StackOf(local_aws, "settings"), local_aws.client("stepfunctions")
    more = """
    StateMachineType: STANDARD
    TracingConfiguration: {Enabled: true}
    LoggingConfiguration:
      Level: ALL
      Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt G.Arn}}]
    Tags: [{Key: own, Value: m}]
G: {Type: AWS::Logs::LogGroup}
"""

    assert stack.create(machine(role, f"DefinitionString: '{PASS}'", more)) == "CREATE_COMPLETE", stack.failures

    arn = stack["M"]
    described = api.describe_state_machine(stateMachineArn=arn)
    assert (described["type"], described["tracingConfiguration"]) == ("STANDARD", {"enabled": True})
    assert described["loggingConfiguration"]["level"] == "ALL"
    destination = described["loggingConfiguration"]["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    assert destination == f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{stack['G']}:*"
    tags = {tag["key"]: tag["value"] for tag in api.list_tags_for_resource(resourceArn=arn)["tags"]}
    assert (tags["own"], tags["aws:cloudformation:logical-id"]) == ("m", "M")
    plain = machine(role, f"DefinitionString: '{PASS.replace('${Word}', 'new')}'", "    StateMachineType: STANDARD")
    assert stack.update(plain) == "UPDATE_COMPLETE", stack.failures
    described = api.describe_state_machine(stateMachineArn=arn)
    assert (described["loggingConfiguration"]["level"], described["tracingConfiguration"]) == (
        "OFF",
        {"enabled": False},
    )
    assert comment(local_aws, arn) == "new"
    tags = {tag["key"] for tag in api.list_tags_for_resource(resourceArn=arn)["tags"]}
    assert "own" not in tags


def test_a_definition_that_the_service_refuses_fails_the_stack(local_aws: LocalAws, role: str) -> None:
    stack = StackOf(local_aws, "dangling")

    stack.create(machine(role, "Definition: {StartAt: A, States: {A: {Type: Pass, Next: Nowhere}}}"))

    assert stack.status == "ROLLBACK_COMPLETE"
    assert "Invalid State Machine Definition" in stack.reason("M", "CREATE_FAILED")


def test_versions_follow_the_revision_and_the_alias_follows_the_version(local_aws: LocalAws, role: str) -> None:
    stack, api = StackOf(local_aws, "machine-versions"), local_aws.client("stepfunctions")
    rest = """
V:
  Type: AWS::StepFunctions::StateMachineVersion
  UpdateReplacePolicy: Retain
  Properties: {StateMachineArn: !Ref M, StateMachineRevisionId: !GetAtt M.StateMachineRevisionId}
L:
  Type: AWS::StepFunctions::StateMachineAlias
  Properties:
    Name: live
    DeploymentPreference: {StateMachineVersionArn: !Ref V, Type: ALL_AT_ONCE}
"""
    assert stack.create(machine(role, f"DefinitionString: '{PASS}'") + rest) == "CREATE_COMPLETE", stack.failures
    assert (stack["V"], stack["L"]) == (f"{stack['M']}:1", f"{stack['M']}:live")

    status = stack.update(machine(role, f"DefinitionString: '{PASS.replace('${Word}', 'two')}'") + rest)

    assert status == "UPDATE_COMPLETE", stack.failures
    assert stack["V"] == f"{stack['M']}:2"
    alias = api.describe_state_machine_alias(stateMachineAliasArn=stack["L"])
    assert alias["routingConfiguration"] == [{"stateMachineVersionArn": f"{stack['M']}:2", "weight": 100}]
    versions = api.list_state_machine_versions(stateMachineArn=stack["M"])["stateMachineVersions"]
    assert len(versions) == 2, "the policy keeps the version before"
    assert stack.delete() == "DELETE_COMPLETE"


def test_an_activity_is_created(local_aws: LocalAws) -> None:
    stack = StackOf(local_aws, "activities")

    assert stack.create("A: {Type: AWS::StepFunctions::Activity, Properties: {Name: act}}") == "CREATE_COMPLETE"

    assert stack["A"] == f"arn:aws:states:{REGION}:{ACCOUNT_ID}:activity:act"
    assert stack.delete() == "DELETE_COMPLETE"
