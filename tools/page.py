"""The lines of the demo: labelled facts in colour, wrapped at the width of the terminal, at most 100 columns."""

from __future__ import annotations

import textwrap
from itertools import takewhile

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.theme import Theme

from tools.execution import Ended
from tools.progress import NAME_WIDTH

WIDTH = 100
STATE = "Failed in the state "  # a cause continues with the state, what is live and what was removed
THEME = Theme(
    {
        "demo.title": "bold cyan",
        "demo.look": "italic",
        "demo.succeeded": "bold green",
        "demo.failed": "bold red",
        "demo.version": "magenta",
        "demo.command": "bold",
    }
)


class Colours(RegexHighlighter):
    """Colours of the demo, from its text alone: the picture in the README is made from the transcript."""

    base_style = "demo."
    highlights = (
        r"(?m)^(?P<title>\d\. .*)$",
        r"(?m)^(?P<look>Look at [^.]*\.)$",  # also if it is wrapped
        r"(?m)^(?P<succeeded>SUCCEEDED)\b",
        r"(?m)^(?P<failed>FAILED +\w+)",
        r"(?P<version>\bversion \d\b)",
        r"(?m)^(?P<command>\$ .*)$",
    )


class Page:
    """The lines of the demo on a console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = min(console.width, WIDTH) if console.is_terminal else WIDTH
        self._colours = Colours()

    def heading(self, title: str, look: str) -> None:
        """Show the title of a step, and what to look at."""
        self._say(f"\n{title}\n{textwrap.fill(look, self._width)}")

    def fact(self, label: str, text: str) -> None:
        """Show a fact with its label."""
        self._say(
            textwrap.fill(
                text,
                self._width,
                initial_indent=f"{label:<{NAME_WIDTH}}",
                subsequent_indent=" " * NAME_WIDTH,
                break_on_hyphens=False,
            )
        )

    def ending(self, ended: Ended) -> None:
        """Show how an execution ended, and why."""
        minutes = f"{ended.seconds / 60:.0f} min on the virtual clock"
        self.fact(ended.status, f"{ended.error}, {minutes}" if ended.error else minutes)
        for line in reason(ended.cause or ""):
            self.fact("", line)

    def _say(self, text: str) -> None:
        self._console.print(self._colours(text))


def reason(cause: str) -> list[str]:
    """Lines of a cause before the state that failed."""
    return list(takewhile(lambda line: not line.startswith(STATE), cause.splitlines()))
