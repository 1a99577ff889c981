"""Definition of a resource type, and helpers with which most types take a few lines."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from local_aws.core import clients, partition
from local_aws.core.principals import Credentials

Properties: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Provisioned:
    """An existing resource.

    Attributes
    ----------
    physical_id : str
        Value of ``Ref``.
    attributes : mapping of str to value
        Values of ``Fn::GetAtt``.
    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """The caller, the stack and the resource that a type's functions are called for.

    Attributes
    ----------
    initiated : callable
        Call it with the physical id as soon as something exists that a rollback must delete.
    """

    stack_id: str
    stack_name: str
    logical_id: str
    region: str
    account_id: str
    credentials: Credentials
    initiated: Callable[[str], None]

    def client(self, service: str) -> Any:
        """A client with the deployer's rights."""
        return clients.client(service, self.region, self.credentials)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of `resource` (``function:name``) of `service` in the stack's account and Region."""
        return f"arn:{partition.NAME}:{service}:{self.region}:{self.account_id}:{resource}"


Create: TypeAlias = Callable[[Context, Properties], Provisioned]
Update: TypeAlias = Callable[[Context, str, Properties, Properties], Provisioned]
Delete: TypeAlias = Callable[[Context, str, Properties], None]
Request: TypeAlias = Callable[[Properties], dict[str, Any]]


@dataclass(frozen=True)
class Name:
    """Generated name of a resource whose name the template leaves open."""

    property: str
    longest: int = 64
    lower_case: bool = False

    def make(self, stack_name: str, logical_id: str) -> str:
        """``stack-LogicalId-Z2GC3SZTM7BN``, cut to the maximum length of the service."""
        suffix = "".join(random.choices(string.ascii_uppercase + string.digits, k=12))  # noqa: S311 - no secret
        name = f"{f'{stack_name}-{logical_id}'[: self.longest - 13].rstrip('-')}-{suffix}"
        return name.lower() if self.lower_case else name


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """Functions and facts of a resource type.

    Attributes
    ----------
    properties : str
        Names of the properties that are modelled, separated by spaces; others are refused.
    create, update, delete : callable
        They make API calls. Without `update` every change replaces the resource.
    name : Name, optional
        Of a type whose name the template can leave open.
    attributes : str
        Names for ``Fn::GetAtt``, separated by spaces; ``*`` for any.
    changing : str
        The attributes that an update in place can change.
    system_tags : bool
        Whether the resource can have CloudFormation's own tags (``aws:cloudformation:…``). Some local services
        refuse such tags even from CloudFormation.
    unsupported : callable
        Returns why the local AWS does not support a resource with these properties, or None. A property is
        missing if its value depends on resources that do not exist yet.
    """

    properties: str
    create: Create
    delete: Delete
    update: Update | None = None
    name: Name | None = None
    attributes: str = ""
    changing: str = ""
    system_tags: bool = True
    unsupported: Callable[[Properties], str | None] = lambda _: None


Types: TypeAlias = Mapping[str, ResourceType]


def camel(value: Any) -> Any:
    """`value` with lower-camel-case members, as in the APIs of Logs and Step Functions."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel(item) for key, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def document(value: Any) -> str:
    """A policy as text. Templates have policies as objects or as text."""
    return value if isinstance(value, str) else json.dumps(value)


def only(properties: Properties, *names: str) -> Properties:
    """The `properties` with these names."""
    return {name: properties[name] for name in names if name in properties}


def without(properties: Properties, *names: str) -> Properties:
    """The `properties` with other names."""
    return {name: value for name, value in properties.items() if name not in names}


def changed(old: Properties, new: Properties, *names: str) -> bool:
    """Whether one of the properties with these names differs."""
    return any(old.get(name) != new.get(name) for name in names)


def tag_map(properties: Properties) -> dict[str, str]:
    """The tags of `properties` by key. The property has one of two forms."""
    tags = properties.get("Tags", {})
    return dict(tags) if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as a list, the opposite of `tag_map`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def retag(
    old: Properties, new: Properties, tag: Callable[[dict[str, str]], Any], untag: Callable[[list[str]], Any]
) -> None:
    """Change the tags of `old` to those of `new`, by one call for tags to set and one for keys to remove."""
    before, after = tag_map(old), tag_map(new)
    added = {key: value for key, value in after.items() if before.get(key) != value}
    removed = [key for key in before if key not in after]
    if added:
        tag(added)
    if removed:
        untag(removed)


def deletion(service: str, operation: str, *members: str, request: Request = dict) -> Delete:
    """A `delete` function that calls `operation` with these members of the properties."""

    def delete(context: Context, _: str, properties: Properties) -> None:
        getattr(context.client(service), operation)(**only(request(properties), *members))

    return delete


def put(
    service: str, operation: str, made: Callable[[Properties, Any], Provisioned], request: Request = dict
) -> Create:
    """A `create` function that calls `operation` with the properties, after `request` has converted them."""

    def create(context: Context, properties: Properties) -> Provisioned:
        return made(properties, getattr(context.client(service), operation)(**request(properties)))

    return create


def overwriting(create: Create) -> Update:
    """An `update` function for a type whose `create` overwrites."""

    def update(context: Context, _physical_id: str, _old: Properties, new: Properties) -> Provisioned:
        return create(context, new)

    return update


def named(name: str, **attributes: str) -> Callable[[Properties, Any], Provisioned]:
    """A resource whose physical id is its property `name` and whose attributes are members of the answer."""

    def made(properties: Properties, answer: Any) -> Provisioned:
        return Provisioned(properties[name], {key: answer[member] for key, member in attributes.items()})

    return made
