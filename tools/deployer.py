"""Permissions of the deployer of the stack: `python -m tools.deployer` writes them as managed policies of IAM.

CloudFormation calls AWS with the permissions of its caller. They come from the handlers in the resource types'
schemas, without the permissions for properties that the template does not use; `tools/deployer.toml` lists those.
`make check` deploys, updates and deletes the stack with only these permissions.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from local_aws import ACCOUNT_ID, LocalAws, session, until
from local_aws.offline import action_pattern, operation_of, permission_table, resource_schema
from tools import markdown
from tools.stack import ROOT, STACK_NAME, DeployError
from tools.transform import REGION, transformed

TEMPLATE = ROOT / "template.yaml"
DATA = Path(__file__).with_suffix(".toml")
VERBS = ("create", "read", "update", "delete")
# Characters of a managed policy without white space (IAM user guide, "IAM and AWS STS quotas").
LONGEST_POLICY = 6144

Grants = Mapping[tuple[str, ...], list[str]]


def policies(stack_name: str = STACK_NAME, partition: str = "aws") -> list[dict[str, Any]]:
    """The fewest managed policies that together allow a deployer everything, with whole statements in each."""
    statements: list[list[dict[str, Any]]] = [[]]
    for resources, actions in grants().items():
        filled = [_fill(each, stack_name, partition) for each in resources]
        statement = {"Effect": "Allow", "Action": actions, "Resource": filled}
        if length(_document([*statements[-1], statement])) > LONGEST_POLICY:
            statements.append([])
        statements[-1].append(statement)
    return [_document(each) for each in statements]


def length(document: Mapping[str, Any]) -> int:
    """Characters of a policy, as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def listed() -> str:
    """The permissions as a table for docs/deploy.md."""
    rows = []
    for resources, actions in grants().items():
        shown = [markdown.code(_fill(each, "slipway", "aws")) for each in resources]
        rows.append(["<br>".join(shown), ", ".join(map(markdown.code, actions))])
    return markdown.table(("Resources", "Actions"), rows)


@cache
def grants(template: Path = TEMPLATE) -> Grants:
    """Actions by the resources on which they are needed, in the order of their services."""
    wanted = {(action, _on(action, "sam")) for action in data()["sam"]["actions"]}
    for resource in _resources(template):
        wanted |= {(action, _on(action, resource["Type"])) for action in needed(resource)}
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for action, resources in sorted(wanted):
        found[resources].append(action)
    return dict(found)


def needed(resource: Mapping[str, Any]) -> set[str]:
    """The permissions that CloudFormation needs to create, read, update and delete a resource of a template."""
    schema = resource_schema(resource["Type"], REGION)
    assert schema is not None
    listed_by_aws = {action for verb in VERBS for action in schema.handlers.get(verb, ())}
    unused = action_pattern(
        action
        for name, actions in conditions(resource["Type"])
        if name not in resource.get("Properties", {})
        for action in actions
    )
    return {action for action in listed_by_aws if not unused.fullmatch(action)}


def conditions(kind: str) -> list[tuple[str, list[str]]]:
    """Properties of a type, each with the permissions that only resources with the property need."""
    return list(data().get(kind, {}).items())


@cache
def data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text())


def _resources(template: Path) -> Iterator[dict[str, Any]]:
    yield from transformed(template)["Resources"].values()


def _on(action: str, kind: str) -> tuple[str, ...]:
    """Resources of an action for a type of resource; ``*`` if AWS authorises it on none."""
    known = operation_of(action)
    if known is not None:
        service, operation = known
        table = permission_table(service)
        if table is not None and not table.operations[operation]:
            return ("*",)
    return tuple(data()["own"].get(kind) or data()["resources"][action.split(":", 1)[0]])


def _fill(pattern: str, stack_name: str, partition: str) -> str:
    pattern = pattern.replace("{stack|lower}", stack_name.lower())
    return pattern.replace("{stack}", stack_name).replace("{partition}", partition)


def credentials(aws: LocalAws) -> dict[str, str]:
    """Environment variables of a session of a new role with only the deployer's policies."""
    iam, name = aws.client("iam"), "deployer"
    account = {"AWS": f"arn:{aws.partition}:iam::{ACCOUNT_ID}:root"}
    trust = {"Effect": "Allow", "Principal": account, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role_arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for number, rights in enumerate(policies(STACK_NAME, aws.partition), 1):
        created = iam.create_policy(PolicyName=f"deploy-{number}", PolicyDocument=json.dumps(rights))
        iam.attach_role_policy(RoleName=name, PolicyArn=created["Policy"]["Arn"])
    given = aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="make-check")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def update(aws: LocalAws, caller: Mapping[str, str], **parameters: str) -> None:
    """Change parameters of the stack with a change set, as `sam deploy` does.

    Raises
    ------
    DeployError
        If the update fails.
    """
    api = _cloudformation(aws, caller)
    before = api.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["Parameters"]
    kept = [each["ParameterKey"] for each in before if each["ParameterKey"] not in parameters]
    given = [{"ParameterKey": name, "UsePreviousValue": True} for name in kept]
    given += [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    named = {"StackName": STACK_NAME, "ChangeSetName": "update"}
    api.create_change_set(**named, UsePreviousTemplate=True, Parameters=given, Capabilities=["CAPABILITY_IAM"])
    api.execute_change_set(**named)
    until(lambda: not api.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"].endswith("_IN_PROGRESS"))
    _require(aws, STACK_NAME, "UPDATE_COMPLETE")


def delete(aws: LocalAws, caller: Mapping[str, str]) -> None:
    """Delete the stack.

    Raises
    ------
    DeployError
        If a resource remains.
    """
    api = _cloudformation(aws, caller)
    stack_id = api.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackId"]
    api.delete_stack(StackName=STACK_NAME)
    _require(aws, stack_id, "DELETE_COMPLETE")


def _cloudformation(aws: LocalAws, caller: Mapping[str, str]) -> Any:
    keys = {name.lower(): value for name, value in caller.items()}
    return session().client("cloudformation", region_name=aws.region, endpoint_url=aws.url, **keys)


def _require(aws: LocalAws, stack: str, status: str) -> None:
    """Raise with the reasons of the failed resources if the stack is not in this status."""
    api = aws.client("cloudformation")
    if api.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == status:
        return
    events = api.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
    reasons = [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in failed]
    raise DeployError("\n".join([f"the stack is not {status}", *reasons]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deployer", description=__doc__)
    parser.add_argument("--stack", default=STACK_NAME, help="name of the stack (default: %(default)s)")
    parser.add_argument("--partition", default="aws", help="aws, aws-cn or aws-us-gov (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(), help="folder of the files (default: the current folder)")
    arguments = parser.parse_args()
    for number, document in enumerate(policies(arguments.stack, arguments.partition), 1):
        path = arguments.out / f"deployer-{number}.json"
        path.write_text(json.dumps(document, indent=2) + "\n")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
