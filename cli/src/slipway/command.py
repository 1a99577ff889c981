"""What all commands share: their options, the format of their answers, and how they end."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console, ConsoleDimensions, RenderableType
from rich.text import Text

from slipway.errors import CommandError, Exit

if TYPE_CHECKING:
    from slipway.aws import Session
    from slipway.calls import Call
    from slipway.stack import Stack

WIDTHS = range(80, 121)
WIDTH_ELSEWHERE = 100  # of output that is not a terminal
TEXT, JSON, MARKDOWN = "text", "json", "markdown"


@dataclass(frozen=True)
class Lines:
    """Lines that are printed as they are, however long, so that they can be copied."""

    lines: list[str]


@dataclass(frozen=True)
class Content:
    """Bytes that are not text, written as they are."""

    content: bytes


Part = RenderableType | Lines | Content


@dataclass(frozen=True)
class Answer:
    """What a command answers, in every format.

    Attributes
    ----------
    document : dict
        For `--output json`.
    text : iterable of renderable
        For people, printed one after another.
    exit : Exit
        Exit code of the command.
    markdown : str
        For comments on a change, of the commands that have it.
    """

    document: dict[str, Any]
    text: Iterable[Part]
    exit: Exit = Exit.AS_ASKED
    markdown: str = ""


class App:
    """One run of a command: its general options, and the places where it writes.

    Attributes
    ----------
    console : Console
        Standard output.
    progress : Console
        Where progress and questions are shown: standard output, or standard error if a program reads the output.
    shows_command : bool
        Whether the commands of the AWS CLI are printed, and nothing is changed.
    """

    def __init__(
        self,
        *,
        output: str = TEXT,
        debug: bool = False,
        stack_name: str | None = None,
        profile: str | None = None,
        region: str | None = None,
        show_command: bool = False,
    ) -> None:
        self.output = output
        self.debug = debug
        self.console = _console(stderr=False)
        self.progress = self.console if output == TEXT else _console(stderr=True)
        self.shows_command = show_command
        self._stack_name, self._profile, self._region = stack_name, profile, region

    @cached_property
    def session(self) -> Session:
        """AWS as the user configured it."""
        from slipway.aws import Session

        return Session(self._profile, self._region)

    @cached_property
    def stack(self) -> Stack:
        """The stack that the user chose."""
        from slipway import stack

        return stack.find(self.session, self._stack_name)

    @property
    def can_ask(self) -> bool:
        """Whether a person can answer a question."""
        return sys.stdin.isatty() and self.progress.is_terminal

    def say(self, *parts: Part) -> None:
        """Show progress."""
        _show(self.progress, parts)

    def commands(self, *calls: Call) -> Answer:
        """Return the commands of the AWS CLI that make these calls."""
        lines = [call.command(self.session.region, self.session.profile) for call in calls]
        return Answer({"commands": lines}, [Lines(lines)], markdown="```sh\n" + "\n".join(lines) + "\n```")


Function = Callable[..., Answer]


def command(
    *, output: tuple[str, ...] = (TEXT, JSON), aws: bool = True
) -> Callable[[Function], Callable[..., NoReturn]]:
    """Give a command the general options; its function gets an `App`, and returns an `Answer`, which is printed.

    Parameters
    ----------
    output : tuple of str
        Formats of the answer.
    aws : bool
        Whether the command calls AWS.
    """

    def decorate(function: Function) -> Callable[..., NoReturn]:
        @functools.wraps(function)
        def run(*args: Any, **options: Any) -> NoReturn:
            general = {name: options.pop(name) for name in GENERAL if name in options}
            app = App(**general)
            sys.exit(_run(app, lambda: function(app, *args, **options)))

        for option in reversed([_output(output), *(AWS_OPTIONS if aws else []), DEBUG]):
            run = option(run)
        return run

    return decorate


def _run(app: App, function: Callable[[], Answer]) -> Exit:
    try:
        answer = function()
        _print(app, answer)
    except (KeyboardInterrupt, click.Abort):  # click's, at a question
        click.echo("\nInterrupted.", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:  # as in `slipway history a | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.AS_ASKED
    except click.UsageError:
        raise
    except Exception as error:  # noqa: BLE001  # a traceback says nothing to the user
        return _fail(app, error)
    return answer.exit


def _fail(app: App, error: Exception) -> Exit:
    if app.debug:
        traceback.print_exc()
    known = _known(error)
    if app.output == JSON:
        click.echo(json.dumps(known.document(), indent=2))
    click.echo(f"Error: {known.format_message()}", err=True)
    return Exit(known.exit_code)


def _known(error: Exception) -> CommandError:
    if isinstance(error, CommandError):
        return error
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, BotoCoreError | ClientError):
        from slipway.aws import as_command_error

        return as_command_error(error)
    message = f"{type(error).__name__}: {error}."
    return CommandError("InternalError", message, "Report this with the output of --debug.", Exit.FAILED)


def _print(app: App, answer: Answer) -> None:
    if app.output == JSON:
        click.echo(json.dumps(answer.document, indent=2, ensure_ascii=False))
    elif app.output == MARKDOWN:
        click.echo(answer.markdown)
    else:
        _show(app.console, answer.text)


def _show(console: Console, parts: Iterable[Part]) -> None:
    for part in parts:
        if isinstance(part, Lines):
            console.out("\n".join(part.lines), highlight=False)  # print() would expand tabs
        elif isinstance(part, Content):
            click.get_binary_stream("stdout").write(part.content)
        else:  # a pipe gets a line for each line, as grep wants it
            console.print(part, soft_wrap=isinstance(part, str | Text) and not console.is_terminal)


class _Terminal(Console):
    """A terminal that is used up to a width at which lines are still readable, also after it was resized."""

    @property
    def size(self) -> ConsoleDimensions:
        width, height = super().size
        return ConsoleDimensions(min(width, WIDTHS[-1]), height)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size


def _console(*, stderr: bool) -> Console:
    console = _Terminal(stderr=stderr, highlight=False, emoji=False, markup=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, emoji=False, markup=False, width=_columns() or WIDTH_ELSEWHERE)


def _columns() -> int | None:
    """Return the width that the environment asks for, within bounds."""
    columns = os.environ.get("COLUMNS", "")
    return min(max(int(columns), WIDTHS[0]), WIDTHS[-1]) if columns.isdecimal() else None


def _output(formats: tuple[str, ...]) -> Any:
    return click.option(
        "--output", type=click.Choice(formats), default=TEXT, show_default=True, help="Format of the answer."
    )


DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")
AWS_OPTIONS = [
    click.option("--stack-name", envvar="SLIPWAY_STACK", metavar="NAME", help="The stack. [default: slipway]"),
    click.option("--profile", metavar="NAME", help="Profile of the AWS configuration."),
    click.option("--region", metavar="NAME", help="Region of the stack."),
    click.option("--show-command", is_flag=True, help="Print the commands of the AWS CLI instead, and change nothing."),
]
GENERAL = ("output", "debug", "stack_name", "profile", "region", "show_command")
