"""`make demo`: deploy the real template on the local AWS, and take an endpoint from its creation to its removal.

With EVENT=…, the demo runs one payload instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any

from rich.console import Console

from tools import page, stack
from tools.deployment_view import DeploymentView, IgnoredError
from tools.story import Story, UnexpectedError

WIDTH_ELSEWHERE = 160  # output of a payload that is not for a terminal is not cut


class Exit(IntEnum):
    """Exit codes of `make demo`."""

    AS_TOLD = 0  # each step of the demo, or the payload, ended well
    FAILED = 1  # the payload failed, or a step of the demo ended otherwise than it says
    BAD_USAGE = 2  # no such file, or not JSON
    STACK_FAILED = 3  # `sam deploy` failed
    IGNORED = 4  # the stack's rule ignores the event


def main() -> Exit:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "event", type=Path, nargs="?", help="a payload, or an approval event; by default the example iris"
    )
    parser.add_argument("--without-models", action="store_true", help="do not create the models that the payload names")
    arguments = parser.parse_args()
    try:
        event = arguments.event and json.loads(arguments.event.read_text())
    except (OSError, json.JSONDecodeError) as error:
        print(f"{arguments.event}: {error}", file=sys.stderr)
        return Exit.BAD_USAGE
    console = Console(highlight=False, soft_wrap=True, theme=page.THEME)
    if not console.is_terminal:
        console.width = WIDTH_ELSEWHERE
    try:
        with stack.running(sys.stdout) as (aws, outputs):
            if arguments.event is None:
                Story(aws, outputs, page.Page(console)).tell()
                return Exit.AS_TOLD
            view = DeploymentView(aws, outputs, console)
            return run(view, event, arguments.event, with_models=not arguments.without_models)
    except stack.DeployError as error:
        print(error, file=sys.stderr)
        return Exit.STACK_FAILED
    except UnexpectedError as error:
        print(f"This is not as it should be: {error}", file=sys.stderr)
        return Exit.FAILED


def run(view: DeploymentView, event: Any, path: Path, *, with_models: bool = True) -> Exit:
    """Run one payload or event, show it, and return how it went."""
    try:
        ended = view.run(event, path, with_models=with_models)
    except IgnoredError as error:
        view.say(str(error))
        return Exit.IGNORED
    view.outcome(event, ended)
    return Exit.FAILED if ended.error else Exit.AS_TOLD


if __name__ == "__main__":
    sys.exit(main())
