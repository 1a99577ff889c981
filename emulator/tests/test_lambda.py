"""Lambda runs functions as on AWS; moto alone needs Docker."""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import ACCOUNT_ID, REGION, LocalAws
from support.functions import EVERYTHING, invoke, make_function, make_role, zipped

ECHO = "def handler(event, context):\n    return event\n"


def test_function_gets_the_event_and_its_result_is_returned(local_aws: LocalAws) -> None:
    make_function(local_aws, "echo", ECHO)

    response = local_aws.client("lambda").invoke(FunctionName="echo", Payload=b'{"number": 1.5, "none": null}')

    assert json.load(response["Payload"]) == {"number": 1.5, "none": None}
    assert response["StatusCode"] == 200
    assert response["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in response


def test_function_without_a_payload_gets_an_empty_object(local_aws: LocalAws) -> None:
    make_function(local_aws, "no-payload", ECHO)

    response = local_aws.client("lambda").invoke(FunctionName="no-payload")

    assert json.load(response["Payload"]) == {}


def test_environment_has_the_variables_of_aws_and_none_of_the_servers(local_aws: LocalAws) -> None:
    source = "import os\n\ndef handler(event, context):\n    return dict(os.environ)\n"
    role = make_role(local_aws, "environment-role", EVERYTHING)
    options: dict[str, Any] = {"Environment": {"Variables": {"COLOUR": "red"}}, "MemorySize": 256}
    make_function(local_aws, "environment", source, Role=role, **options)

    variables = invoke(local_aws, "environment")

    expected = {
        "COLOUR": "red",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "environment",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/environment",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_ENDPOINT_URL": local_aws.url,
        "_HANDLER": "app.handler",
        "TZ": ":UTC",
    }
    assert {name: variables.get(name) for name in expected} == expected
    leaked = {"PYTEST_CURRENT_TEST", "VIRTUAL_ENV", "MOTO_PORT", "USER", "LOGNAME", "SHELL", "PWD"} & set(variables)
    assert leaked == set()


def test_function_calls_with_the_rights_of_its_role(local_aws: LocalAws) -> None:
    source = """
import boto3

def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    make_function(local_aws, "who-am-i", source)
    local_aws.delete("calls")

    invoke(local_aws, "who-am-i")

    session = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/who-am-i-role/who-am-i"
    calls = [(call["principal"], call["operation"]) for call in local_aws.get("calls")]
    assert (session, "GetCallerIdentity") in calls


def test_context_has_the_invoked_arn_and_the_remaining_time(local_aws: LocalAws) -> None:
    source = """
def handler(event, context):
    return {
        "arn": context.invoked_function_arn, "request": context.aws_request_id, "name": context.function_name,
        "stream": context.log_stream_name, "memory": context.memory_limit_in_mb,
        "remaining": context.get_remaining_time_in_millis(), "custom": context.client_context.custom,
    }
"""
    arn = make_function(local_aws, "context", source, Timeout=9)
    client_context = base64.b64encode(b'{"custom": {"from": "a test"}}').decode()

    response = local_aws.client("lambda").invoke(FunctionName="context", ClientContext=client_context)

    context = json.load(response["Payload"])
    assert context["arn"] == arn
    assert response["ResponseMetadata"]["RequestId"] == context["request"]
    assert (context["name"], context["memory"]) == ("context", "128")
    assert "[$LATEST]" in context["stream"]
    assert 8_000 < context["remaining"] <= 9_000
    assert context["custom"] == {"from": "a test"}


def test_alias_and_version_are_invoked_by_their_own_arn(local_aws: LocalAws) -> None:
    source = "def handler(event, context):\n    return [{!r}, context.function_version, context.invoked_function_arn]\n"
    arn = make_function(local_aws, "versions", source.format("first"))
    client = local_aws.client("lambda")
    client.publish_version(FunctionName="versions")
    client.create_alias(FunctionName="versions", Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName="versions", ZipFile=zipped(app=source.format("second")))

    assert invoke(local_aws, "versions") == ["second", "$LATEST", arn]
    assert invoke(local_aws, "versions", Qualifier="live") == ["first", "1", f"{arn}:live"]
    assert invoke(local_aws, f"{arn}:1") == ["first", "1", f"{arn}:1"]
    assert client.invoke(FunctionName="versions:live")["ExecutedVersion"] == "1"


def test_alias_splits_its_traffic_by_weight(local_aws: LocalAws) -> None:
    source = "def handler(event, context):\n    return context.function_version\n"
    make_function(local_aws, "weights", source)
    client = local_aws.client("lambda")
    client.publish_version(FunctionName="weights")
    client.update_function_configuration(FunctionName="weights", Description="another")
    client.publish_version(FunctionName="weights")
    everything_to_two = {"AdditionalVersionWeights": {"2": 1.0}}
    client.create_alias(FunctionName="weights", Name="live", FunctionVersion="1", RoutingConfig=everything_to_two)

    assert invoke(local_aws, "weights", Qualifier="live") == "2"


def test_refuses_two_qualifiers_that_differ(local_aws: LocalAws) -> None:
    make_function(local_aws, "two-qualifiers", ECHO)

    with pytest.raises(ClientError) as refusal:
        local_aws.client("lambda").invoke(FunctionName="two-qualifiers:live", Qualifier="other")

    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert "does not match the specified qualifier" in refusal.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("name", "qualifier", "resource"), [("missing", None, "missing"), ("missing", "live", "missing:live")]
)
def test_error_names_the_missing_function(local_aws: LocalAws, name: str, qualifier: str | None, resource: str) -> None:
    options = {"Qualifier": qualifier} if qualifier else {}

    with pytest.raises(ClientError) as refusal:
        local_aws.client("lambda").invoke(FunctionName=name, **options)

    assert refusal.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{resource}",
    }


def test_dry_run_runs_nothing(local_aws: LocalAws) -> None:
    make_function(local_aws, "dry", "raise SystemExit(3)\n")

    assert local_aws.client("lambda").invoke(FunctionName="dry", InvocationType="DryRun")["StatusCode"] == 204


def test_refuses_a_payload_that_is_not_json(local_aws: LocalAws) -> None:
    make_function(local_aws, "no-json", ECHO)

    with pytest.raises(ClientError) as refusal:
        local_aws.client("lambda").invoke(FunctionName="no-json", Payload=b"{")

    assert refusal.value.response["Error"]["Code"] == "InvalidRequestContentException"
    assert refusal.value.response["Error"]["Message"].startswith("Could not parse request body into json: ")


def test_refuses_a_payload_above_the_limit_of_its_invocation_type(local_aws: LocalAws) -> None:
    make_function(local_aws, "large", ECHO)
    payload = json.dumps("x" * 1024 * 1024).encode()

    with pytest.raises(ClientError) as refusal:
        local_aws.client("lambda").invoke(FunctionName="large", Payload=payload, InvocationType="Event")

    assert refusal.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert "1048578 byte payload is too large for the Event invocation type" in str(refusal.value)
    assert len(invoke(local_aws, "large", "x" * 1024 * 1024)) == 1024 * 1024


def test_environments_stay_warm_until_code_or_configuration_changes(local_aws: LocalAws) -> None:
    source = "import os\n\ndef handler(event, context):\n    return os.getpid()\n"
    make_function(local_aws, "warm", source)
    client = local_aws.client("lambda")

    first = invoke(local_aws, "warm")
    assert invoke(local_aws, "warm") == first

    client.update_function_configuration(FunctionName="warm", Timeout=7)
    second = invoke(local_aws, "warm")
    assert second != first
    assert invoke(local_aws, "warm") == second

    client.update_function_code(FunctionName="warm", ZipFile=zipped(app=source + "# changed\n"))
    assert invoke(local_aws, "warm") != second


def test_layers_are_on_the_path_and_later_ones_have_precedence(local_aws: LocalAws) -> None:
    client = local_aws.client("lambda")
    layers = [
        client.publish_layer_version(LayerName=name, Content={"ZipFile": zipped(**modules)})["LayerVersionArn"]
        for name, modules in (
            ("below", {"python/tint": "SHADE = 'below'\n", "python/only_below": "HERE = True\n"}),
            ("above", {"python/tint": "SHADE = 'above'\n"}),
        )
    ]
    source = "import tint, only_below\n\ndef handler(event, context):\n    return [tint.SHADE, only_below.HERE]\n"
    make_function(local_aws, "layered", source, Layers=layers)

    assert invoke(local_aws, "layered") == ["above", True]


def test_refuses_an_invocation_beyond_the_reserved_concurrency(local_aws: LocalAws) -> None:
    make_function(local_aws, "throttled", ECHO)
    client = local_aws.client("lambda")
    client.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError) as refusal:
        client.invoke(FunctionName="throttled")

    assert refusal.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refusal.value.response["Error"]["Message"] == "Rate Exceeded."
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"Runtime": "nodejs22.x"},
            "Runtime nodejs22.x is not supported by the local AWS: it runs Python functions only",
        ),
        ({"Runtime": "python3.8"}, "The runtime parameter of python3.8 is no longer supported for creating"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this request: AWS_REGION"),
        ({"Code": {"ZipFile": b"no archive"}}, "Could not unzip uploaded file."),
    ],
)
def test_refuses_functions_it_cannot_run(local_aws: LocalAws, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as refusal:
        make_function(local_aws, "refused", ECHO, Role=_any_role(local_aws), **options)

    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert message in refusal.value.response["Error"]["Message"]


def test_refuses_a_role_that_does_not_trust_lambda(local_aws: LocalAws) -> None:
    role = make_role(local_aws, "distrusting-lambda", EVERYTHING, service="states.amazonaws.com")

    with pytest.raises(ClientError) as refusal:
        make_function(local_aws, "distrusted", ECHO, Role=role)

    assert refusal.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": "The role defined for the function cannot be assumed by Lambda.",
    }


def test_event_invoke_config_is_replaced_by_put_and_changed_by_update(local_aws: LocalAws) -> None:
    make_function(local_aws, "configured", ECHO)
    client = local_aws.client("lambda")

    client.put_function_event_invoke_config(FunctionName="configured", MaximumRetryAttempts=1)
    client.put_function_event_invoke_config(FunctionName="configured", MaximumEventAgeInSeconds=60)
    client.update_function_event_invoke_config(FunctionName="configured", MaximumRetryAttempts=0)

    config = client.get_function_event_invoke_config(FunctionName="configured")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60)


def test_configuration_is_stored_completely(local_aws: LocalAws) -> None:
    options = {
        "TracingConfig": {"Mode": "Active"},
        "Architectures": ["arm64"],
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/elsewhere"},
        "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:letters"},
    }
    make_function(local_aws, "whole", ECHO, **options)
    client = local_aws.client("lambda")
    client.update_function_configuration(FunctionName="whole", TracingConfig={"Mode": "PassThrough"})

    configuration = client.get_function_configuration(FunctionName="whole")

    assert configuration["TracingConfig"] == {"Mode": "PassThrough"}
    assert configuration["Architectures"] == ["arm64"]
    assert configuration["DeadLetterConfig"] == options["DeadLetterConfig"]
    assert configuration["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "/elsewhere",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }


def _any_role(local_aws: LocalAws) -> str:
    """Create a role once; return its ARN."""
    try:
        return make_role(local_aws, "any-function", EVERYTHING)
    except ClientError:
        return str(local_aws.client("iam").get_role(RoleName="any-function")["Role"]["Arn"])
