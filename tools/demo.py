"""`make demo`: deploy the real template on the local AWS, and show one deployment, state by state."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from local_aws import LocalAws
from slipway.timeline import Timeline
from tools import picture, progress, stack
from tools.approval import approve, is_taken

POLL_SECONDS = 0.1  # a poll costs the local AWS as much time as a state
WIDTH_ELSEWHERE = 160  # output that is not a terminal is not cut


class Exit(IntEnum):
    """Exit codes of `make demo`."""

    DEPLOYED = 0
    DEPLOYMENT_FAILED = 1
    BAD_USAGE = 2  # no such file, or not JSON
    STACK_FAILED = 3  # `sam deploy` failed


def main() -> Exit:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("event", type=Path, help="a payload, or an approval event")
    parser.add_argument("--without-models", action="store_true", help="do not create the models that the payload names")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console = Console(highlight=False, soft_wrap=True, width=WIDTH_ELSEWHERE)
    try:
        event = json.loads(arguments.event.read_text())
    except (OSError, json.JSONDecodeError) as error:
        print(f"{arguments.event}: {error}", file=sys.stderr)
        return Exit.BAD_USAGE
    try:
        with stack.running(sys.stdout) as (aws, outputs):
            demo = Demo(aws, outputs, console)
            return demo.run(event, arguments.event, with_models=not arguments.without_models)
    except stack.DeployError as error:
        print(error, file=sys.stderr)
        return Exit.STACK_FAILED


class Demo:
    """One deployment on a fresh local AWS with Slipway, shown on `console`."""

    def __init__(self, aws: LocalAws, outputs: dict[str, str], console: Console) -> None:
        self._aws = aws
        self._outputs = outputs
        self._console = console

    def run(self, event: Any, path: Path, *, with_models: bool) -> Exit:
        """Start the deployment of `event`, show it and return the exit code."""
        if with_models:
            self._make_models(event, path)
        machine_arn = self._outputs["DeployEndpointStateMachineArn"]
        arn = self._start(event, path, machine_arn)
        status = self._follow(arn, machine_arn)
        self._show(arn, self._outputs)
        return Exit.DEPLOYED if status == "SUCCEEDED" else Exit.DEPLOYMENT_FAILED

    def _make_models(self, event: Any, path: Path) -> None:
        made = stack.make_models(self._aws, event, stack.unknown_models(path, event))
        if made:
            self._say(f"create-model    {', '.join(made)} (the demo creates the models that a payload names)")

    def _start(self, event: Any, path: Path, machine_arn: str) -> str:
        if isinstance(event, dict) and "detail-type" in event:
            if not is_taken(self._aws, event, machine_arn):
                self._say(f"ignored         {path}: the rule ignores this event; the demo starts the execution itself")
                return self._start_execution(event, path, machine_arn)
            self._say(f"approve         {event['detail']['ModelPackageArn']} ({path})")
            return approve(self._aws, event, path.parent, machine_arn)
        return self._start_execution(event, path, machine_arn)

    def _start_execution(self, event: Any, path: Path, machine_arn: str) -> str:
        self._say(f"start-execution {path}")
        started = self._aws.client("stepfunctions").start_execution(
            stateMachineArn=machine_arn, input=json.dumps(event)
        )
        return str(started["executionArn"])

    def _follow(self, arn: str, machine_arn: str) -> str:
        """Show each state as it happens and return the execution's final status."""
        states = self._aws.client("stepfunctions")
        machine = states.describe_state_machine(stateMachineArn=machine_arn)
        timeline = Timeline(json.loads(machine["definition"]))
        self._say(f"\n    {'state':<38} {'at':>8} {'took':>8}")
        with self._shown() as show:
            seen = 0
            status = "RUNNING"
            while status == "RUNNING":
                time.sleep(POLL_SECONDS)
                status = states.describe_execution(executionArn=arn)["status"]
                pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
                events = [event for page in pages for event in page["events"]]
                for event in events[seen:]:
                    timeline.take(event)
                seen = len(events)
                show(timeline)
        if not self._console.is_terminal:
            self._say("\n".join(timeline.lines()))
        if timeline.error:
            self._say(f"\n{timeline.error}\n{timeline.cause}")
        return str(status)

    @contextmanager
    def _shown(self) -> Iterator[Callable[[Timeline], None]]:
        """Yield a function that shows the states: all on a terminal, now and then the current one in a log."""
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                yield lambda timeline: live.update(Text("\n".join(timeline.lines())), refresh=True)
        else:
            with progress.step("execution", "start", sys.stdout) as step:
                step.result = ""
                yield lambda timeline: step.note(timeline.current or "start")

    def _show(self, arn: str, outputs: dict[str, str]) -> None:
        described = self._aws.client("stepfunctions").describe_execution(executionArn=arn)
        result = json.loads(described.get("output") or "{}")
        self._say(f"\n\n{described['status']}")
        name = result.get("endpointName") or _endpoint_name(described["input"])
        if name:
            self._say("\n".join(picture.endpoint(self._aws, name)))
        topics = [outputs["SuccessTopicArn"], outputs["FailureTopicArn"]]
        self._say("\n".join(picture.messages(self._aws, topics)))
        if name:
            self._say("\n".join(picture.history(self._aws, outputs["DeploymentsTableName"], name)))
            self._say("\n".join(picture.undo(name)))

    def _say(self, text: str) -> None:
        self._console.print(Text(text))


def _endpoint_name(text: str) -> str | None:
    """Name of the payload's endpoint, if it has one."""
    payload = json.loads(text)
    name = payload.get("endpointName") if isinstance(payload, dict) else None
    return name if isinstance(name, str) else None


if __name__ == "__main__":
    sys.exit(main())
