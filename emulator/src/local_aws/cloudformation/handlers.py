"""Permissions that CloudFormation needs to find a resource before and after a change.

The schema of a type lists the permissions of each handler, for all properties together (CloudFormation CLI user
guide, "Resource type schema", handlers). AWS does not publish which of them a single resource needs. Permissions
for changes are certain, and checked when the types' functions make the calls. Permissions to find a resource are
likely, and checked here: they are those that the read handler and the delete handler share.
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
    """Check that the stack's caller has the right to find `resource`.

    Raises
    ------
    local_aws.core.errors.AccessDenied
    """
    principal = principals.caller(stack.credentials["aws_access_key_id"])
    for action in lookup_permissions(schema, verb):
        gateway.authorize(principal, action, [_name(action, resource, Scope(stack.region, stack.account_id))])


def lookup_permissions(schema: Schema, verb: Verb) -> list[str]:
    """The permissions of the type's own service that the handler shares with the read and delete handlers."""
    shared = [
        set(schema.handlers.get(each, ())).intersection(schema.handlers.get("read", ())) for each in (verb, "delete")
    ]
    found = set.intersection(*shared)
    return sorted(action for action in found if _prefix(action) == own_service(schema))


def own_service(schema: Schema) -> str:
    """The prefix of the type's own permissions, ``sns``: the most frequent one in its delete handler."""
    ((prefix, _),) = Counter(map(_prefix, schema.handlers["delete"])).most_common(1)
    return prefix


def _prefix(action: str) -> str:
    return action.split(":", 1)[0]


def _name(action: str, resource: Resource, scope: Scope) -> str:
    """The resource's name in policies: from the parameters of the operation, otherwise its ARN."""
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
    """The resource's ARN, or ``*``, which no narrower policy matches."""
    if resource.physical_id.startswith("arn:"):
        return resource.physical_id
    return str(resource.attributes.get("Arn", "*"))
