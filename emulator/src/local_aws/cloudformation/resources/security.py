"""AWS::KMS and AWS::SSM: keys, aliases, parameters."""

from __future__ import annotations

from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    changed,
    deletion,
    document,
    named,
    only,
    put,
    retag,
    tag_list,
    without,
)

_FIXED = ("KeySpec", "KeyUsage", "MultiRegion", "Origin")


def _create_key(context: Context, properties: Properties) -> Provisioned:
    kms = context.client("kms")
    request = only(properties, "BypassPolicyLockoutSafetyCheck", "Description", *_FIXED)
    if "KeyPolicy" in properties:
        request["Policy"] = document(properties["KeyPolicy"])
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.get("Tags", [])]
    key = kms.create_key(**request, Tags=tags)["KeyMetadata"]
    context.initiated(key["KeyId"])
    _set_key_state(kms, key["KeyId"], {}, properties)
    return Provisioned(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})


def _set_key_state(kms: Any, key_id: str, old: Properties, new: Properties) -> None:
    if changed(old, new, "EnableKeyRotation", "RotationPeriodInDays"):
        if new.get("EnableKeyRotation"):
            kms.enable_key_rotation(KeyId=key_id, **only(new, "RotationPeriodInDays"))
        elif old.get("EnableKeyRotation"):
            kms.disable_key_rotation(KeyId=key_id)
    was_enabled, enabled = old.get("Enabled", True), new.get("Enabled", True)
    if was_enabled != enabled:
        (kms.enable_key if enabled else kms.disable_key)(KeyId=key_id)


def _update_key(context: Context, key_id: str, old: Properties, new: Properties) -> Provisioned:
    kms = context.client("kms")
    if changed(old, new, *_FIXED):
        raise ResourceError(f"{', '.join(_FIXED)} of a key cannot be changed.")
    if changed(old, new, "KeyPolicy") and "KeyPolicy" in new:
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=document(new["KeyPolicy"]))
    if changed(old, new, "Description"):
        kms.update_key_description(KeyId=key_id, Description=new.get("Description", ""))
    _set_key_state(kms, key_id, old, new)
    retag(
        old,
        new,
        lambda tags: kms.tag_resource(
            KeyId=key_id, Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        ),
        lambda keys: kms.untag_resource(KeyId=key_id, TagKeys=keys),
    )
    return Provisioned(key_id, {"Arn": context.arn("kms", f"key/{key_id}"), "KeyId": key_id})


def _delete_key(context: Context, key_id: str, properties: Properties) -> None:
    kms = context.client("kms")
    if kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=properties.get("PendingWindowInDays", 30))


def _update_alias(context: Context, name: str, _: Properties, new: Properties) -> Provisioned:
    context.client("kms").update_alias(**new)
    return Provisioned(name)


def _parameter_request(properties: Properties) -> dict[str, Any]:
    return {**without(properties, "Tags"), "Tags": tag_list(properties.get("Tags", {}))}


def _parameter(properties: Properties, _: Any) -> Provisioned:
    return Provisioned(properties["Name"], {"Type": properties["Type"], "Value": properties["Value"]})


def _update_parameter(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    ssm = context.client("ssm")
    ssm.put_parameter(**without(new, "Tags"), Overwrite=True)
    retag(
        old,
        new,
        lambda tags: ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=tag_list(tags)),
        lambda keys: ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=keys),
    )
    return _parameter(new, None)


TYPES: Types = {
    "AWS::KMS::Key": ResourceType(
        properties="BypassPolicyLockoutSafetyCheck Description EnableKeyRotation Enabled KeyPolicy KeySpec KeyUsage "
        "MultiRegion Origin PendingWindowInDays RotationPeriodInDays Tags",
        create=_create_key,
        update=_update_key,
        delete=_delete_key,
        attributes="Arn KeyId",
    ),
    "AWS::KMS::Alias": ResourceType(
        properties="AliasName TargetKeyId",
        create=put("kms", "create_alias", named("AliasName")),
        update=_update_alias,
        delete=deletion("kms", "delete_alias", "AliasName"),
    ),
    "AWS::SSM::Parameter": ResourceType(
        properties="AllowedPattern DataType Description Name Policies Tags Tier Type Value",
        create=put("ssm", "put_parameter", _parameter, _parameter_request),
        update=_update_parameter,
        delete=deletion("ssm", "delete_parameter", "Name"),
        name=Name("Name", longest=128),
        attributes="Type Value",
        changing="Type Value",
    ),
}
