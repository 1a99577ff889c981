"""What a resource type is made of, and helpers with which most types take a few lines."""

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
class Made:
    """A resource that is there.

    Attributes
    ----------
    physical_id : str
        What ``Ref`` gives.
    attributes : mapping of str to value
        What ``Fn::GetAtt`` gives.
    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """On whose behalf and for which resource of which stack a type's functions are called.

    Attributes
    ----------
    initiated : callable
        To be called with the physical id as soon as there is something that a roll back has to remove.
    """

    stack_id: str
    stack_name: str
    logical_id: str
    region: str
    account_id: str
    credentials: Credentials
    initiated: Callable[[str], None]

    def client(self, service: str) -> Any:
        """A boto3 client with the deployer's rights."""
        return clients.client(service, self.region, self.credentials)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of `resource` (``function:name``) of `service` in the stack's account and Region."""
        return f"arn:{partition.NAME}:{service}:{self.region}:{self.account_id}:{resource}"


Create: TypeAlias = Callable[[Context, Properties], Made]
Update: TypeAlias = Callable[[Context, str, Properties, Properties], Made]
Delete: TypeAlias = Callable[[Context, str, Properties], None]
Request: TypeAlias = Callable[[Properties], dict[str, Any]]


@dataclass(frozen=True)
class Name:
    """How CloudFormation names a resource whose name the template leaves open."""

    property: str
    longest: int = 64
    lower_case: bool = False

    def make(self, stack_name: str, logical_id: str) -> str:
        """``stack-LogicalId-Z2GC3SZTM7BN``, cut to the longest that the service takes."""
        suffix = "".join(random.choices(string.ascii_uppercase + string.digits, k=12))  # noqa: S311 - no secret
        name = f"{f'{stack_name}-{logical_id}'[: self.longest - 13].rstrip('-')}-{suffix}"
        return name.lower() if self.lower_case else name


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """How resources of a type come, change and go.

    Attributes
    ----------
    properties : str
        Names of the properties that are modelled, separated by spaces; others are refused.
    create, update, delete : callable
        Made of API calls. Without `update` every change replaces the resource.
    name : Name, optional
        Where the template may leave the name open.
    attributes : str
        Names that ``Fn::GetAtt`` takes, separated by spaces; ``*`` for any.
    changing : str
        Those of them that an update in place may change.
    system_tags : bool
        Whether CloudFormation's own tags (``aws:cloudformation:…``) can be put on it: the local services refuse
        such tags to everybody where AWS's make an exception for CloudFormation.
    not_run_here : callable
        Why the local AWS cannot run a resource that AWS can, by its properties; None where it can. A property whose
        value depends on resources that do not exist yet is missing.
    """

    properties: str
    create: Create
    delete: Delete
    update: Update | None = None
    name: Name | None = None
    attributes: str = ""
    changing: str = ""
    system_tags: bool = True
    not_run_here: Callable[[Properties], str | None] = lambda _: None


Types: TypeAlias = Mapping[str, ResourceType]


def camel(value: Any) -> Any:
    """`value` with members that begin with a small letter, as the APIs of Logs and Step Functions have them."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel(item) for key, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def document(value: Any) -> str:
    """A policy, which templates give as an object or as text, as text."""
    return value if isinstance(value, str) else json.dumps(value)


def only(properties: Properties, *names: str) -> Properties:
    """Those of `properties` that have these names."""
    return {name: properties[name] for name in names if name in properties}


def without(properties: Properties, *names: str) -> Properties:
    """Those of `properties` that have other names."""
    return {name: value for name, value in properties.items() if name not in names}


def changed(old: Properties, new: Properties, *names: str) -> bool:
    """Whether a property of these names differs."""
    return any(old.get(name) != new.get(name) for name in names)


def tag_map(properties: Properties) -> dict[str, str]:
    """The tags of `properties` by key, in whichever of the two forms they are."""
    tags = properties.get("Tags", {})
    return dict(tags) if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The other way round."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def retag(
    old: Properties, new: Properties, tag: Callable[[dict[str, str]], Any], untag: Callable[[list[str]], Any]
) -> None:
    """Make the tags of `new` of those of `old`, by a call for those to set and one for the keys to remove."""
    before, after = tag_map(old), tag_map(new)
    added = {key: value for key, value in after.items() if before.get(key) != value}
    removed = [key for key in before if key not in after]
    if added:
        tag(added)
    if removed:
        untag(removed)


def deletion(service: str, operation: str, *members: str, request: Request = dict) -> Delete:
    """A `delete` that calls `operation` with these members of the request that created the resource."""

    def delete(context: Context, _: str, properties: Properties) -> None:
        getattr(context.client(service), operation)(**only(request(properties), *members))

    return delete


def put(service: str, operation: str, made: Callable[[Properties, Any], Made], request: Request = dict) -> Create:
    """A `create` that calls `operation` with the properties, as they are or as `request` turns them."""

    def create(context: Context, properties: Properties) -> Made:
        return made(properties, getattr(context.client(service), operation)(**request(properties)))

    return create


def again(create: Create) -> Update:
    """An `update` for a type whose `create` overwrites."""

    def update(context: Context, _physical_id: str, _old: Properties, new: Properties) -> Made:
        return create(context, new)

    return update


def named(name: str, **attributes: str) -> Callable[[Properties, Any], Made]:
    """A resource whose physical id is its property `name` and whose attributes are members of the answer."""

    def made(properties: Properties, answer: Any) -> Made:
        return Made(properties[name], {key: answer[member] for key, member in attributes.items()})

    return made
