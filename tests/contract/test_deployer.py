"""The policy of a deployer: made from the schemas of the resource types, and about the template as it is."""

import json
from fnmatch import fnmatchcase

import pytest

from local_aws.offline import resource_schema
from tests.support import project
from tools import deployer
from tools.transform import REGION

# A managed policy has at most 6,144 characters, white space apart (IAM user guide, "IAM and AWS STS quotas").
LONGEST_POLICY = 6144
TYPES = sorted({resource["Type"] for resource in project.transformed()["Resources"].values()})
CONDITIONS = [
    (kind, *each) for kind in deployer.data() if kind.startswith("AWS::") for each in deployer.conditions(kind)
]


def listed_for(kind: str) -> set[str]:
    schema = resource_schema(kind, REGION)
    assert schema is not None
    return {action for verb in deployer.VERBS for action in schema.handlers.get(verb, ())}


def actions_on(pattern: str) -> set[str]:
    return {each for resources, actions in deployer.grants().items() if pattern in resources for each in actions}


def test_the_policy_fits_into_one_managed_policy() -> None:
    assert len(json.dumps(deployer.policy("s" * 30), separators=(",", ":"))) < LONGEST_POLICY


@pytest.mark.parametrize("kind", TYPES)
def test_aws_lists_what_the_handlers_of_every_type_of_the_template_call(kind: str) -> None:
    assert listed_for(kind)


@pytest.mark.parametrize(("kind", "name", "actions"), CONDITIONS)
def test_each_condition_is_about_permissions_that_aws_lists(kind: str, name: str, actions: list[str]) -> None:
    assert [each for each in actions if not any(fnmatchcase(found, each) for found in listed_for(kind))] == [], name


def test_permissions_of_other_services_are_those_that_the_template_has_a_use_for() -> None:
    own = {kind.split("::")[1].lower().replace("stepfunctions", "states") for kind in TYPES}
    everything = {action for actions in deployer.grants().values() for action in actions}

    assert {each.split(":")[0] for each in everything} - own == {"cloudformation", "s3"}
    assert {each for each in everything if each.startswith("iam:Pass")} == {"iam:PassRole"}


def test_data_of_the_tables_and_the_use_of_the_key_are_not_the_deployers() -> None:
    everything = {action for actions in deployer.grants().values() for action in actions}

    assert everything.isdisjoint({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:DeleteItem"})
    assert everything.isdisjoint({"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "sns:Publish"})


def test_only_what_aws_authorises_on_no_resource_is_needed_on_all_resources() -> None:
    assert actions_on("*") == {
        "events:PutPermission",
        "events:RemovePermission",
        "kms:CreateKey",
        "kms:ListAliases",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
    }


def test_the_policy_is_for_one_stack_in_one_partition() -> None:
    text = json.dumps(deployer.policy("ml-prod", "aws-cn"))

    assert "arn:aws-cn:lambda:*:*:function:ml-prod-*" in text
    assert "arn:aws:" not in text
    assert "slipway" not in text
    assert "{" not in "".join(each for statement in deployer.policy()["Statement"] for each in statement["Resource"])


def test_a_property_that_the_template_begins_to_use_brings_its_permissions() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {}}}
    with_limit = {**function, "Properties": {"Code": {}, "ReservedConcurrentExecutions": 3}}

    more = deployer.needed(with_limit) - deployer.needed(function)

    assert more == {"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"}
