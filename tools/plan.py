"""`make plan`: show what a payload would do, as a table, with a dry run on the local AWS."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local_aws import LocalAws
from tools import progress, stack

WIDTH_ELSEWHERE = 160  # output that is not a terminal is not cut


class Exit(IntEnum):
    """Exit codes of `make plan`."""

    PLANNED = 0
    NO_PLAN = 1  # the request, or one that had to be deployed before it, is refused
    BAD_USAGE = 2  # no such file, not JSON, or not a request
    STACK_FAILED = 3  # `sam deploy` failed


class RefusedError(RuntimeError):
    """An execution failed; the message is its error and cause."""


def main() -> Exit:
    parser = argparse.ArgumentParser(prog="make plan", description=__doc__)
    parser.add_argument("event", type=Path, help="the payload")
    parser.add_argument("--after", type=Path, nargs="+", default=[], help="payloads to deploy before, in order")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_ELSEWHERE)
    try:
        paths = [*arguments.after, arguments.event]
        requests = [_request(path) for path in paths]
        missing = {
            name for path, request in zip(paths, requests, strict=True) for name in stack.unknown_models(path, request)
        }
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return Exit.BAD_USAGE
    try:
        with stack.running(sys.stderr) as (aws, outputs):
            report = _report(aws, outputs, requests, missing)
    except stack.DeployError as error:
        print(error, file=sys.stderr)
        return Exit.STACK_FAILED
    except RefusedError as error:
        print(error, file=sys.stderr)
        return Exit.NO_PLAN
    console.print(*shown(report), sep="\n")
    return Exit.PLANNED


def shown(report: dict[str, Any]) -> Iterator[Table | Text]:
    """The output of a dry run for people: existing resources, steps, warnings, hash."""
    yield Text(f"{report['endpointName']}: {_existing(report['exists'])}\n")
    if report["steps"]:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in ("", "state", "action", "what"):
            table.add_column(column, overflow="fold")
        for number, step in enumerate(report["steps"], 1):
            table.add_row(str(number), step["state"], step["action"], step["what"])
        yield table
    else:
        yield Text("Nothing would be done.\n")
    for test in report.get("tests", []):  # a plan during an external change has none
        yield Text(", ".join([f"test: {test['name']}", *(test.get("components") or test["variants"])]))
    yield from (Text(f"warning: {warning}") for warning in report["warnings"])
    if report["planHash"]:
        yield Text(f'To execute exactly this plan, add "planHash": "{report["planHash"]}".')


def _existing(exists: dict[str, Any]) -> str:
    endpoint = exists["endpoint"]
    if endpoint is None:
        return "does not exist"
    variants = ", ".join(
        f"{variant['variantName']} × {variant.get('instanceCount', '?')}" for variant in endpoint["variants"]
    )
    scaled = f", scaled: {', '.join(exists['scalableTargets'])}" if exists["scalableTargets"] else ""
    return f"{endpoint['status']} on config {endpoint['endpointConfigName']} ({variants}){scaled}"


def _request(path: Path) -> dict[str, Any]:
    try:
        request = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(request, dict) or "detail-type" in request:
        raise ValueError(f"{path} is not a request. Plan a request: an approval deploys its profile.")
    return request


def _report(
    aws: LocalAws, outputs: dict[str, str], requests: list[dict[str, Any]], missing: set[str]
) -> dict[str, Any]:
    """Deploy all requests but the last and return the dry run's output of the last; missing models are not created."""
    for request in requests[:-1]:
        with progress.step("deploy", str(request.get("endpointName")), sys.stderr):
            _run(aws, outputs, request, missing)
    with progress.step("dry run", str(requests[-1].get("endpointName")), sys.stderr):
        return _run(aws, outputs, requests[-1] | {"dryRun": True}, missing)


def _run(aws: LocalAws, outputs: dict[str, str], request: dict[str, Any], missing: set[str]) -> dict[str, Any]:
    """Start the request on its state machine: only a removal has `confirm`."""
    machine = "RemoveEndpoint" if "confirm" in request else "DeployEndpoint"
    described = stack.execute(aws, outputs[f"{machine}StateMachineArn"], request, missing)
    if described["status"] != "SUCCEEDED":
        raise RefusedError(f"{described.get('error')}\n{described.get('cause')}")
    output: dict[str, Any] = json.loads(described["output"])
    return output


if __name__ == "__main__":
    sys.exit(main())
