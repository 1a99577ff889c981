"""AWS::S3 and AWS::DynamoDB: buckets, their policies, tables."""

from __future__ import annotations

from collections.abc import Callable
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
    only,
    overwriting,
    retag,
    tag_list,
)
from local_aws.core import partition

_LIFECYCLE_ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "NoncurrentVersionExpiration",
)
_LIFECYCLE_RULE = {*_LIFECYCLE_ACTIONS, "Id", "Prefix", "Status"}


def _create_bucket(context: Context, properties: Properties) -> Provisioned:
    s3, name = context.client("s3"), properties["BucketName"]
    place = {} if context.region == "us-east-1" else {"LocationConstraint": context.region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    context.initiated(name)
    return _update_bucket(context, name, {}, properties)


def _update_bucket(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    s3 = context.client("s3")
    for member, (put, remove) in _BUCKET_SETTINGS.items():
        if changed(old, new, member):
            if member in new:
                put(s3, name, new[member])
            else:
                remove(s3, name)
    if old.get("Tags") != new.get("Tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": new.get("Tags", [])})
    domain = f"{name}.s3.{partition.DNS_SUFFIX}"
    regional = f"{name}.s3.{context.region}.{partition.DNS_SUFFIX}"
    website = f"http://{name}.s3-website-{context.region}.{partition.DNS_SUFFIX}"
    arn = context.arn("s3", name).replace(f":{context.region}:{context.account_id}:", ":::")
    return Provisioned(name, {"Arn": arn, "DomainName": domain, "RegionalDomainName": regional, "WebsiteURL": website})


def _put_encryption(s3: Any, name: str, value: Any) -> None:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        default = rule.get("ServerSideEncryptionByDefault")
        applied = {"ApplyServerSideEncryptionByDefault": default} if default else {}
        rules.append({**applied, **only(rule, "BucketKeyEnabled")})
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _put_lifecycle(s3: Any, name: str, value: Any) -> None:
    rules = [_lifecycle_rule(rule) for rule in value["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    unknown = sorted(set(rule) - _LIFECYCLE_RULE)
    if unknown:
        raise ResourceError(f"The local AWS does not model {', '.join(unknown)} of a bucket's lifecycle rules.")
    result = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        result["ID"] = rule["Id"]
    expiration = {
        member: rule[name]
        for name, member in (
            ("ExpirationInDays", "Days"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in rule
    }
    if expiration:
        result["Expiration"] = expiration
    return {**result, **only(rule, "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")}


def _put_versioning(s3: Any, name: str, value: Any) -> None:
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=value)


def _put_public_access_block(s3: Any, name: str, value: Any) -> None:
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=value)


def _put_ownership(s3: Any, name: str, value: Any) -> None:
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=value)


def _suspend_versioning(s3: Any, name: str) -> None:
    _put_versioning(s3, name, {"Status": "Suspended"})


def _call(operation: str) -> Callable[[Any, str], None]:
    def call(s3: Any, name: str) -> None:
        getattr(s3, operation)(Bucket=name)

    return call


_BUCKET_SETTINGS: dict[str, tuple[Callable[[Any, str, Any], None], Callable[[Any, str], None]]] = {
    "BucketEncryption": (_put_encryption, _call("delete_bucket_encryption")),
    "LifecycleConfiguration": (_put_lifecycle, _call("delete_bucket_lifecycle")),
    "OwnershipControls": (_put_ownership, _call("delete_bucket_ownership_controls")),
    "PublicAccessBlockConfiguration": (_put_public_access_block, _call("delete_public_access_block")),
    "VersioningConfiguration": (_put_versioning, _suspend_versioning),
}


def _delete_bucket(context: Context, name: str, _: Properties) -> None:
    context.client("s3").delete_bucket(Bucket=name)


def _put_policy(context: Context, properties: Properties) -> Provisioned:
    name = properties["Bucket"]
    context.client("s3").put_bucket_policy(Bucket=name, Policy=document(properties["PolicyDocument"]))
    return Provisioned(name)


_TABLE_MEMBERS = ("BillingMode", "DeletionProtectionEnabled", "ProvisionedThroughput", "TableClass")


def _table_request(properties: Properties) -> dict[str, Any]:
    request = only(
        properties,
        *_TABLE_MEMBERS,
        "AttributeDefinitions",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "TableName",
        "Tags",
    )
    if "StreamSpecification" in properties:
        request["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    if "SSESpecification" in properties:
        given = dict(properties["SSESpecification"])
        request["SSESpecification"] = {"Enabled": given.pop("SSEEnabled"), **given}
    return request


def _create_table(context: Context, properties: Properties) -> Provisioned:
    dynamodb, name = context.client("dynamodb"), properties["TableName"]
    dynamodb.create_table(**_table_request(properties))
    context.initiated(name)
    _set_backups_and_lifetime(dynamodb, name, {}, properties)
    return _table(dynamodb, name)


def _table(dynamodb: Any, name: str) -> Provisioned:
    table = dynamodb.describe_table(TableName=name)["Table"]
    return Provisioned(name, {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")})


def _set_backups_and_lifetime(dynamodb: Any, name: str, old: Properties, new: Properties) -> None:
    if changed(old, new, "TimeToLiveSpecification"):
        given = new.get("TimeToLiveSpecification") or {**old["TimeToLiveSpecification"], "Enabled": False}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=given)
    if changed(old, new, "PointInTimeRecoverySpecification"):
        given = new.get("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False})
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=given)


def _update_table(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    dynamodb = context.client("dynamodb")
    before, after = _table_request(old), _table_request(new)
    members = (*_TABLE_MEMBERS, "StreamSpecification", "SSESpecification")
    different = {member: after[member] for member in members if member in after and before.get(member) != after[member]}
    if "StreamSpecification" in before and "StreamSpecification" not in after:
        different["StreamSpecification"] = {"StreamEnabled": False}
    if different:
        dynamodb.update_table(TableName=name, **different)
    for update in _index_updates(old, new):
        definitions = new["AttributeDefinitions"]
        dynamodb.update_table(TableName=name, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=[update])
    _set_backups_and_lifetime(dynamodb, name, old, new)
    made = _table(dynamodb, name)
    arn = made.attributes["Arn"]
    retag(
        old,
        new,
        lambda tags: dynamodb.tag_resource(ResourceArn=arn, Tags=tag_list(tags)),
        lambda keys: dynamodb.untag_resource(ResourceArn=arn, TagKeys=keys),
    )
    return made


def _index_updates(old: Properties, new: Properties) -> list[dict[str, Any]]:
    before, after = (
        {each["IndexName"]: each for each in side.get("GlobalSecondaryIndexes", [])} for side in (old, new)
    )
    changed_ones = [name for name in after if name in before and before[name] != after[name]]
    if changed_ones:
        raise ResourceError(f"The local AWS cannot change the indexes {', '.join(changed_ones)}: give them new names.")
    gone = [{"Delete": {"IndexName": name}} for name in before if name not in after]
    return gone + [{"Create": index} for name, index in after.items() if name not in before]


def _delete_table(context: Context, name: str, _: Properties) -> None:
    context.client("dynamodb").delete_table(TableName=name)


TYPES: Types = {
    "AWS::S3::Bucket": ResourceType(
        properties=" ".join((*_BUCKET_SETTINGS, "BucketName", "Tags")),
        create=_create_bucket,
        update=_update_bucket,
        delete=_delete_bucket,
        name=Name("BucketName", longest=63, lower_case=True),
        attributes="Arn DomainName RegionalDomainName WebsiteURL",
        system_tags=False,
    ),
    "AWS::S3::BucketPolicy": ResourceType(
        properties="Bucket PolicyDocument",
        create=_put_policy,
        update=overwriting(_put_policy),
        delete=deletion("s3", "delete_bucket_policy", "Bucket"),
    ),
    "AWS::DynamoDB::Table": ResourceType(
        properties="AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema "
        "LocalSecondaryIndexes PointInTimeRecoverySpecification ProvisionedThroughput SSESpecification "
        "StreamSpecification TableClass TableName Tags TimeToLiveSpecification",
        create=_create_table,
        update=_update_table,
        delete=_delete_table,
        name=Name("TableName", longest=255),
        attributes="Arn StreamArn",
        changing="StreamArn",
    ),
}
