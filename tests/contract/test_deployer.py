"""The deployer's policies are derived from the schemas of the resource types and match the template."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from local_aws.offline import action_pattern, resource_schema
from tests.support import project
from tools import deployer
from tools.transform import REGION

TYPES = sorted({resource["Type"] for resource in project.transformed()["Resources"].values()})
CONDITIONS = [
    (kind, *each) for kind in deployer.data() if kind.startswith("AWS::") for each in deployer.conditions(kind)
]


def listed_for(kind: str) -> set[str]:
    schema = resource_schema(kind, REGION)
    assert schema is not None
    return {action for verb in deployer.VERBS for action in schema.handlers.get(verb, ())}


def statements(policies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [statement for policy in policies for statement in policy["Statement"]]


def actions_on(pattern: str) -> set[str]:
    return {each for resources, actions in deployer.grants().items() if pattern in resources for each in actions}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_two_managed_policies_hold_every_permission_of_the_deployer(partition: str) -> None:
    policies = deployer.policies("s" * 30, partition)

    assert len(policies) == 2
    assert [each for each in map(deployer.length, policies) if each > deployer.LONGEST_POLICY] == []
    assert [each["Action"] for each in statements(policies)] == list(deployer.grants().values())


def test_the_command_writes_one_file_per_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["deployer", "--stack", "ml", "--out", str(tmp_path)])

    assert deployer.main() == 0

    files = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [each.name for each in files] == ["deployer-1.json", "deployer-2.json"]
    assert [json.loads(each.read_text()) for each in files] == deployer.policies("ml")


@pytest.mark.parametrize("kind", TYPES)
def test_the_handlers_of_every_type_of_the_template_list_their_calls(kind: str) -> None:
    assert listed_for(kind)


@pytest.mark.parametrize(("kind", "name", "actions"), CONDITIONS)
def test_each_condition_has_only_permissions_that_aws_lists(kind: str, name: str, actions: list[str]) -> None:
    assert [each for each in actions if not any(fnmatchcase(found, each) for found in listed_for(kind))] == [], name


def test_permissions_of_other_services_are_those_that_the_template_needs() -> None:
    own = {kind.split("::")[1].lower().replace("stepfunctions", "states") for kind in TYPES}
    everything = {action for actions in deployer.grants().values() for action in actions}

    assert {each.split(":")[0] for each in everything} - own == {"cloudformation"}
    assert {each for each in everything if each.startswith("iam:Pass")} == {"iam:PassRole"}


def test_the_deployer_may_not_read_the_tables_or_use_the_key() -> None:
    everything = {action for actions in deployer.grants().values() for action in actions}

    assert everything.isdisjoint({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:DeleteItem"})
    assert everything.isdisjoint({"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "sns:Publish"})


def test_the_deployer_may_not_read_or_change_artifacts() -> None:
    on_the_bucket = action_pattern(actions_on("arn:{partition}:s3:::{stack|lower}-*"))

    assert on_the_bucket.fullmatch("s3:PutLifecycleConfiguration")
    assert not [each for each in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject") if on_the_bucket.fullmatch(each)]


def test_only_actions_without_resources_are_allowed_on_all_resources() -> None:
    assert actions_on("*") == {
        "events:PutPermission",
        "events:RemovePermission",
        "kms:CreateKey",
        "kms:ListAliases",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
    }


def test_the_policies_are_for_one_stack_in_one_partition() -> None:
    text = json.dumps(deployer.policies("ML-prod", "aws-cn"))

    assert "arn:aws-cn:lambda:*:*:function:ML-prod-*" in text
    assert "arn:aws:" not in text
    assert "arn:aws-cn:s3:::ml-prod-*" in text
    assert "slipway" not in text
    assert "{" not in "".join(each for statement in statements(deployer.policies()) for each in statement["Resource"])


def test_a_newly_used_property_adds_its_permissions() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {}}}
    with_limit = {**function, "Properties": {"Code": {}, "ReservedConcurrentExecutions": 3}}

    more = deployer.needed(with_limit) - deployer.needed(function)

    assert more == {"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"}
