"""Capabilities: rights of a template that the request must acknowledge (API reference, CreateStack)."""

from __future__ import annotations

from collections.abc import Iterable

from local_aws.cloudformation import macros
from local_aws.cloudformation.errors import InsufficientCapabilitiesError
from local_aws.cloudformation.template import Template

IAM = "CAPABILITY_IAM"
NAMED_IAM = "CAPABILITY_NAMED_IAM"
AUTO_EXPAND = "CAPABILITY_AUTO_EXPAND"

# Types that need a capability, and their property for a custom name
_IAM_TYPES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::RolePolicy": None,
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}


def needed(template: Template) -> str | None:
    """The IAM capability that the template's resources need, or None."""
    needs = None
    for resource in template["Resources"].values():
        if resource["Type"] in _IAM_TYPES:
            if _IAM_TYPES[resource["Type"]] in resource.get("Properties", {}):
                return NAMED_IAM
            needs = IAM
    return needs


def check_resources(template: Template, acknowledged: Iterable[str]) -> None:
    """Raise `InsufficientCapabilitiesError` if the template's resources need a capability that is not acknowledged."""
    needs, given = needed(template), set(acknowledged)
    if needs and needs not in given and NAMED_IAM not in given:
        raise InsufficientCapabilitiesError(needs)


def check_macros(template: Template, acknowledged: Iterable[str]) -> None:
    """Raise `InsufficientCapabilitiesError` if the template has macros that are not acknowledged."""
    if macros.declared(template) and AUTO_EXPAND not in acknowledged:
        raise InsufficientCapabilitiesError(AUTO_EXPAND)


def nests(template: Template) -> bool:
    """Whether the template has nested stacks: with macros, they need ``CAPABILITY_AUTO_EXPAND`` in change sets, too."""
    nested = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
    return any(resource["Type"] in nested for resource in template["Resources"].values())
