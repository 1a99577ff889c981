import io
import json
import zipfile
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.functions import make_role
from support.stacks import StackOf

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function"


def put_zip(aws: LocalAws, key: str, **files: str) -> None:
    """A zip of modules in a bucket of its own name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for module, source in files.items():
            archive.writestr(f"{module.replace('__', '/')}.py", source)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=key, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=key, Key="code.zip", Body=buffer.getvalue())


def function(role: str, source: str = "def handler(event, context): return event", **properties: Any) -> str:
    """A function named F with inline code."""
    given = {"Handler": "index.handler", "Role": role, "Runtime": "python3.13", **properties}
    given["Code"] = properties.get("Code", {"ZipFile": source})
    return f"F: {json.dumps({'Type': 'AWS::Lambda::Function', 'Properties': given})}\n"


@pytest.fixture(scope="module")
def role(local_aws: LocalAws) -> str:
    return make_role(local_aws, "cloudformation-functions")


def test_a_function_has_every_property_of_the_template(local_aws: LocalAws, role: str) -> None:
    put_zip(local_aws, "whole-function", app="import layered\ndef handler(event, context): return layered.VALUE")
    put_zip(local_aws, "whole-layer", python__layered="VALUE = 7")
    stack = StackOf(local_aws, "whole-function")
    properties = {
        "Architectures": ["arm64"],
        "Code": {"S3Bucket": "whole-function", "S3Key": "code.zip"},
        "Description": "does it",
        "Environment": {"Variables": {"STAGE": "dev"}},
        "EphemeralStorage": {"Size": 1024},
        "Handler": "app.handler",
        "Layers": [{"Ref": "L"}],
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": "G"}},
        "MemorySize": "256",
        "Tags": [{"Key": "own", "Value": "f"}],
        "Timeout": 20,
        "TracingConfig": {"Mode": "Active"},
        "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Q", "Arn"]}},
    }
    text = f"""
L: {{Type: AWS::Lambda::LayerVersion, Properties: {{Content: {{S3Bucket: whole-layer, S3Key: code.zip}}}}}}
G: {{Type: AWS::Logs::LogGroup}}
Q: {{Type: AWS::SQS::Queue}}
{function(role, **properties)}"""

    assert stack.create(text) == "CREATE_COMPLETE", stack.failures

    api = local_aws.client("lambda")
    found = api.get_function(FunctionName=stack["F"])
    configuration = found["Configuration"]
    assert stack["F"].startswith("whole-function-F-")
    for name in ("Architectures", "Description", "Environment", "EphemeralStorage", "Handler", "Timeout"):
        assert configuration[name] == properties[name]
    assert configuration["MemorySize"] == 256
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert configuration["LoggingConfig"]["LogFormat"] == "JSON"
    assert configuration["LoggingConfig"]["LogGroup"] == stack["G"]
    assert [layer["Arn"] for layer in configuration["Layers"]] == [stack["L"]]
    assert configuration["DeadLetterConfig"]["TargetArn"].endswith(stack["Q"].rsplit("/", 1)[1])
    assert found["Tags"]["own"] == "f"
    assert found["Tags"]["aws:cloudformation:stack-name"] == "whole-function"
    assert json.load(api.invoke(FunctionName=stack["F"])["Payload"]) == 7


def test_an_update_changes_code_and_configuration_and_resets_removed_properties(local_aws: LocalAws, role: str) -> None:
    stack = StackOf(local_aws, "changed-function")
    before = function(role, Environment={"Variables": {"KIND": "1"}}, Timeout=20, Tags=[{"Key": "a", "Value": "1"}])
    assert stack.create(before) == "CREATE_COMPLETE", stack.failures
    name = stack["F"]

    assert stack.update(function(role, "def handler(event, context): return 2", MemorySize=512)) == "UPDATE_COMPLETE"

    api = local_aws.client("lambda")
    found = api.get_function(FunctionName=name)
    assert stack["F"] == name
    assert json.load(api.invoke(FunctionName=name)["Payload"]) == 2
    assert found["Configuration"]["MemorySize"] == 512
    assert found["Configuration"]["Timeout"] == 3
    assert found["Configuration"].get("Environment", {}).get("Variables", {}) == {}
    assert "a" not in found["Tags"]


def test_versions_aliases_and_their_settings_follow_the_function(local_aws: LocalAws, role: str) -> None:
    stack = StackOf(local_aws, "versioned")
    rest = """
V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F, Description: first}}
A:
  Type: AWS::Lambda::Alias
  Properties: {FunctionName: !Ref F, FunctionVersion: !GetAtt V.Version, Name: live}
C:
  Type: AWS::Lambda::EventInvokeConfig
  Properties: {FunctionName: !Ref F, Qualifier: live, MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60}
  DependsOn: A
P:
  Type: AWS::Lambda::Permission
  Properties:
    {FunctionName: !Ref A, Action: 'lambda:InvokeFunction', Principal: events.amazonaws.com, SourceAccount: '123456789012'}
"""

    assert stack.create(function(role) + rest) == "CREATE_COMPLETE", stack.failures

    name, api = stack["F"], local_aws.client("lambda")
    assert stack["V"] == f"{ARN}:{name}:1"
    assert stack["A"] == f"{ARN}:{name}:live"
    assert api.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"
    assert api.get_function_event_invoke_config(FunctionName=name, Qualifier="live")["MaximumRetryAttempts"] == 1
    policy = json.loads(api.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    (statement,) = policy["Statement"]
    assert (statement["Sid"], statement["Principal"]) == (stack["P"], {"Service": "events.amazonaws.com"})
    second = rest.replace("Retry", "Retry").replace("MaximumRetryAttempts: 1", "MaximumRetryAttempts: 0")
    assert stack.update(function(role) + second) == "UPDATE_COMPLETE"
    assert api.get_function_event_invoke_config(FunctionName=name, Qualifier="live")["MaximumRetryAttempts"] == 0
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_queue_is_mapped_to_a_function(local_aws: LocalAws) -> None:
    allowed = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    role = make_role(local_aws, "cloudformation-mapped", {"Effect": "Allow", "Action": allowed, "Resource": "*"})
    stack = StackOf(local_aws, "mapped")
    rest = """
Q: {Type: AWS::SQS::Queue}
M:
  Type: AWS::Lambda::EventSourceMapping
  Properties: {FunctionName: !Ref F, EventSourceArn: !GetAtt Q.Arn, BatchSize: 2}
"""

    assert stack.create(function(role) + rest) == "CREATE_COMPLETE", stack.failures

    api = local_aws.client("lambda")
    mapping = api.get_event_source_mapping(UUID=stack["M"])
    assert (mapping["BatchSize"], mapping["FunctionArn"]) == (2, f"{ARN}:{stack['F']}")
    stack.update(function(role) + rest.replace("BatchSize: 2", "BatchSize: 5"))
    assert api.get_event_source_mapping(UUID=stack["M"])["BatchSize"] == 5
    assert stack.delete() == "DELETE_COMPLETE"
