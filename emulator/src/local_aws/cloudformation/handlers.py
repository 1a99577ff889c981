"""The permissions by which CloudFormation finds a resource before and after it changes it.

The schema of a type lists what each of its handlers may call, for all properties together (CloudFormation CLI user
guide, "Resource type schema", handlers); which of it one resource takes is not published. What changes a resource
is certain, and checked where the types' functions call it. Likely, and checked here, is one more thing: how a
handler finds its resource, which is what the read handler and the delete handler have in common.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

from moto.core.utils import get_service_model

from local_aws.cloudformation.schemas import Schema
from local_aws.cloudformation.stacks import Resource, Stack
from local_aws.core import gateway, principals
from local_aws.core.authorization import checks, tables
from local_aws.core.authorization.filters import Scope

Verb = Literal["create", "update", "delete"]


def authorize(stack: Stack, schema: Schema, verb: Verb, resource: Resource) -> None:
    """Check that the stack's caller may find `resource`.

    Raises
    ------
    local_aws.core.errors.AccessDenied
    """
    principal = principals.caller(stack.credentials["aws_access_key_id"])
    for action in finders(schema, verb):
        gateway.authorize(principal, action, [_name(action, resource, Scope(stack.region, stack.account_id))])


def finders(schema: Schema, verb: Verb) -> list[str]:
    """The permissions of the type's own service that the handler shares with those that read and delete."""
    shared = [
        set(schema.handlers.get(each, ())).intersection(schema.handlers.get("read", ())) for each in (verb, "delete")
    ]
    found = set.intersection(*shared)
    return sorted(action for action in found if _prefix(action) == own_service(schema))


def own_service(schema: Schema) -> str:
    """The prefix of the type's own permissions, ``sns``: that which its delete handler calls most."""
    ((prefix, _),) = Counter(map(_prefix, schema.handlers["delete"])).most_common(1)
    return prefix


def _prefix(action: str) -> str:
    return action.split(":", 1)[0]


def _name(action: str, resource: Resource, scope: Scope) -> str:
    """What a policy calls the resource: by the parameters of the operation, else by its own ARN."""
    known = tables.operation(action)
    if known is None:
        return _arn(resource)
    service, operation = known
    shape = get_service_model(service).operation_model(operation).input_shape
    required = list(shape.required_members) if shape else []
    parameters = {member: resource.properties.get(member, _identifier(member, resource)) for member in required}
    name = checks.resources(service, operation, {**resource.properties, **parameters}, scope)[0][0]
    return _arn(resource) if name != "*" and name.endswith("*") else name


def _identifier(member: str, resource: Resource) -> str:
    return _arn(resource) if member.lower().endswith("arn") else resource.physical_id


def _arn(resource: Resource) -> str:
    """The resource's ARN; ``*``, which no narrower policy matches, where it has none."""
    if resource.physical_id.startswith("arn:"):
        return resource.physical_id
    return str(resource.attributes.get("Arn", "*"))
