import json

from local_aws import ACCOUNT_ID, LocalAws
from support.stacks import StackOf

TRUST = '{Version: 2012-10-17, Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: %s}}]}'
ALLOW = '{Version: 2012-10-17, Statement: [{Effect: Allow, Action: "%s", Resource: "*"}]}'
OPTIONS = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}


def role(service: str = "lambda.amazonaws.com", more: str = "") -> str:
    return f"R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {TRUST % service}{more}}}}}\n"


def action(document: object) -> object:
    parsed = json.loads(document) if isinstance(document, str) else document
    assert isinstance(parsed, dict)
    return parsed["Statement"][0]["Action"]


def test_a_role_is_created_changed_and_deleted_with_its_policies(local_aws: LocalAws) -> None:
    stack, iam = StackOf(local_aws, "roles"), local_aws.client("iam")
    inline = "Policies: [{PolicyName: %s, PolicyDocument: %s}]"
    managed = "ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/%s']"
    before = (
        f", Description: one, MaxSessionDuration: 7200, {inline % ('reads', ALLOW % 's3:GetObject')}, "
        f"{managed % 'AWSLambdaBasicExecutionRole'}, Tags: [{{Key: a, Value: '1'}}]"
    )
    after = f", {inline % ('writes', ALLOW % 's3:PutObject')}, {managed % 'AWSLambdaVPCAccessExecutionRole'}"

    stack.create(role(more=before), **OPTIONS)

    name = stack["R"]
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("one", 7200)
    assert found["Tags"] == [{"Key": "a", "Value": "1"}]
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["reads"]
    stack.update(role("events.amazonaws.com", after), **OPTIONS)
    found = iam.get_role(RoleName=name)["Role"]
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    assert (found.get("Description", ""), found["MaxSessionDuration"], found.get("Tags", [])) == ("", 3600, [])
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["writes"]
    assert action(iam.get_role_policy(RoleName=name, PolicyName="writes")["PolicyDocument"]) == "s3:PutObject"
    (attached,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert attached["PolicyName"] == "AWSLambdaVPCAccessExecutionRole"
    assert stack.delete() == "DELETE_COMPLETE"
    assert name not in [each["RoleName"] for each in iam.list_roles()["Roles"]]


def test_separate_policies_follow_the_template(local_aws: LocalAws) -> None:
    stack, iam = StackOf(local_aws, "policies"), local_aws.client("iam")
    text = """
P: {Type: AWS::IAM::Policy, Properties: {PolicyName: %s, Roles: [!Ref R], PolicyDocument: %s}}
M: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [!Ref R], PolicyDocument: %s}}
N: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: apart, RoleName: !Ref R, PolicyDocument: %s}}
"""
    stack.create(
        role() + text % ("one", ALLOW % "sqs:SendMessage", ALLOW % "s3:GetObject", ALLOW % "sns:Publish"), **OPTIONS
    )
    name = stack["R"]
    assert sorted(iam.list_role_policies(RoleName=name)["PolicyNames"]) == ["apart", "one"]

    stack.update(
        role() + text % ("two", ALLOW % "sqs:SendMessage", ALLOW % "s3:PutObject", ALLOW % "sns:Subscribe"), **OPTIONS
    )

    assert sorted(iam.list_role_policies(RoleName=name)["PolicyNames"]) == ["apart", "two"]
    assert action(iam.get_role_policy(RoleName=name, PolicyName="apart")["PolicyDocument"]) == "sns:Subscribe"
    assert stack["M"].startswith(f"arn:aws:iam::{ACCOUNT_ID}:policy/policies-M-")
    version = iam.get_policy(PolicyArn=stack["M"])["Policy"]["DefaultVersionId"]
    current = iam.get_policy_version(PolicyArn=stack["M"], VersionId=version)["PolicyVersion"]
    assert action(current["Document"]) == "s3:PutObject"
    assert stack.delete() == "DELETE_COMPLETE"
