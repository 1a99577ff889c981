"""The end of an execution for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from slipway import components
from slipway.executions import SUCCEEDED
from slipway.fleet import fleet
from slipway.timeline import Timeline

DONE = {
    "create": "is created and in service",
    "update": "is updated and in service",
    "shift": "has the new weights",
    "none": "runs this already; nothing was changed",
    "join": "is in service; another execution had the same request",
    "remove": "is removed",
}
AROUND = {"components": "inference components", "scaling": "scaling", "alarms": "alarms", "schedule": "schedule"}
# Without a cause of its own.
STOPPED = {
    "ABORTED": "The execution was stopped. Another execution cleans up: docs/operations.md#executionstopped",
    "TIMED_OUT": "The execution timed out. Another execution cleans up: docs/operations.md#executiontimedout",
}
CREATED_AGAIN = "ran this config already; the config had been deleted and was created again"


def document(described: dict[str, Any], timeline: Timeline) -> dict[str, Any]:
    """Return the execution as JSON."""
    return {
        "executionArn": described["executionArn"],
        "deploymentId": described["name"],
        "status": described["status"],
        "startedAt": described["startDate"].isoformat(),
        "endedAt": described["stopDate"].isoformat() if "stopDate" in described else None,
        "error": described.get("error"),
        "cause": described.get("cause"),
        "output": json.loads(described["output"]) if described.get("output") else None,
        "states": timeline.documents(),
    }


def text(described: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield the end of the execution: what is live now, or what went wrong."""
    yield Text()
    status = described["status"]
    if status != SUCCEEDED:
        yield Text(": ".join(filter(None, (status, described.get("error")))), style="bold red")
        yield Text(str(described.get("cause") or STOPPED.get(status, "")).rstrip())
        yield Text(f"\nMore: slipway explain {described['name']}")
        return
    output = json.loads(described["output"])
    name = output.get("endpointName", "")
    yield Text(f"{status}: {name} {_done(output)}", style="bold green")
    yield from (Text(f"  {line}") for line in _live(output))
    yield from (Text(f"Warning: {warning}", style="yellow") for warning in output.get("warnings", []))
    if output.get("changed") and output["action"] == "create":
        yield Text(f"\nTo undo it: slipway remove {name}")
    elif output.get("changed") and output["action"] in ("update", "shift", "none"):
        yield Text(f"\nTo undo it: slipway rollback {name}")


def _done(output: dict[str, Any]) -> str:
    """Return what the execution did, as the rest of a sentence about the endpoint."""
    if output.get("outcome") == "PLANNED":
        return "was planned; nothing was changed"
    if output["action"] != "none":
        return DONE.get(output["action"], str(output["action"]))
    around = [name for what, name in AROUND.items() if output.get(what, {}).get("changed")]
    if around:
        return f"ran this config already; its {' and its '.join(around)} changed"
    if output["changed"]:
        return f"has nothing left: {len(output['removed'])} removed" if "removed" in output else CREATED_AGAIN
    return "does not exist; nothing was changed" if "removed" in output else DONE["none"]


def _live(output: dict[str, Any]) -> Iterator[str]:
    if output.get("endpointConfigName"):
        before = output.get("previousEndpointConfigName")
        yield f"config   {output['endpointConfigName']}" + (f" (before: {before})" if before else "")
    for variant in output.get("variants", []):
        size = fleet(variant) or "serverless"
        weight = f", weight {variant['currentWeight']:g}" if "currentWeight" in variant else ""
        runs = f"model {variant['modelName']}" if "modelName" in variant else "inference components"
        yield f"variant  {variant['variantName']}: {size}{weight}, {runs}"
    yield from components.lines(output.get("components", {}).get("live", []))
    for test in output.get("tests", []):
        target = test["variant"] or test.get("component")
        of_target = f" of {target}" if target else ""
        took = f" after {test['latencyMilliseconds']} ms" if test["latencyMilliseconds"] is not None else ""
        yield f"test     {test['name']}{of_target}: passed, status {test['status']}{took}"
    for scaled in output.get("scaling", {}).get("resources", []):
        yield f"scaling  {scaled['name']}: {scaled['sentence']}"
    if hours := output.get("schedule", {}).get("sentence"):
        yield f"schedule {hours}"
    for name in output.get("components", {}).get("removed", []):
        yield f"removed  component {name}"
    for removed in output.get("removed", []):
        yield f"removed  {removed}"
