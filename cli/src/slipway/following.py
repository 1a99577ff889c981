"""Follow an execution: its states as they happen, until it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import accumulate, takewhile
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from slipway import executions
from slipway.aws import Session
from slipway.timeline import Timeline

Show = Callable[[Timeline], None]


def follow(session: Session, arn: str, console: Console) -> tuple[dict[str, Any], Timeline]:
    """Show the states of an execution until it ends; return its last description and its states."""
    timeline = Timeline(executions.definition(session, arn))
    console.print(Text(timeline.heading(), style="dim"))
    history: list[dict[str, Any]] = []
    with shown(console) as show:

        def look() -> None:
            history.extend(executions.events(session, arn, after=history[-1]["id"] if history else 0))
            timeline.take_all(history)
            show(timeline)

        return executions.wait(session, arn, look), timeline


@contextmanager
def shown(console: Console) -> Iterator[Show]:
    """Yield a function that shows the states: redrawn on a terminal, as a log elsewhere."""
    if console.is_terminal and not console.is_dumb_terminal:
        with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
            lines: list[str] = []

            def show(timeline: Timeline) -> None:
                lines[:] = timeline.lines(now=datetime.now(UTC), width=console.width)
                live.update(Text("\n".join(last_rows(lines, console.height - 1))), refresh=True)

            yield show
            live.update(Text("\n".join(lines)))
    else:
        yield _Log(console).show


def last_rows(lines: list[str], rows: int) -> list[str]:
    """Return the last lines that fit into this many rows: a line above the screen cannot be drawn again."""
    fitting = list(takewhile(lambda count: count <= rows, accumulate(line.count("\n") + 1 for line in reversed(lines))))
    return lines[len(lines) - len(fitting) :]


class _Log:
    """Shows states where nothing can be redrawn: a line when a state ends, and when what it sees changes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, str] = {}

    def show(self, timeline: Timeline) -> None:
        """Print a line for each state about which there is news."""
        for line, news in timeline.news():
            if self._said.get(line.name) != news:
                self._said[line.name] = news
                self._console.print(Text(timeline.text(line)), soft_wrap=True)  # one line for each, as grep wants it
