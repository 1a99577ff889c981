"""A command that does not reach its stack says why in one line, and what to do."""

import json
import os

import boto3
import pytest

from tests.command.process import Command
from tests.support.deployment import Slipway

ELSEWHERE = "us-east-1"
OUTPUT = {"Value": "arn:aws:states:us-east-1:123456789012:stateMachine:deploy"}


def make_stack(slipway: Slipway, name: str, region: str, outputs: dict[str, object]) -> None:
    """Create a stack with these outputs."""
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    cloudformation = boto3.client(
        "cloudformation",
        region_name=region,
        endpoint_url=slipway.aws.url,
        aws_access_key_id="administrator",
        aws_secret_access_key="local",
    )
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0})


def test_without_credentials_the_remedy_is_to_log_in(command: Command) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        command.environment.pop(name, None)

    ended = command("status", AWS_EC2_METADATA_DISABLED="true", AWS_SHARED_CREDENTIALS_FILE=os.devnull)

    assert (ended.code, ended.out) == (4, "")
    assert ended.err == (
        "Error: There are no AWS credentials. Log in (aws configure, aws sso login), choose --profile, or set "
        "AWS_PROFILE.\n"
    )


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials_are_named(code: str, command: Command, slipway: Slipway) -> None:
    slipway.fault("cloudformation", "DescribeStacks", code, "The security token is expired", status=403)

    ended = command("status", "--output", "json")

    assert ended.code == 4
    assert ended.document == {
        "error": {
            "code": "CredentialsExpired",
            "message": "The AWS credentials have expired.",
            "remedy": "Log in again (aws sso login, or your own tool), and repeat the command.",
        }
    }


def test_in_the_wrong_region_there_is_no_such_stack(command: Command) -> None:
    ended = command("status", "--region", "eu-north-1")

    assert (ended.code, ended.out) == (4, "")
    assert ended.err == (
        "Error: There is no stack slipway in eu-north-1. Check --region and --profile, or name the stack: --stack-name "
        "or SLIPWAY_STACK.\n"
    )


def test_the_region_is_that_of_aws_region(command: Command) -> None:
    ended = command.here("status", AWS_REGION="eu-north-1")

    assert "no stack slipway in eu-north-1" in ended.err


def test_of_two_stacks_the_user_has_to_choose_one(command: Command, slipway: Slipway) -> None:
    for name in ("slipway-prod", "slipway-dev"):
        make_stack(slipway, name, ELSEWHERE, {"DeployEndpointStateMachineArn": OUTPUT})

    ended = command("status", "--region", ELSEWHERE)

    assert ended.code == 4
    assert ended.err == (
        "Error: There is no stack slipway in us-east-1. Slipway is deployed there under another name. Choose one with "
        "--stack-name or SLIPWAY_STACK: slipway-dev, slipway-prod.\n"
    )


def test_a_stack_of_an_older_version_is_named_with_what_it_lacks(command: Command, slipway: Slipway) -> None:
    make_stack(slipway, "slipway-old", "eu-west-2", {"DeployEndpointStateMachineArn": OUTPUT})

    ended = command("remove", "test-endpoint", "--yes", SLIPWAY_STACK="slipway-old", AWS_REGION="eu-west-2")

    assert ended.code == 4
    assert ended.err == (
        "Error: Stack slipway-old is older than this command: no output RemoveEndpointStateMachineArn. Update the stack "
        "(docs/deploy.md), or use the command of its version.\n"
    )


def test_another_application_is_not_used(command: Command, slipway: Slipway) -> None:
    make_stack(slipway, "shop", "eu-west-3", {"Url": {"Value": "https://example.com"}})

    ended = command.here("status", "--stack-name", "shop", "--region", "eu-west-3")

    assert (ended.code, ended.err) == (
        4,
        "Error: Stack shop is not a Slipway stack. Choose another one: --stack-name.\n",
    )


def test_without_a_connection_the_endpoint_is_named(command: Command) -> None:
    ended = command.here("status", AWS_ENDPOINT_URL="http://localhost:1", AWS_MAX_ATTEMPTS="1")

    assert (ended.code, ended.err) == (
        4,
        "Error: http://localhost:1/ does not answer. Check the network, the Region and AWS_ENDPOINT_URL.\n",
    )


def test_a_missing_permission_is_named_with_its_operation(command: Command, slipway: Slipway) -> None:
    refused = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: sagemaker:ListEndpoints"
    slipway.fault("sagemaker", "ListEndpoints", "AccessDeniedException", refused)

    ended = command.here("status")

    assert (ended.code, ended.err) == (
        4,
        f"Error: ListEndpoints: {refused}. Ask for the permission, or use another profile (--profile).\n",
    )


def test_debug_shows_the_traceback(command: Command) -> None:
    ended = command.here("status", "--region", "eu-north-1", "--debug")

    assert ended.code == 4
    assert "Traceback (most recent call last):" in ended.err
