"""Shared state of a machine, branch or iteration: variables, context object, last event, and the stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from local_aws.core.clock import Event, clock
from local_aws.core.principals import Credentials
from local_aws.stepfunctions.errors import DataLimitError, StoppedError
from local_aws.stepfunctions.history import History, text

LONGEST_TEXT_BYTES = 256 * 1024


class Runs(Protocol):
    """The execution of a scope."""

    name: str
    region: str
    role_arn: str
    query_language: str
    history: History
    credentials: Credentials


@dataclass(frozen=True)
class Place:
    """An entered state: a redrive resumes there if the state does not succeed.

    Attributes
    ----------
    value : Any
        The state's input, whose text is `value_text`.
    variables : dict
        Variables of this level.
    event_id : int
        Id of its entered event.
    entered_at : str
        Its time in the context object.
    """

    name: str
    kind: str
    value: Any
    value_text: str
    variables: dict[str, Any]
    event_id: int
    entered_at: str


class Scope:
    """Variables of this level, over those of the outer levels.

    Attributes
    ----------
    context : dict
        The context object. It is replaced and never changed, because states pass parts of it on.
    assigned : dict
        Variables that the current state has assigned.
    last_event : int
        Id of the previous event; 0 at the start.
    is_inner : bool
        Whether it belongs to a branch or an iteration.
    stopped : Event
        Set when nothing more must be done here.
    place : Place or None
        The last entered state.
    is_resuming : bool
        Whether that state is resumed instead of entered.
    branches : list of Scope
        Scopes of the branches or iterations of that state.
    output : str or None
        Output, as text, of a branch or an iteration that has succeeded.
    """

    def __init__(
        self, run: Runs, context: dict[str, Any], outer: dict[str, Any], last_event: int, *, is_inner: bool
    ) -> None:
        self.run = run
        self.context = context
        self.outer = outer
        self.own: dict[str, Any] = {}
        self.assigned: dict[str, Any] = {}
        self.last_event = last_event
        self.is_inner = is_inner
        self.stopped = Event()
        self.place: Place | None = None
        self.is_resuming = False
        self.branches: list[Scope] = []
        self.output: str | None = None

    @property
    def variables(self) -> dict[str, Any]:
        return {**self.outer, **self.own}

    def assign(self, values: dict[str, Any]) -> None:
        """Assign variables of this level."""
        self.own.update(values)
        self.assigned = values

    def in_context(self, **members: Any) -> None:
        """Replace members of the context object; None removes a member."""
        merged = {**self.context, **members}
        self.context = {name: value for name, value in merged.items() if value is not None}

    def inner(self, **context: Any) -> Scope:
        """A scope for a branch or an iteration, which stops with this one."""
        scope = Scope(self.run, {**self.context, **context}, self.variables, self.last_event, is_inner=True)
        self.stopped.on_set(scope.stopped.set)
        return scope

    def enter(self, place: Place) -> None:
        """Set the entered state."""
        self.place, self.branches = place, []

    def resume(self, execution: dict[str, Any], redriven_event_id: int) -> None:
        """Restart at the state that did not succeed, in every branch and iteration that has not succeeded.

        The first event of a resumed state follows its entered event, but the failure of a Fail state follows
        ExecutionRedriven (recorded on AWS, 09/2026).

        Parameters
        ----------
        execution : dict
            The context object's `Execution`.
        """
        self.stopped = Event()
        self.in_context(Execution=execution)
        if self.place is not None:
            self.is_resuming, self.own = True, dict(self.place.variables)
            self.last_event = redriven_event_id if self.place.kind == "Fail" else self.place.event_id
        for scope in self.branches:
            scope.resume(execution, redriven_event_id)
            self.stopped.on_set(scope.stopped.set)

    def record(self, kind: str, **details: Any) -> int:
        """Add an event after this scope's last one, and make it the last one; return its id."""
        self.last_event = self.note(kind, **details)
        return self.last_event

    def note(self, kind: str, **details: Any) -> int:
        """Add an event that is not the predecessor of the next one; return its id."""
        return self.run.history.add(kind, self.last_event, **details)

    def sleep(self, seconds: float) -> None:
        """Wait on the clock.

        Raises
        ------
        StoppedError
            If the scope is stopped.
        """
        if clock.wait(self.stopped, seconds):
            raise StoppedError

    def check_running(self) -> None:
        if self.stopped.is_set():
            raise StoppedError


def sized(value: Any, name: str, *, is_result: bool = False) -> str:
    """The value's text; its limit is 256 KiB (Step Functions developer guide, "Quotas").

    Raises
    ------
    DataLimitError
        `States.DataLimitExceeded`.
    """
    value_text = text(value)
    if len(value_text) * 4 > LONGEST_TEXT_BYTES and len(value_text.encode()) > LONGEST_TEXT_BYTES:
        what = f"The state/task '{name}' returned a result"
        cause = f"{what} with a size exceeding the maximum number of bytes service limit."
        raise DataLimitError(cause, is_result=is_result)
    return value_text
