"""Resources that permissions depend on: roles, keys, tags, and resource policies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moto.backends import get_backend
from moto.core.resource_tagging import iter_taggable_backends

from local_aws.core import partition
from local_aws.core.clock import clock

# Seconds until IAM sees the tags of a new SageMaker resource. AWS publishes none; its SDK accepts denied calls for five
# minutes (aws/sagemaker-python-sdk, pull requests 3662 and 4600).
_TAGS_SEEN_AFTER = timedelta(seconds=5)
_MANAGED_ALIAS = "alias/aws/"


@dataclass(frozen=True)
class Role:
    """A role, with the documents of its policies.

    Attributes
    ----------
    policies : tuple of str
        Inline and attached policies.
    boundary : str or None
        The permissions boundary.
    trust : str
        The trust policy.
    """

    id: str
    policies: tuple[str, ...]
    boundary: str | None
    trust: str
    tags: dict[str, str]


def role(role_arn: str) -> Role | None:
    """The role, or None if it does not exist."""
    backend = _backend("iam", role_arn.split(":")[4])
    found = next((each for each in backend.roles.values() if each.arn == role_arn), None)
    if found is None:
        return None
    attached = [document_of(policy) for policy in found.managed_policies.values()]
    boundary_arn = found.permissions_boundary_arn
    return Role(
        id=found.id,
        policies=(*map(text_of, found.policies.values()), *attached),
        boundary=document_of(backend.managed_policies[boundary_arn]) if boundary_arn else None,
        trust=text_of(found.assume_role_policy_document),
        tags={tag["Key"]: tag["Value"] for tag in found.tags or []},
    )


def role_path(role_name: str, account_id: str) -> str:
    """``path/name`` as in the role's ARN, or the name alone if the role does not exist."""
    roles = _backend("iam", account_id).roles.values()
    arn = next((each.arn for each in roles if each.name == role_name), f":role/{role_name}")
    return str(arn).split(":role/", 1)[1]


def key_arn(key_id: str, region: str, account_id: str) -> str:
    """ARN of the key of an id, an alias or an ARN of either."""
    backend = _backend("kms", account_id, region)
    prefix = f"arn:{partition.NAME}:kms:{region}:{account_id}:"
    name = key_id.removeprefix(prefix)
    if name.startswith(_MANAGED_ALIAS):
        return prefix + name
    if name.startswith("alias/"):
        holder = next((key for key in backend.keys.values() if name in key.aliases), None)
        return str(holder.arn) if holder else prefix + name
    return key_id if key_id.startswith("arn:") else f"{prefix}key/{key_id}"


def scalable_target_arn(resource_id: str, region: str, account_id: str) -> str | None:
    """ARN of a registered scalable target."""
    targets = _backend("applicationautoscaling", account_id, region).targets
    found = (each[resource_id] for each in targets.values() if resource_id in each)
    return next((str(target.arn) for target in found), None)


def endpoint_config_of(endpoint_name: str, region: str, account_id: str) -> str | None:
    """Name of an endpoint's live config."""
    endpoints = _backend("sagemaker", account_id, region).endpoints.values()
    found = (each for each in endpoints if each.endpoint_name.lower() == endpoint_name.lower())
    return next((str(each.endpoint_config_name) for each in found), None)


def volume_key_of(config_name: str, region: str, account_id: str) -> str | None:
    """The key for the instance volumes of a config, in the form of the request."""
    configs = _backend("sagemaker", account_id, region).endpoint_configs.values()
    found = (each for each in configs if each.endpoint_config_name.lower() == config_name.lower())
    return next((each.content.get("KmsKeyId") for each in found), None)


def topic_key(topic_arn: str) -> str | None:
    """The key of the topic, in the form of the request."""
    topic = _backend_of(topic_arn).topics.get(topic_arn)
    return (topic.kms_master_key_id or None) if topic else None


def queue_key(queue_arn: str) -> str | None:
    """The key of the queue, in the form of the request."""
    queue = _backend_of(queue_arn).queues.get(queue_arn.split(":")[5])
    return (queue.kms_master_key_id or None) if queue else None


def bucket_key(bucket_name: str) -> str | None:
    """The key of the bucket's default encryption, in the form of the request."""
    found = bucket(bucket_name)
    rule = (found.encryption or {}).get("Rule", {}) if found else {}
    return rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") or None


def object_key(bucket_name: str, name: str) -> str | None:
    """The key of an object, in the form of the request."""
    holder = bucket(bucket_name)
    found = holder.keys.get(name) if holder else None
    return (getattr(found, "kms_key_id", None) or None) if found else None  # a delete marker has no key


def has_object(bucket_name: str, name: str) -> bool:
    """Whether the bucket exists and has an object of that key, and not only former versions of one."""
    holder = bucket(bucket_name)
    return holder is not None and _backend("s3", holder.account_id).get_object(bucket_name, name) is not None


def owner(arn: str) -> str:
    """The account that owns a resource; empty if it is unknown. The ARNs of S3 have no account."""
    _, _, service, _, account_id, _ = arn.split(":", 5)
    found = bucket(_bucket_name(arn)) if service == "s3" else None
    return str(found.account_id) if found else account_id


def tags(arn: str) -> dict[str, str] | None:
    """Tags of a resource as IAM sees them; None for services without tags here."""
    _, _, service, region, account_id, _ = arn.split(":", 5)
    hosting = _hosting_resource(arn, region, account_id) if service == "sagemaker" else None
    if hosting:
        is_seen = clock.utc() >= hosting.creation_time + _TAGS_SEEN_AFTER
        return {tag["Key"]: tag["Value"] for tag in hosting.tags or []} if is_seen else {}
    if service == "iam":
        found = role(arn)
        return found.tags if found else {}
    backends = [each for each in iter_taggable_backends(account_id, region) if service == each.SERVICE_NAMESPACE]
    if not backends:
        return None
    # SageMaker's ARNs are in lower case for permissions, moto's are not
    same = (each.tags for backend in backends for each in backend.iter_tagged_resources() if _same(each.arn, arn))
    return next(same, {})


def _hosting_resource(arn: str, region: str, account_id: str) -> Any:
    """The endpoint, config, model or inference component of that ARN; None if there is none."""
    backend = _backend("sagemaker", account_id, region)
    components = getattr(backend, "inference_components", {})  # not moto's
    kept = (backend.endpoints, backend.endpoint_configs, backend._models, components)
    return next((each for things in kept for each in things.values() if _same(each.arn, arn)), None)


def resource_policy(arn: str) -> str | None:
    """The document of the resource's policy."""
    reader = _POLICY_READERS.get(arn.split(":")[2])
    return reader(arn) if reader else None


def _same(one: str, other: str) -> bool:
    return one.removesuffix(":*").lower() == other.removesuffix(":*").lower()


def _backend(service: str, account_id: str, region: str = partition.NAME) -> Any:
    """The backend of moto, imported on first use. A global service has one per partition."""
    backends: Any = get_backend(service)
    return backends[account_id][region]


def _backend_of(arn: str) -> Any:
    _, _, service, region, account_id, _ = arn.split(":", 5)
    return _backend(service, account_id, region)


def document_of(policy: Any) -> str:
    """The default version of a managed policy."""
    return next(text_of(each.document) for each in policy.versions if each.version_id == policy.default_version_id)


def text_of(document: Any) -> str:
    """A policy document as text; moto stores some as objects."""
    return document if isinstance(document, str) else json.dumps(document)


def _topic_policy(arn: str) -> str | None:
    topic = _backend_of(arn).topics.get(arn)
    return topic.policy if topic else None


def _queue_policy(arn: str) -> str | None:
    queue = _backend_of(arn).queues.get(arn.split(":")[5])
    return queue.policy if queue else None


def _function_policy(arn: str) -> str | None:
    function = _backend_of(arn).get_function_by_arn(":".join(arn.split(":")[:7]))
    statements = function.policy.statements if function and function.policy else []
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def _key_policy(arn: str) -> str | None:
    _, _, _, region, account_id, name = arn.split(":", 5)
    if name.startswith(_MANAGED_ALIAS):
        return _managed_key_policy(name.removeprefix(_MANAGED_ALIAS), region, account_id)
    key = _backend_of(arn).keys.get(name.removeprefix("key/"))
    return text_of(key.policy) if key else None


def _managed_key_policy(service: str, region: str, account_id: str) -> str:
    """KMS developer guide, "AWS managed keys": only the account's principals can use them, through the service."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:CallerAccount": account_id,
                "kms:ViaService": f"{service}.{region}.{partition.DNS_SUFFIX}",
            }
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _bucket_policy(arn: str) -> str | None:
    found = bucket(_bucket_name(arn))
    return found.policy.decode() if found and found.policy else None


def _bucket_name(arn: str) -> str:
    return arn.split(":")[5].split("/")[0]


def bucket(name: str) -> Any:
    """The bucket of that name, in any account; None if it does not exist."""
    accounts = [account[partition.NAME] for account in get_backend("s3").values()]
    return next((each.buckets[name] for each in accounts if name in each.buckets), None)


def _log_policies(arn: str) -> str | None:
    """All policies of the account and Region as one document: each names its log groups."""
    documents = [json.loads(each.policy_document) for each in _backend_of(arn).resource_policies.values()]
    found = [statement for each in documents for statement in _list(each["Statement"])]
    return json.dumps({"Version": "2012-10-17", "Statement": found}) if found else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _bus_policy(arn: str) -> str | None:
    bus = _backend_of(arn).event_buses.get(arn.rsplit("/", 1)[-1])
    return bus.policy if bus else None


def _registry_policy(arn: str) -> str | None:
    """The policy of a model package group and its packages (API reference, PutModelPackageGroupPolicy)."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    if kind not in ("model-package", "model-package-group"):
        return None
    group = _backend_of(arn).model_package_groups.get(name.split("/")[0])
    return group.policy if group else None


def _trust_policy(arn: str) -> str | None:
    found = role(arn) if ":role/" in arn else None
    return found.trust if found else None


_POLICY_READERS = {
    "events": _bus_policy,
    "iam": _trust_policy,
    "kms": _key_policy,
    "lambda": _function_policy,
    "logs": _log_policies,
    "s3": _bucket_policy,
    "sagemaker": _registry_policy,
    "sns": _topic_policy,
    "sqs": _queue_policy,
}
