"""How a command ends: its exit codes, and the error that ends it."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import click


class Exit(IntEnum):
    """Exit codes of every command."""

    AS_ASKED = 0
    FAILED = 1  # a deployment failed, or was not confirmed
    USAGE = 2  # wrong options, no such file, or not JSON or YAML
    REFUSED = 3  # the request or its plan is refused; nothing was changed
    UNREACHABLE = 4  # no credentials, no connection, no permission, or no such stack
    INTERRUPTED = 130  # Ctrl-C; an execution that was started continues


class CommandError(click.ClickException):
    """An error that ends the command.

    Attributes
    ----------
    message : str
        What is wrong, and where; a sentence.
    remedy : str
        What to do; a sentence.
    code : str
        Name for programs, such as `StackNotFound`.
    """

    def __init__(self, code: str, message: str, remedy: str, exit_code: Exit) -> None:
        super().__init__(message)
        self.code = code
        self.remedy = remedy
        self.exit_code = exit_code

    def format_message(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()

    def document(self) -> dict[str, Any]:
        """The error as JSON."""
        return {"error": {"code": self.code, "message": self.message, "remedy": self.remedy}}


def usage_error(code: str, message: str, remedy: str) -> CommandError:
    """Return an error of what the user gave."""
    return CommandError(code, message, remedy, Exit.USAGE)


def unreachable(code: str, message: str, remedy: str) -> CommandError:
    """Return an error of the way to the stack."""
    return CommandError(code, message, remedy, Exit.UNREACHABLE)
