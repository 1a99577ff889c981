"""Stacks with their resources, events, outputs and change sets, in one registry per account and Region."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.parameters import Parameter
from local_aws.cloudformation.template import Template
from local_aws.core.clock import clock
from local_aws.core.principals import Credentials

STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Blueprint:
    """Target state of a stack.

    Attributes
    ----------
    original : str
        The template of the request.
    template : Template
        The template after its macros.
    """

    original: str
    template: Template
    parameters: Mapping[str, Parameter]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """An existing resource of a stack.

    Attributes
    ----------
    physical_id : str
        Empty if its creation failed early.
    properties : dict
        Resolved, with the schema's types, the stack's tags and a generated name.
    generated_name : bool
        Whether CloudFormation generated the name.
    """

    logical_id: str
    type: str
    properties: dict[str, Any]
    definition: dict[str, Any]
    generated_name: bool
    updated_at: datetime
    physical_id: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class Event:
    """An event of a stack or of one of its resources."""

    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    properties: dict[str, Any] | None
    at: datetime
    token: str | None


@dataclass(frozen=True)
class Output:
    """An output of a stack; `export` is the name under which other stacks import it."""

    key: str
    value: str
    description: str | None
    export: str | None


@dataclass
class ChangeSet:
    """Planned changes of a stack."""

    id: str
    name: str
    type: str
    created_at: datetime
    description: str | None = None
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    blueprint: Blueprint | None = None
    given: dict[str, Any] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Stack:
    """A stack; `blueprint` is None while it is only under review."""

    id: str
    name: str
    region: str
    account_id: str
    credentials: Credentials
    created_at: datetime
    role_arn: str | None = None
    parent: Stack | None = None
    blueprint: Blueprint | None = None
    description: str | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    gone: dict[str, Resource] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    status: str = ""
    reason: str | None = None
    change_set_id: str | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    protected: bool = False
    disable_rollback: bool = False
    token: str | None = None

    @property
    def exists(self) -> bool:
        """Whether it has not been deleted."""
        return self.status != "DELETE_COMPLETE"

    @property
    def busy(self) -> bool:
        """Whether an operation is in progress."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def enter(self, status: str, reason: str | None = None) -> None:
        """Set the stack's status and record the event."""
        self.status, self.reason = status, reason
        self._record(self.name, self.id, STACK_TYPE, status, reason, None)

    def note(self, resource: Resource, status: str, reason: str | None = None) -> Resource:
        """Set the status of a resource, add the resource to the stack and record the event."""
        noted = replace(resource, status=status, reason=reason, updated_at=clock.utc())
        self._record(noted.logical_id, noted.physical_id, noted.type, status, reason, noted.properties)
        return noted

    def _record(
        self, logical_id: str, physical_id: str, kind: str, status: str, reason: str | None, properties: Any
    ) -> None:
        identifier = str(uuid.uuid4())
        if properties is not None:
            identifier = f"{logical_id}-{status}-{identifier}"
        self.events.append(
            Event(
                identifier, logical_id, physical_id, kind, status, reason, properties, self._next_moment(), self.token
            )
        )

    def _next_moment(self) -> datetime:
        """Now, or a millisecond after the last event if no time has passed: readers ask for newer events."""
        now = clock.utc()
        return max(now, self.events[-1].at + timedelta(milliseconds=1)) if self.events else now


class Registry:
    """The stacks of an account in a Region, deleted ones included."""

    def __init__(self) -> None:
        self._stacks: dict[str, Stack] = {}
        self._lock = threading.Lock()

    def add(self, stack: Stack) -> None:
        """Register a stack. The caller must set its status before the registry is read.

        Raises
        ------
        ValidationError
            If a stack of this name exists.
        """
        with self._lock:
            others = [other for other in self._stacks.values() if other.exists and other.id != stack.id]
            if any(other.name == stack.name for other in others):
                raise ValidationError(f"Stack [{stack.name}] already exists")
            self._stacks[stack.id] = stack

    def get(self, name_or_id: str) -> Stack:
        """The stack: by name an existing one, by id any.

        Raises
        ------
        ValidationError
            If it is missing.
        """
        stack = self.find(name_or_id)
        if stack is None:
            raise ValidationError(f"Stack with id {name_or_id} does not exist")
        return stack

    def find(self, name_or_id: str) -> Stack | None:
        """The stack as `get` returns it, or None."""
        by_id = self._stacks.get(name_or_id)
        return by_id or next((stack for stack in self.existing() if stack.name == name_or_id), None)

    def existing(self) -> list[Stack]:
        """Stacks that have not been deleted, newest first."""
        return [stack for stack in self.all() if stack.exists]

    def all(self) -> list[Stack]:
        """All stacks, newest first, deleted ones included."""
        return list(reversed(list(self._stacks.values())))

    def exports(self) -> dict[str, tuple[Stack, Output]]:
        """Every export by name, with its stack."""
        return {
            output.export: (stack, output)
            for stack in self.existing()
            for output in stack.outputs
            if output.export is not None
        }

    def importers(self, export: str) -> list[str]:
        """Names of the stacks that import `export`."""
        return [stack.name for stack in self.existing() if export in stack.imports]

    def forget(self, stack: Stack) -> None:
        """Remove a stack that never had resources."""
        with self._lock:
            self._stacks.pop(stack.id, None)


_registries: dict[tuple[str, str], Registry] = {}


def registry(account_id: str, region: str) -> Registry:
    """The registry of an account in a Region."""
    return _registries.setdefault((account_id, region), Registry())


def described_properties(properties: Mapping[str, Any] | None) -> str | None:
    """Resource properties as events have them."""
    return None if properties is None else json.dumps(properties)


def names(stacks: Iterable[Stack]) -> str:
    """Names of stacks for a message."""
    return " and ".join(stack.name for stack in stacks)
