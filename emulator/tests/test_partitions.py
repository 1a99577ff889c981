import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

from local_aws import LocalAws
from support.callers import error_of

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module")
def gov_cloud() -> Iterator[LocalAws]:
    with LocalAws(region="us-gov-west-1") as aws:
        yield aws


def test_everything_in_govcloud_has_its_partition(gov_cloud: LocalAws) -> None:
    iam, states = gov_cloud.client("iam"), gov_cloud.client("stepfunctions")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    definition = {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
    machine = states.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)["stateMachineArn"]

    assert gov_cloud.client("sts").get_caller_identity()["Arn"] == "arn:aws-us-gov:iam::123456789012:user/administrator"
    assert role == "arn:aws-us-gov:iam::123456789012:role/r"
    assert machine == "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:m"
    policy = iam.get_policy(PolicyArn="arn:aws-us-gov:iam::aws:policy/AWSXrayWriteOnlyAccess")["Policy"]
    assert policy["PolicyName"] == "AWSXrayWriteOnlyAccess"


def test_credentials_of_one_partition_do_not_exist_in_another(gov_cloud: LocalAws) -> None:
    elsewhere = boto3.client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=gov_cloud.url,
        aws_access_key_id="administrator",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )

    code, message, _ = error_of(elsewhere.list_queues)

    assert (code, message) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_a_state_machine_has_resources_of_its_own_partition(gov_cloud: LocalAws) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    definition = json.dumps({"StartAt": "T", "States": {"T": task}})

    answer = gov_cloud.client("stepfunctions").validate_state_machine_definition(definition=definition)

    assert answer["result"] == "FAIL"
    assert answer["diagnostics"][0]["location"] == "/States/T/Resource"
