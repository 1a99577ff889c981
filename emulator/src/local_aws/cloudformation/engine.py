"""Deploys a blueprint: creates and updates resources one after the other, and can undo each step."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.cloudformation import handlers, intrinsics, properties, references, resources, schemas
from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.base import Context, Properties, ResourceType
from local_aws.cloudformation.schemas import Schema
from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.stacks import Blueprint, Resource, Stack
from local_aws.core.clock import clock
from local_aws.core.errors import AccessDenied, ApiError

FAILURES = (ResourceError, AccessDenied, ApiError, ClientError, BotoCoreError)

# Deleting a resource that does not exist any more succeeds.
_ABSENT = (
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "ObjectNotFoundException",
    "ParameterNotFound",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
)
_HANDLER_ERRORS = {403: "AccessDenied", 404: "NotFound", 409: "AlreadyExists", 429: "Throttling"}


class ApplyError(Exception):
    """A resource failed; the message is the reason in the stack's event."""


@dataclass(frozen=True)
class Step:
    """A change of a resource: `before` is None for a new one, `after` is the result."""

    before: Resource | None
    after: Resource

    @property
    def replaced(self) -> bool:
        """Whether a new resource replaces the old one."""
        return self.before is not None and self.before.physical_id != self.after.physical_id


class Engine:
    """Deploys `blueprint` onto `stack`.

    Attributes
    ----------
    steps : list of Step
        Changes so far, in order.
    """

    def __init__(self, stack: Stack, blueprint: Blueprint) -> None:
        self.steps: list[Step] = []
        self.scope = Scope(stack, blueprint)
        self._stack = stack
        self._blueprint = blueprint

    def apply(self) -> None:
        """Create and update resources in the order of their dependencies.

        Raises
        ------
        ApplyError
            If a resource fails; the rest is not started.
        """
        for logical_id in references.order(self._blueprint.template, self.scope.active()):
            self._apply(logical_id, self.scope.definition(logical_id))

    def _apply(self, logical_id: str, definition: dict[str, Any]) -> None:
        existing = self._stack.resources.get(logical_id)
        if existing is not None and not existing.physical_id:
            existing = None  # its creation failed in a stack that was not rolled back
        try:
            wanted = self.wanted(logical_id, definition, existing)
        except FAILURES as error:
            unresolved = existing or Resource(logical_id, definition["Type"], {}, definition, False, clock.utc())
            verb = "CREATE" if existing is None else "UPDATE"
            failed = self._stack.note(unresolved, f"{verb}_FAILED", reason(error, unresolved.type))
            if existing is None:
                self._stack.resources[logical_id] = failed
            raise self._failed(logical_id, verb) from error
        if existing is None:
            self._create(wanted, "CREATE", None)
        elif existing.properties != wanted.properties:
            kind, schema = kind_and_schema(existing.type, self._stack.region)
            if replaces(kind, schema, existing.properties, wanted.properties):
                self._create(self._renamed(existing, wanted), "UPDATE", existing)
            else:
                self._update(existing, wanted)
        else:
            self._stack.resources[logical_id] = replace(existing, definition=definition)

    def wanted(self, logical_id: str, definition: dict[str, Any], existing: Resource | None) -> Resource:
        """The resource of the blueprint, with its existing or a new generated name."""
        kind, schema = kind_and_schema(definition["Type"], self._stack.region)
        resolved = intrinsics.resolve(definition.get("Properties", {}), self.scope)
        conforming = self._tagged(kind, schema, logical_id, properties.conform(logical_id, schema, resolved))
        generated = kind.name is not None and kind.name.property not in conforming
        if kind.name is not None and generated:
            keeps = existing is not None and existing.generated_name
            old = existing.properties[kind.name.property] if existing is not None and keeps else None
            conforming[kind.name.property] = old or kind.name.make(self._stack.name, logical_id)
        return Resource(logical_id, definition["Type"], conforming, definition, generated, clock.utc())

    def _tagged(self, kind: ResourceType, schema: Schema, logical_id: str, given: Properties) -> Properties:
        """The properties with the stack's tags. The resource's own tags have precedence."""
        tagging = schema.tagging
        if tagging is None or tagging.property not in kind.properties.split():
            return given
        tags = dict(self._blueprint.tags)
        if tagging.system and kind.system_tags:
            tags |= {
                "aws:cloudformation:stack-name": self._stack.name,
                "aws:cloudformation:stack-id": self._stack.id,
                "aws:cloudformation:logical-id": logical_id,
            }
        own = given.get(tagging.property, {})
        tags |= own if isinstance(own, dict) else {tag["Key"]: tag["Value"] for tag in own}
        if not tags:
            return given
        shaped = tags if tagging.shape == "map" else [{"Key": key, "Value": value} for key, value in tags.items()]
        return {**given, tagging.property: shaped}

    def _renamed(self, existing: Resource, wanted: Resource) -> Resource:
        """`wanted` with a name of its own, so that it can exist beside `existing`."""
        kind, _ = kind_and_schema(wanted.type, self._stack.region)
        if kind.name is None:
            return wanted
        name = kind.name.property
        if wanted.generated_name:
            made = kind.name.make(self._stack.name, wanted.logical_id)
            return replace(wanted, properties={**wanted.properties, name: made})
        if existing.properties.get(name) == wanted.properties[name]:
            self._stack.note(
                existing,
                "UPDATE_FAILED",
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {wanted.properties[name]} and update the stack again.",
            )
            raise self._failed(existing.logical_id, "UPDATE")
        return wanted

    def _create(self, wanted: Resource, verb: str, existing: Resource | None) -> None:
        stack, (kind, schema) = self._stack, kind_and_schema(wanted.type, self._stack.region)
        because = (
            None
            if existing is None
            else "Requested update requires the creation of a new physical resource; hence creating one."
        )
        current = stack.note(
            wanted if existing is None else replace(wanted, physical_id=existing.physical_id),
            f"{verb}_IN_PROGRESS",
            because,
        )
        current = replace(current, physical_id="")

        def initiated(physical_id: str) -> None:
            nonlocal current
            if not current.physical_id:
                current = replace(current, physical_id=physical_id)
                current = stack.note(current, f"{verb}_IN_PROGRESS", "Resource creation Initiated")

        try:
            made = kind.create(context(stack, wanted.logical_id, initiated), wanted.properties)
            initiated(made.physical_id)
            current = replace(current, physical_id=made.physical_id, attributes=made.attributes)
            handlers.authorize(stack, schema, "create", current)
        except FAILURES as error:
            current = stack.note(current, f"{verb}_FAILED", reason(error, wanted.type))
            if existing is None:
                stack.resources[wanted.logical_id] = current
            if current.physical_id:
                self.steps.append(Step(existing, current))
            raise self._failed(wanted.logical_id, verb) from error
        stack.resources[wanted.logical_id] = stack.note(current, f"{verb}_COMPLETE")
        self.steps.append(Step(existing, stack.resources[wanted.logical_id]))

    def _update(self, existing: Resource, wanted: Resource) -> None:
        stack = self._stack
        current = replace(wanted, physical_id=existing.physical_id, attributes=existing.attributes)
        current = stack.note(current, "UPDATE_IN_PROGRESS")
        try:
            updated = change(stack, existing, current)
        except FAILURES as error:
            failed = stack.note(current, "UPDATE_FAILED", reason(error, wanted.type))
            self.steps.append(Step(existing, failed))
            raise self._failed(existing.logical_id, "UPDATE") from error
        stack.resources[existing.logical_id] = stack.note(updated, "UPDATE_COMPLETE")
        self.steps.append(Step(existing, stack.resources[existing.logical_id]))

    def _failed(self, logical_id: str, verb: str) -> ApplyError:
        return ApplyError(f"The following resource(s) failed to {verb.lower()}: [{logical_id}]. ")


def kind_and_schema(type_name: str, region: str) -> tuple[ResourceType, Schema]:
    """The type and its schema. Templates with unknown types are refused before they are deployed."""
    kind, schema = resources.find(type_name), schemas.load(type_name, region)
    assert kind is not None
    assert schema is not None
    return kind, schema


def replaces(kind: ResourceType, schema: Schema, old: Properties, new: Properties) -> bool:
    """Whether CloudFormation replaces the resource to change its properties from `old` to `new`."""
    if kind.update is None:
        return True
    return any(_at(old, path) != _at(new, path) for path in schema.replacing)


def _at(value: Any, path: Iterable[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def change(stack: Stack, existing: Resource, wanted: Resource) -> Resource:
    """Update a resource in place; return it with its new attributes."""
    kind, schema = kind_and_schema(existing.type, stack.region)
    assert kind.update is not None
    handlers.authorize(stack, schema, "update", existing)
    place = context(stack, existing.logical_id, lambda _: None)
    made = kind.update(place, existing.physical_id, existing.properties, wanted.properties)
    return replace(wanted, physical_id=made.physical_id, attributes=made.attributes)


def remove(stack: Stack, resource: Resource, policy: str | None) -> bool:
    """Delete a resource, unless `policy` is ``Retain``; return whether that succeeded."""
    if policy in ("Retain", "RetainExceptOnCreate"):
        stack.gone[resource.logical_id] = stack.note(resource, "DELETE_SKIPPED")
        return True
    resource = stack.note(resource, "DELETE_IN_PROGRESS")
    kind, schema = kind_and_schema(resource.type, stack.region)
    try:
        handlers.authorize(stack, schema, "delete", resource)
        kind.delete(context(stack, resource.logical_id, lambda _: None), resource.physical_id, resource.properties)
    except FAILURES as error:
        if not _is_absent(error):
            failed = stack.note(resource, "DELETE_FAILED", reason(error, resource.type))
            stack.resources.setdefault(resource.logical_id, failed)
            return False
    stack.gone[resource.logical_id] = stack.note(resource, "DELETE_COMPLETE")
    return True


def _is_absent(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return False
    answer = error.response["Error"]
    return answer["Code"] in _ABSENT or "Could not find" in answer["Message"]  # the latter is SageMaker's message


def context(stack: Stack, logical_id: str, initiated: Any) -> Context:
    return Context(
        stack_id=stack.id,
        stack_name=stack.name,
        logical_id=logical_id,
        region=stack.region,
        account_id=stack.account_id,
        credentials=stack.credentials,
        initiated=initiated,
    )


def reason(error: Exception, type_name: str) -> str:
    """The reason in the event of a failed resource of this type."""
    if isinstance(error, ApiError):
        return error.message
    if isinstance(error, AccessDenied):
        return _of_handler(error.message, type_name, 403, "AccessDenied", str(uuid.uuid4()))
    if not isinstance(error, ClientError):
        return str(error)
    answer, request = error.response["Error"], error.response["ResponseMetadata"]
    status = request["HTTPStatusCode"]
    code = "AlreadyExists" if "AlreadyExist" in answer["Code"] else _HANDLER_ERRORS.get(status, "InvalidRequest")
    return _of_handler(answer["Message"], type_name, status, code, request.get("RequestId", ""))


def _of_handler(message: str, type_name: str, status: int, code: str, request_id: str) -> str:
    service = type_name.split("::")[1]
    return (
        f'Resource handler returned message: "{message} (Service: {service}, Status Code: {status}, '
        f'Request ID: {request_id})" (RequestToken: {uuid.uuid4()}, HandlerErrorCode: {code})'
    )
