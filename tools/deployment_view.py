"""One deployment on the local AWS, shown state by state, with what is live in the end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from local_aws import LocalAws
from slipway.timeline import Timeline
from tools import picture, progress, stack
from tools.approval import approve, is_taken

POLL_SECONDS = 0.25  # a poll costs the local AWS as much time as a state


@dataclass(frozen=True)
class Ended:
    """An execution that has ended.

    Attributes
    ----------
    error, cause : str or None
        What it failed with.
    """

    arn: str
    status: str
    error: str | None
    cause: str | None


class DeploymentView:
    """Deployments on a local AWS with Slipway, shown on `console`."""

    def __init__(self, aws: LocalAws, outputs: Mapping[str, str], console: Console) -> None:
        self._aws = aws
        self._outputs = outputs
        self._console = console
        self._machine_arn = outputs["DeployEndpointStateMachineArn"]

    def deploy(self, event: Any, path: Path, *, with_models: bool = False, briefly: bool = False) -> Ended:
        """Start the deployment of `event`, show its states, and return how it ended.

        Parameters
        ----------
        path : Path
            Where the event comes from.
        with_models : bool
            Whether the models that the payload names are created first.
        briefly : bool
            Whether only the current state is shown while the deployment runs.
        """
        if with_models:
            self._make_models(event, path)
        arn = self._start(event, path)
        show_all = self._console.is_terminal and not briefly
        with self._all_states() if show_all else self._current_state() as show:
            timeline, status = self._follow(arn, show)
        if not self._console.is_terminal and not briefly:
            self.say(f"\n{_text(timeline)}")
        return Ended(arn, status, timeline.error, timeline.cause)

    def result(self, ended: Ended) -> dict[str, Any]:
        """Output of the execution; empty if it failed."""
        described = self._aws.client("stepfunctions").describe_execution(executionArn=ended.arn)
        output: dict[str, Any] = json.loads(described.get("output") or "{}")
        return output

    def outcome(self, ended: Ended) -> None:
        """Show the error, if any, what is live, the messages, the history and how to undo the deployment."""
        if ended.error:
            self.say(f"\n{ended.error}\n{ended.cause}")
        described = self._aws.client("stepfunctions").describe_execution(executionArn=ended.arn)
        name = self.result(ended).get("endpointName") or _endpoint_name(described["input"])
        self.say(f"\n\n{ended.status}")
        if name:
            self.endpoint(name)
        self.messages()
        if name:
            self.say("\n".join(picture.history(self._aws, self._outputs["DeploymentsTableName"], name)))
            self.say("\n".join(picture.undo(name)))

    def messages(self) -> None:
        """Show the notifications that were published so far."""
        topics = [self._outputs["SuccessTopicArn"], self._outputs["FailureTopicArn"]]
        self.say("\n".join(picture.messages(self._aws, topics)))

    def endpoint(self, name: str) -> None:
        """Show what is live on the endpoint."""
        self.say("\n".join(picture.endpoint(self._aws, name)))

    def say(self, text: str) -> None:
        """Show lines of text."""
        self._console.print(Text(text))

    def _make_models(self, event: Any, path: Path) -> None:
        made = stack.make_models(self._aws, event, stack.unknown_models(path, event))
        if made:
            self.say(f"create-model    {', '.join(made)} (the demo creates the models that a payload names)")

    def _start(self, event: Any, path: Path) -> str:
        if isinstance(event, dict) and "detail-type" in event:
            if not is_taken(self._aws, event, self._machine_arn):
                self.say(f"ignored         {path}: the rule ignores this event; the demo starts the execution itself")
                return self._start_execution(event, path)
            self.say(f"approve         {event['detail']['ModelPackageArn']} ({path})")
            return approve(self._aws, event, path.parent, self._machine_arn)
        return self._start_execution(event, path)

    def _start_execution(self, event: Any, path: Path) -> str:
        self.say(f"start-execution {path}")
        started = self._aws.client("stepfunctions").start_execution(
            stateMachineArn=self._machine_arn, input=json.dumps(event)
        )
        return str(started["executionArn"])

    def _follow(self, arn: str, show: Callable[[Timeline], None]) -> tuple[Timeline, str]:
        """Show the states as they happen, and return them and the execution's final status."""
        states = self._aws.client("stepfunctions")
        machine = states.describe_state_machine(stateMachineArn=self._machine_arn)
        timeline = Timeline(json.loads(machine["definition"]))
        status = "RUNNING"
        while status == "RUNNING":
            time.sleep(POLL_SECONDS)
            status = states.describe_execution(executionArn=arn)["status"]
            pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
            timeline.take_all([event for page in pages for event in page["events"]])
            show(timeline)
        return timeline, status

    @contextmanager
    def _all_states(self) -> Iterator[Callable[[Timeline], None]]:
        """Yield a function that shows all states so far."""
        self.say("")
        with Live(console=self._console, auto_refresh=False) as live:
            yield lambda timeline: live.update(Text(_text(timeline)), refresh=True)

    @contextmanager
    def _current_state(self) -> Iterator[Callable[[Timeline], None]]:
        """Yield a function that shows the current state, in a log now and then."""
        with progress.step("execution", "start", sys.stdout) as step:
            step.result = ""
            yield lambda timeline: step.note(timeline.current or "start")


def _text(timeline: Timeline) -> str:
    return "\n".join([timeline.heading(), *timeline.lines()])


def _endpoint_name(text: str) -> str | None:
    """Name of the payload's endpoint, if it has one."""
    payload = json.loads(text)
    name = payload.get("endpointName") if isinstance(payload, dict) else None
    return name if isinstance(name, str) else None
