"""AWS::IAM: roles and policies."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    changed,
    document,
    only,
    retag,
    tag_list,
)

_HOLDERS = (("Roles", "role", "RoleName"), ("Users", "user", "UserName"), ("Groups", "group", "GroupName"))


def _create_role(context: Context, properties: Properties) -> Provisioned:
    iam, name = context.client("iam"), properties["RoleName"]
    request = only(properties, "RoleName", "Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags")
    trust = document(properties["AssumeRolePolicyDocument"])
    role = iam.create_role(AssumeRolePolicyDocument=trust, **request)["Role"]
    context.initiated(name)
    _grant(iam, name, {}, properties)
    return Provisioned(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _update_role(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    iam = context.client("iam")
    if changed(old, new, "AssumeRolePolicyDocument"):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(new["AssumeRolePolicyDocument"]))
    if changed(old, new, "Description", "MaxSessionDuration"):
        defaults = {"Description": "", "MaxSessionDuration": 3600}
        iam.update_role(RoleName=name, **{**defaults, **only(new, *defaults)})
    if changed(old, new, "PermissionsBoundary"):
        if "PermissionsBoundary" in new:
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=new["PermissionsBoundary"])
        else:
            iam.delete_role_permissions_boundary(RoleName=name)
    _grant(iam, name, old, new)
    retag(
        old,
        new,
        lambda tags: iam.tag_role(RoleName=name, Tags=tag_list(tags)),
        lambda keys: iam.untag_role(RoleName=name, TagKeys=keys),
    )
    role = iam.get_role(RoleName=name)["Role"]
    return Provisioned(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _grant(iam: Any, name: str, old: Properties, new: Properties) -> None:
    """Change the policies of `old` to those of `new`: add first, then remove."""
    before, after = ({policy["PolicyName"]: policy for policy in each.get("Policies", [])} for each in (old, new))
    for policy_name, policy in after.items():
        if before.get(policy_name) != policy:
            text = document(policy["PolicyDocument"])
            iam.put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=text)
    arns_before, arns_after = old.get("ManagedPolicyArns", []), new.get("ManagedPolicyArns", [])
    for arn in arns_after:
        if arn not in arns_before:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for policy_name in before:
        if policy_name not in after:
            iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
    for arn in arns_before:
        if arn not in arns_after:
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)


def _delete_role(context: Context, name: str, properties: Properties) -> None:
    iam = context.client("iam")
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    own = properties.get("ManagedPolicyArns", [])
    for arn in (policy["PolicyArn"] for policy in attached if policy["PolicyArn"] in own):
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    inline = {policy["PolicyName"] for policy in properties.get("Policies", [])}
    for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        if policy_name in inline:
            iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
    iam.delete_role(RoleName=name)


def _create_policy(context: Context, properties: Properties) -> Provisioned:
    _put_policy(context, properties)
    return Provisioned(properties["PolicyName"], {"Id": properties["PolicyName"]})


def _update_policy(context: Context, _: str, old: Properties, new: Properties) -> Provisioned:
    _put_policy(context, new)
    renamed = changed(old, new, "PolicyName")
    for plural, _kind, _member in _HOLDERS:
        left = [name for name in old.get(plural, []) if renamed or name not in new.get(plural, [])]
        _remove_policy(context, {**old, **{each: [] for each, _, _ in _HOLDERS}, plural: left})
    return Provisioned(new["PolicyName"], {"Id": new["PolicyName"]})


def _delete_policy(context: Context, _: str, properties: Properties) -> None:
    _remove_policy(context, properties)


def _put_policy(context: Context, properties: Properties) -> None:
    iam, text = context.client("iam"), document(properties["PolicyDocument"])
    for plural, kind, member in _HOLDERS:
        for holder in properties.get(plural, []):
            put = getattr(iam, f"put_{kind}_policy")
            put(**{member: holder}, PolicyName=properties["PolicyName"], PolicyDocument=text)


def _remove_policy(context: Context, properties: Properties) -> None:
    iam = context.client("iam")
    for plural, kind, member in _HOLDERS:
        for holder in properties.get(plural, []):
            delete = getattr(iam, f"delete_{kind}_policy")
            try:
                delete(**{member: holder}, PolicyName=properties["PolicyName"])
            except iam.exceptions.NoSuchEntityException:
                continue  # the role or the policy was deleted first


def _create_managed_policy(context: Context, properties: Properties) -> Provisioned:
    iam = context.client("iam")
    request = only(properties, "Path", "Description")
    text = document(properties["PolicyDocument"])
    policy = iam.create_policy(PolicyName=properties["ManagedPolicyName"], PolicyDocument=text, **request)["Policy"]
    context.initiated(policy["Arn"])
    _attach(iam, policy["Arn"], {}, properties)
    return Provisioned(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})


def _update_managed_policy(context: Context, arn: str, old: Properties, new: Properties) -> Provisioned:
    iam = context.client("iam")
    if changed(old, new, "PolicyDocument"):
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:  # at most five can exist
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(new["PolicyDocument"]), SetAsDefault=True)
    _attach(iam, arn, old, new)
    return Provisioned(arn, {"PolicyArn": arn, "PolicyId": iam.get_policy(PolicyArn=arn)["Policy"]["PolicyId"]})


def _attach(iam: Any, arn: str, old: Properties, new: Properties) -> None:
    for plural, kind, member in _HOLDERS:
        before, after = old.get(plural, []), new.get(plural, [])
        for holder in after:
            if holder not in before:
                getattr(iam, f"attach_{kind}_policy")(**{member: holder}, PolicyArn=arn)
        for holder in before:
            if holder not in after:
                getattr(iam, f"detach_{kind}_policy")(**{member: holder}, PolicyArn=arn)


def _delete_managed_policy(context: Context, arn: str, properties: Properties) -> None:
    iam = context.client("iam")
    _attach(iam, arn, properties, {})
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


def _create_role_policy(context: Context, properties: Properties) -> Provisioned:
    _put_policy(context, {**properties, "Roles": [properties["RoleName"]]})
    return Provisioned(f"{properties['PolicyName']}|{properties['RoleName']}")


def _update_role_policy(context: Context, _: str, __: Properties, new: Properties) -> Provisioned:
    return _create_role_policy(context, new)


def _delete_role_policy(context: Context, _: str, properties: Properties) -> None:
    _remove_policy(context, {**properties, "Roles": [properties["RoleName"]]})


TYPES: Types = {
    "AWS::IAM::Role": ResourceType(
        properties="AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path "
        "PermissionsBoundary Policies RoleName Tags",
        create=_create_role,
        update=_update_role,
        delete=_delete_role,
        name=Name("RoleName"),
        attributes="Arn RoleId",
    ),
    "AWS::IAM::Policy": ResourceType(
        properties="Groups PolicyDocument PolicyName Roles Users",
        create=_create_policy,
        update=_update_policy,
        delete=_delete_policy,
        attributes="Id",
    ),
    "AWS::IAM::RolePolicy": ResourceType(
        properties="PolicyDocument PolicyName RoleName",
        create=_create_role_policy,
        update=_update_role_policy,
        delete=_delete_role_policy,
    ),
    "AWS::IAM::ManagedPolicy": ResourceType(
        properties="Description Groups ManagedPolicyName Path PolicyDocument Roles Users",
        create=_create_managed_policy,
        update=_update_managed_policy,
        delete=_delete_managed_policy,
        name=Name("ManagedPolicyName", longest=128),
        attributes="PolicyArn PolicyId",
    ),
}
