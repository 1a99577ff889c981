"""One execution of a payload on the local AWS, shown state by state, with what is live in the end."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from local_aws import LocalAws
from slipway.timeline import Timeline
from tools import picture, prerequisites, progress, stack
from tools.approval import approve, is_taken
from tools.execution import Ended, Event, Execution

# The pattern of EndpointName (SageMaker API reference, CreateEndpoint).
ENDPOINT_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


class IgnoredError(RuntimeError):
    """The stack's rule ignores the event, so nothing is started; the message says so."""


class DeploymentView:
    """Payloads on a local AWS with Slipway, shown on `console`."""

    def __init__(self, aws: LocalAws, outputs: Mapping[str, str], console: Console) -> None:
        self._aws = aws
        self._outputs = outputs
        self._console = console
        self._already = 0  # messages about what was deployed first

    def run(self, event: Any, path: Path, *, with_models: bool = True) -> Ended:
        """Run a payload, or approve the package of an approval event; show its states, and return how it ended.

        Parameters
        ----------
        path : Path
            Where the event comes from.
        with_models : bool
            Whether the models that the payload names are created first.

        Raises
        ------
        IgnoredError
            If it is an event that starts nothing.
        """
        machine_arn = self._machine_of(event)
        is_event = isinstance(event, dict) and "detail-type" in event
        if is_event and not is_taken(self._aws, event, machine_arn):
            raise IgnoredError(f"ignored         {path}: the stack's rule ignores this event, so it starts nothing")
        for source, request in prerequisites.of(path, event):
            self._prepare(source, request)
        self._already = len(self._aws.get("sns/messages"))
        if with_models:
            self._make_models(event, path)
        if is_event:
            self.say(f"approve         {event['detail']['ModelPackageArn']} ({path})")
            execution = Execution(self._aws, approve(self._aws, event, path.parent, machine_arn))
        else:
            self.say(f"start-execution {path}")
            execution = Execution.start(self._aws, machine_arn, event)
        return self._shown(execution, machine_arn)

    def outcome(self, event: Any, ended: Ended) -> None:
        """Show the error, if any, what is live, the message, the history and how to undo a deployment."""
        if ended.error:
            self.say(f"\n{ended.error}\n{ended.cause}")
        name = ended.output.get("endpointName") or _endpoint_name(event)
        self.say(f"\n\n{ended.status}")
        if name:
            self.say("\n".join(picture.endpoint(self._aws, name)))
        topics = [self._outputs["SuccessTopicArn"], self._outputs["FailureTopicArn"]]
        self.say("\n".join(picture.messages(self._aws, topics, self._already)))
        if name:
            self.say("\n".join(picture.history(self._aws, self._outputs["DeploymentsTableName"], name)))
        if name and not _is_removal(event):
            self.say("\n".join(picture.undo(name)))

    def say(self, text: str) -> None:
        """Show lines of text."""
        self._console.print(Text(text))

    def _machine_of(self, event: Any) -> str:
        return self._outputs[f"{'RemoveEndpoint' if _is_removal(event) else 'DeployEndpoint'}StateMachineArn"]

    def _prepare(self, source: Path, request: dict[str, Any]) -> None:
        """Deploy a request without showing its states."""
        stack.make_models(self._aws, request)
        with progress.step("deploy first", str(source), sys.stdout) as step:
            ended = Execution.start(self._aws, self._machine_of(request), request).watched(lambda _: None)
            step.result = f"{source}: {ended.error or ended.status}"

    def _make_models(self, event: Any, path: Path) -> None:
        made = stack.make_models(self._aws, event, stack.unknown_models(path, event))
        if made:
            self.say(f"create-model    {', '.join(made)} (the demo creates the models that a payload names)")

    def _shown(self, execution: Execution, machine_arn: str) -> Ended:
        """Show the states of an execution as they happen, and return its end."""
        machine = self._aws.client("stepfunctions").describe_state_machine(stateMachineArn=machine_arn)
        timeline = Timeline(json.loads(machine["definition"]))
        with self._all_states() if self._console.is_terminal else self._current_state() as show:

            def look(events: list[Event]) -> None:
                timeline.take_all(events)
                show(timeline)

            ended = execution.watched(look)
        if not self._console.is_terminal:
            self.say(f"\n{_text(timeline)}")
        return ended

    @contextmanager
    def _all_states(self) -> Iterator[Callable[[Timeline], None]]:
        """Yield a function that shows all states so far."""
        self.say("")
        with Live(console=self._console, auto_refresh=False) as live:
            yield lambda timeline: live.update(Text(_text(timeline)), refresh=True)

    @contextmanager
    def _current_state(self) -> Iterator[Callable[[Timeline], None]]:
        """Yield a function that shows the current state in a log, now and then."""
        with progress.step("execution", "start", sys.stdout) as step:
            step.result = ""
            yield lambda timeline: step.note(timeline.current or "start")


def _text(timeline: Timeline) -> str:
    return "\n".join([timeline.heading(), *timeline.lines()])


def _is_removal(event: Any) -> bool:
    """Whether the payload is a removal: only a removal has `confirm`."""
    return isinstance(event, dict) and "confirm" in event


def _endpoint_name(event: Any) -> str | None:
    """Name of the payload's endpoint, if it has one that SageMaker accepts."""
    name = event.get("endpointName") if isinstance(event, dict) else None
    return name if isinstance(name, str) and ENDPOINT_NAME.fullmatch(name) else None
