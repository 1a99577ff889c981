"""Permissions of an API call: its own for each resource, then those that AWS derives from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from local_aws.core import partition
from local_aws.core.authorization import account, tables
from local_aws.core.authorization.context import Check, lower_keys
from local_aws.core.authorization.filters import Scope
from local_aws.core.authorization.tables import Derived, Table, Unscoped
from local_aws.core.authorization.templates import expand, lookup
from local_aws.core.errors import NotModelledError
from local_aws.core.principals import Principal
from local_aws.core.wire import Call

_TAGS = ("Tags", "tags", "TagList")
_READS_OF_OBJECTS = {("s3", "GetObject"), ("s3", "HeadObject")}
_TAG_KEYS = ("TagKeys", "tagKeys", "TagKeyList", "tagKeyList", "tags")
_TAGGING = (":AddTags", ":AddTagsToResource", ":TagQueue", ":TagResource")
_KEY_AND_VALUE = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))


def is_free(call: Call) -> bool:
    """Whether the call needs no permission."""
    table = tables.table(call.service)
    return table is not None and call.operation in table.free


def own(call: Call) -> list[Check]:
    """The permission with the operation's name, for each resource.

    Raises
    ------
    NotModelledError
        If the tables do not have the operation, or a parameter changes its permission.
    """
    table = _table(call)
    # PutBucketTagging needs its Tagging
    surprising = sorted(
        each for each in table.not_modelled & call.parameters.keys() if not call.operation.endswith(each)
    )
    if surprising:
        raise NotModelledError(f"the permissions of {call.service} {call.operation} with {surprising[0]}")
    keys = cache(lambda: _keys(table, call))
    unscoped = any(_applies(each, call) for each in table.unscoped)
    named = [("*",)] if unscoped else resources(call.service, call.operation, call.parameters, _scope(call))
    return [_check(call, table.action(call.operation), names, keys) for names in named]


def resources(service: str, operation: str, parameters: dict[str, Any], scope: Scope) -> list[tuple[str, ...]]:
    """Names of each resource of the operation with these parameters; ``*`` if it has none.

    A missing parameter is replaced by ``*``, which no narrower policy matches.
    """
    table = tables.table(service)
    assert table is not None
    templates = [table.resources[each] for each in table.operations[operation]]
    found = []
    for each in templates:
        expanded = [expand(template, parameters, scope, missing="*") for template in each]
        found += list(zip(*expanded, strict=True))
    return found or [("*",)]


def derived(call: Call) -> Iterator[Check]:
    """Permissions that AWS derives from the call, those of encryption last."""
    table = tables.table(call.service)
    for each in table.derived if table else ():
        if _applies(each, call):
            yield from _derived(each, call)
    yield from _of_missing_object(call)
    for action, key, keys in _ENCRYPTED.get((call.service, call.operation), _nothing)(call):
        yield _check(call, action, (account.key_arn(key, call.region, call.account_id),), partial(dict, keys))


def _of_missing_object(call: Call) -> Iterator[Check]:
    """S3 says that an object is missing only to a caller who may list the bucket (API reference, GetObject)."""
    if (call.service, call.operation) not in _READS_OF_OBJECTS:
        return
    bucket, key = str(call.parameters["Bucket"]), str(call.parameters["Key"])
    if account.bucket(bucket) and not account.has_object(bucket, key):
        yield _check(call, "s3:ListBucket", (f"arn:{partition.NAME}:s3:::{bucket}",), dict)


def for_service(
    call: Call | None, principal: Principal, action: str, resource: str, context: Mapping[str, Any] | None
) -> Check:
    """A permission that a service checks. Without a call, Region and account are the resource's."""
    parts = resource.split(":")
    region = call.region if call else (parts[3] if len(parts) > 3 else "")
    account_id = call.account_id if call else principal.arn.split(":")[4] if ":" in principal.arn else parts[4]
    keys = _kms_keys(action, account_id) | lower_keys(context)
    return Check(principal, action, (resource,), region, account_id, lambda: keys)


def action(call: Call) -> str:
    """The action of the operation. Without a table, it has the usual form."""
    table = tables.table(call.service)
    return table.action(call.operation) if table else f"{call.model.service_model.signing_name}:{call.operation}"


def _table(call: Call) -> Table:
    table = tables.table(call.service)
    if table is None or call.operation not in table.operations:
        raise NotModelledError(f"the permissions of {call.service} {call.operation}")
    return table


def _scope(call: Call) -> Scope:
    return Scope(call.region, call.account_id)


def _check(call: Call, action: str, names: tuple[str, ...], supplied: Callable[[], Mapping[str, list[str]]]) -> Check:
    return Check(call.principal, action, names, call.region, call.account_id, supplied)


def _keys(table: Table, call: Call) -> dict[str, list[str]]:
    keys = {key.lower(): expand(template, call.parameters, _scope(call)) for key, template in table.context.items()}
    for prefix, path in table.context_maps.items():
        for given in lookup(path, call.parameters):
            keys.update({f"{prefix}{key}".lower(): [value] for key, value in given.items()})
    return keys | _tag_keys(call)


def _tag_keys(call: Call) -> dict[str, list[str]]:
    """``aws:RequestTag/…`` and ``aws:TagKeys``; services have tags in several forms."""
    tags: dict[str, str] = {}
    removed: list[str] = []
    for name in _TAGS:
        tags.update(_tags(call.parameters.get(name)))
    for name in _TAG_KEYS:
        value = call.parameters.get(name)
        if isinstance(value, list):
            removed += [each for each in value if isinstance(each, str)]
    if not tags and not removed:
        return {}
    return {"aws:tagkeys": [*tags, *removed]} | {f"aws:requesttag/{key}".lower(): [tags[key]] for key in tags}


def _tags(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return value
    pairs = [each for each in value or [] if isinstance(each, dict)]
    return {each[key]: each.get(worth, "") for each in pairs for key, worth in _KEY_AND_VALUE if each.get(key)}


def _applies(rule: Derived | Unscoped, call: Call) -> bool:
    def has_value(path: str, wanted: Any) -> bool:
        found = lookup(path, call.parameters)
        return any(found) if wanted is True else wanted in found

    return call.operation in rule.operations and all(has_value(path, wanted) for path, wanted in rule.when.items())


def _derived(rule: Derived, call: Call) -> Iterator[Check]:
    for action in rule.actions:
        supplied = cache(partial(_derived_keys, rule, action, call))
        for template in rule.resources:
            for resource in expand(template, call.parameters, _scope(call)):
                yield _check(call, action, (resource,), supplied)


def _derived_keys(rule: Derived, action: str, call: Call) -> dict[str, list[str]]:
    given = {key.lower(): expand(template, call.parameters, _scope(call)) for key, template in rule.context.items()}
    tags = _tag_keys(call) if action.endswith(_TAGGING) else {}
    return _kms_keys(action, call.account_id) | given | tags


def _kms_keys(action: str, account_id: str) -> dict[str, list[str]]:
    return {"kms:calleraccount": [account_id]} if action.startswith("kms:") else {}


def _encryption(call: Call, key: str | None, actions: tuple[str, ...], context: dict[str, str]) -> Iterator[Any]:
    keys = {
        # an AWS service belongs to no account
        "kms:calleraccount": [] if call.principal.service else [call.account_id],
        "kms:viaservice": [f"{call.service}.{call.region}.{partition.DNS_SUFFIX}"],
        "kms:encryptioncontextkeys": list(context),
        **{f"kms:encryptioncontext:{name}".lower(): [value] for name, value in context.items()},
    }
    return ((action, key, keys) for action in actions if key)


def _of_topic(call: Call) -> Iterator[Any]:
    """SNS developer guide, "Key management": a publisher to an encrypted topic uses its key."""
    topic_arn = str(call.parameters.get("TopicArn") or call.parameters.get("TargetArn") or "")
    key = account.topic_key(topic_arn) if topic_arn.count(":") == 5 else None
    return _encryption(call, key, ("kms:GenerateDataKey", "kms:Decrypt"), {"aws:sns:topicArn": topic_arn})


def _of_queue(*actions: str) -> Callable[[Call], Iterator[Any]]:
    """SQS developer guide, "Key management": senders create data keys and decrypt, receivers decrypt."""

    def encryption(call: Call) -> Iterator[Any]:
        (queue_arn,) = expand("arn:{partition}:sqs:{region}:{account}:{QueueUrl|last}", call.parameters, _scope(call))
        return _encryption(call, account.queue_key(queue_arn), actions, {"aws:sqs:arn": queue_arn})

    return encryption


def _of_put_object(*actions: str) -> Callable[[Call], Iterator[Any]]:
    """S3 user guide, "Using server-side encryption with AWS KMS keys": the request's key, otherwise the bucket's."""

    def encryption(call: Call) -> Iterator[Any]:
        bucket = str(call.parameters["Bucket"])
        algorithm = str(call.parameters.get("ServerSideEncryption") or "")
        own = call.parameters.get("SSEKMSKeyId") if algorithm.startswith("aws:kms") else None
        key = None if algorithm == "AES256" else own or account.bucket_key(bucket)
        return _encryption(call, key, actions, {"aws:s3:arn": _object_arn(call)})

    return encryption


def _of_get_object(call: Call) -> Iterator[Any]:
    key = account.object_key(str(call.parameters["Bucket"]), str(call.parameters["Key"]))
    return _encryption(call, key, ("kms:Decrypt",), {"aws:s3:arn": _object_arn(call)})


def _object_arn(call: Call) -> str:
    (arn,) = expand("arn:{partition}:s3:::{Bucket}/{Key}", call.parameters, _scope(call))
    return arn


def _of_table(call: Call) -> Iterator[Any]:
    """DynamoDB developer guide, "Encryption at rest": the caller grants DynamoDB the use of the table's key."""
    key = (call.parameters.get("SSESpecification") or {}).get("KMSMasterKeyId")
    for action, name, keys in _encryption(call, key, ("kms:DescribeKey", "kms:CreateGrant"), {}):
        yield action, name, keys | {"kms:grantisforawsresource": ["true"]}


def _nothing(_: Call) -> Iterator[Any]:
    return iter(())


_ENCRYPTED: dict[tuple[str, str], Callable[[Call], Iterator[Any]]] = {
    ("dynamodb", "CreateTable"): _of_table,
    ("dynamodb", "UpdateTable"): _of_table,
    ("s3", "CreateMultipartUpload"): _of_put_object("kms:GenerateDataKey", "kms:Decrypt"),
    ("s3", "GetObject"): _of_get_object,
    ("s3", "PutObject"): _of_put_object("kms:GenerateDataKey"),
    ("sns", "Publish"): _of_topic,
    ("sns", "PublishBatch"): _of_topic,
    ("sqs", "SendMessage"): _of_queue("kms:GenerateDataKey", "kms:Decrypt"),
    ("sqs", "SendMessageBatch"): _of_queue("kms:GenerateDataKey", "kms:Decrypt"),
    ("sqs", "ReceiveMessage"): _of_queue("kms:Decrypt"),
}
