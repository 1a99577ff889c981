"""One visit of a state: events, attempts and catchers.

Amazon States Language (states-language.net) and Step Functions developer guide, "Handling errors in Step Functions
workflows".
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.core.clock import clock
from local_aws.stepfunctions.errors import DATA_LIMIT_EXCEEDED, QueryEvaluationError, StateError, StoppedError, matches
from local_aws.stepfunctions.history import text, with_input, with_output
from local_aws.stepfunctions.languages import LANGUAGES, Language, State
from local_aws.stepfunctions.scope import Place, Scope, sized

Machine = dict[str, Any]
# Output, as text, of a machine for an input and its text, in a scope.
RunMachine = Callable[[Machine, Any, str, Scope], str]

_ABORTED = ("Map", "Parallel", "Task", "Wait")  # states that take time or make calls
_COMPOSITE = ("Map", "Parallel")


class Visit:
    """One visit of one state.

    Attributes
    ----------
    raw : Any
        The state's input.
    effective : Any
        The input of its work: the input, or the part that `InputPath` selects.
    run_machine : callable
        Runs a branch or an iteration.
    """

    def __init__(self, name: str, state: State, raw: Any, raw_text: str, scope: Scope, run_machine: RunMachine) -> None:
        self.name = name
        self.state = state
        self.kind: str = state["Type"]
        self.raw = raw
        self.raw_text = raw_text
        self.scope = scope
        self.run_machine = run_machine
        # States of branches and iterations have the machine's language, not that of the state around them.
        self.language: Language = LANGUAGES[state.get("QueryLanguage", scope.run.query_language)]
        self.effective: Any = None
        self._entered = 0
        self._retries = [0] * len(state.get("Retry", ()))

    def run(self, work: Work) -> Outcome:
        """Do the state's work, with retries."""
        scope = self.scope
        place = self._place()
        self._entered = place.event_id
        scope.in_context(State={"EnteredTime": place.entered_at, "Name": self.name, "RetryCount": 0})
        scope.assigned = {}
        try:
            output, output_text, following = self._until_done(work)
        except StoppedError:
            self._note_abort()
            raise
        finally:
            scope.in_context(Task=None)
        scope.record(f"{self.kind}StateExited", name=self.name, **with_output(output_text), **self._assigned())
        return output, output_text, following

    def field(self, name: str) -> Any:
        """The value of one of the state's fields, or None."""
        return self.language.field(self.state, name, self.effective, self.scope)

    def arguments(self) -> Any:
        """The arguments of the state's task or branches."""
        return self.language.arguments(self.state, self.effective, self.scope)

    def items(self) -> list[Any]:
        """The items of a Map state."""
        return self.language.items(self.state, self.effective, self.scope)

    def _place(self) -> Place:
        """The state as it is entered or resumed. A resumed state has no second entered event (recorded on AWS)."""
        scope = self.scope
        if scope.is_resuming and scope.place is not None:
            scope.is_resuming = False
            return scope.place
        event_id = scope.record(f"{self.kind}StateEntered", name=self.name, **with_input(self.raw_text))
        entered_at = _iso(clock.utc())
        place = Place(self.name, self.kind, self.raw, self.raw_text, dict(scope.own), event_id, entered_at)
        scope.enter(place)
        return place

    def _assigned(self) -> dict[str, Any]:
        values = {name: text(value) for name, value in self.scope.assigned.items()}
        return {"assignedVariables": values, "assignedVariablesDetails": {"truncated": False}} if values else {}

    def _until_done(self, work: Work) -> Outcome:
        while True:
            try:
                self.effective = self.language.effective(self.state, self.raw, self.scope)
                result, holder, place = work(self)
                output = self.language.complete(
                    holder, place, raw=self.raw, effective=self.effective, result=result, scope=self.scope
                )
                return output, sized(output, self.name), holder.get("Next")
            except StateError as fault:
                error = self._left(fault)
                if not self._retry(error):
                    return self._catch(error)

    def _left(self, fault: StateError) -> StateError:
        """The error after it has left the state, recorded in the history if an expression failed."""
        error = fault.leaving(self.name, self._entered)
        if isinstance(fault, QueryEvaluationError):
            said = {"error": error.error, "cause": error.cause}
            self.scope.record("EvaluationFailed", **said, location=fault.field, state=self.name)
        return error

    def _retry(self, error: StateError) -> bool:
        """Wait for another attempt, if a retrier allows one."""
        for index, retrier in enumerate(self.state.get("Retry", ())):
            if matches(error, retrier["ErrorEquals"]):
                if self._retries[index] >= retrier.get("MaxAttempts", 3):
                    return False
                self._retries[index] += 1
                self.scope.branches = []
                self.scope.sleep(self._interval_seconds(retrier, self._retries[index]))
                state = self.scope.context["State"]
                self.scope.in_context(State={**state, "RetryCount": state["RetryCount"] + 1})
                return True
        return False

    def _interval_seconds(self, retrier: dict[str, Any], attempt: int) -> float:
        most = retrier.get("MaxDelaySeconds", float("inf"))
        seconds: float = min(retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** (attempt - 1), most)
        if retrier.get("JitterStrategy") != "FULL":
            return seconds
        # Seeded, so that executions of the same name take the same time.
        return seconds * random.Random(f"{self.scope.run.name} {self.name} {self._retries}").random()

    def _catch(self, error: StateError) -> Outcome:
        before = self.scope.last_event
        self._note_failure(error)
        for index, catcher in enumerate(self.state.get("Catch", ())):
            if matches(error, catcher["ErrorEquals"]):
                try:
                    output = self._caught(catcher, index, error)
                    return output, sized(output, self.name), catcher["Next"]
                except StateError as fault:
                    self.scope.last_event = before
                    error = self._left(fault)
                    self._note_failure(error)
                    break
        if self.kind == "Task" and self.scope.is_inner and not error.is_terminal:
            self.scope.note("TaskStateAborted")
        if error.error == DATA_LIMIT_EXCEEDED:  # a redrive runs all branches again (developer guide, "redrive")
            self.scope.branches = []
        raise error

    def _caught(self, catcher: State, index: int, error: StateError) -> Any:
        place = f"Catch[{index}]/"
        return self.language.caught(catcher, place, raw=self.raw, error=error, scope=self.scope)

    def _note_failure(self, error: StateError) -> None:
        """A state with branches or iterations has an event for its failure."""
        if self.kind in _COMPOSITE and not error.is_terminal:
            self.scope.record(f"{self.kind}StateFailed")

    def _note_abort(self) -> None:
        """Record that a sibling failed. If the whole execution has ended, the history is closed."""
        if self.kind in _ABORTED:
            with contextlib.suppress(StoppedError):
                self.scope.note(f"{self.kind}StateAborted")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# The result, the holder of `Output` and similar fields (the state or the matching choice rule), and its place.
Worked = tuple[Any, State, str]
Work = Callable[[Visit], Worked]
# The output, its text, and the next state; None ends the machine.
Outcome = tuple[Any, str, str | None]
