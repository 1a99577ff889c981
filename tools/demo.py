"""`make demo`: deploy the real template on the local AWS, and take a model from its training to a prediction.

With EVENT=…, the demo deploys one payload instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any

from rich.console import Console

from tools import stack
from tools.deployment_view import DeploymentView
from tools.story import Story

WIDTH_ELSEWHERE = 160  # output that is not a terminal is not cut


class Exit(IntEnum):
    """Exit codes of `make demo`."""

    DEPLOYED = 0
    DEPLOYMENT_FAILED = 1
    BAD_USAGE = 2  # no such file, or not JSON
    STACK_FAILED = 3  # `sam deploy` failed


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
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console = Console(highlight=False, soft_wrap=True, width=WIDTH_ELSEWHERE)
    try:
        with stack.running(sys.stdout) as (aws, outputs):
            view = DeploymentView(aws, outputs, console)
            if arguments.event is None:
                succeeded = Story(aws, outputs, view).tell()
            else:
                succeeded = deployed(view, event, arguments.event, with_models=not arguments.without_models)
    except stack.DeployError as error:
        print(error, file=sys.stderr)
        return Exit.STACK_FAILED
    return Exit.DEPLOYED if succeeded else Exit.DEPLOYMENT_FAILED


def deployed(view: DeploymentView, event: Any, path: Path, *, with_models: bool) -> bool:
    """Deploy one payload, show it, and return whether it succeeded."""
    ended = view.deploy(event, path, with_models=with_models)
    view.outcome(ended)
    return ended.status == "SUCCEEDED"


if __name__ == "__main__":
    sys.exit(main())
