"""Questions on the terminal."""

from __future__ import annotations

import click

from slipway.command import App


def ask(app: App, question: str) -> bool:
    """Ask for yes or no."""
    return click.confirm(question, err=app.progress.stderr)


def ask_for(app: App, question: str, expected: str) -> bool:
    """Ask for a text, and return whether the answer is that text."""
    answer: str = click.prompt(question, default="", show_default=False, err=app.progress.stderr)
    return answer.strip() == expected
