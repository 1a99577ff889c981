"""Rules of a dashboard's body (CloudWatch user guide, "Dashboard body structure and syntax").

The wording follows reports of CloudWatch's answers: aws-eda-slurm-cluster issue 116, pulumi issue 13059 and
guidance-for-automating-network-monitoring issue 7.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Problem = tuple[str, str]

MOST_WIDGETS = 500
MOST_ALARMS = 100
VIEWS = ("timeSeries", "bar", "pie", "singleValue", "gauge", "table")
LOG_VIEWS = ("timeSeries", "bar", "pie", "table")
GRID: dict[str, tuple[int, int | None]] = {"x": (0, 23), "y": (0, None), "width": (1, 24), "height": (1, 1000)}
UNCHECKED_TYPES = ("chart", "custom", "explorer")
KINDS = {"array": list, "object": dict, "string": str}
ALLOWED = "Should be equal to one of the allowed values"
NO_OBJECT = "The field DashboardBody must be a valid JSON object"
METRICS = (
    'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element'
)
NO_SOURCE = "The metric widget should have specified a region and a data source or an alarm annotation"
NO_STRING = "Invalid metric field type, only 'String' type is allowed"


def refusal(body: str) -> str | None:
    """Message with all problems of the body; None if CloudWatch accepts it."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return NO_OBJECT
    if not isinstance(parsed, dict):
        return NO_OBJECT
    found = [{"dataPath": path, "message": message} for path, message in problems(parsed)]
    if not found:
        return None
    return f"The dashboard body is invalid, there are {len(found)} validation errors:\n{json.dumps(found, indent=2)}"


def problems(body: Json) -> Iterator[Problem]:
    """Problems of a body, each with the path of the value."""
    if "end" in body and "start" not in body:
        yield "", "Should have required property 'start'"
    if body.get("periodOverride", "auto") not in ("auto", "inherit"):
        yield "/periodOverride", ALLOWED
    unsuitable = list(_required(body, "", "widgets", "array"))
    yield from unsuitable
    if unsuitable:
        return
    if len(body["widgets"]) > MOST_WIDGETS:
        yield "/widgets", f"Should NOT have more than {MOST_WIDGETS} items"
    for number, widget in enumerate(body["widgets"]):
        yield from _of_widget(widget, f"/widgets/{number}")


def _of_widget(widget: Any, path: str) -> Iterator[Problem]:
    if not isinstance(widget, dict):
        yield path, "Should be object"
        return
    for name, (least, most) in GRID.items():
        yield from _within(widget, path, name, least, most)
    if widget.get("type") not in (*OF_TYPE, *UNCHECKED_TYPES):
        yield f"{path}/type", ALLOWED
        return
    unsuitable = list(_required(widget, path, "properties", "object"))
    yield from unsuitable
    if widget["type"] in OF_TYPE and not unsuitable:
        yield from OF_TYPE[widget["type"]](widget["properties"], f"{path}/properties")


def _of_metrics(properties: Json, path: str) -> Iterator[Problem]:
    annotated = bool((properties.get("annotations") or {}).get("alarms"))
    if "metrics" not in properties and not annotated:
        yield path, "Should have required property 'metrics'"
        yield path, NO_SOURCE
        yield path, "Should have required property 'annotations'"
    elif "region" not in properties and not annotated:
        yield path, NO_SOURCE
    if properties.get("view", VIEWS[0]) not in VIEWS:
        yield f"{path}/view", ALLOWED
    yield from _of_period(properties, path)
    metrics = properties.get("metrics", [])
    if not isinstance(metrics, list):
        yield f"{path}/metrics", "Should be array"
        return
    for number, metric in enumerate(metrics):
        yield from _of_metric(metric, f"{path}/metrics/{number}")


def _of_metric(metric: Any, path: str) -> Iterator[Problem]:
    if not isinstance(metric, list):
        yield path, "Should be array"
        yield path, METRICS
        return
    names = metric[:-1] if metric and isinstance(metric[-1], dict) else metric
    yield from ((path, NO_STRING) for name in names if not isinstance(name, str))
    if len(names) < len(metric):
        rendering = metric[-1]
        yield from _of_period(rendering, f"{path}/{len(names)}")
        if not names and not isinstance(rendering.get("expression"), str):
            yield path, METRICS
    elif not names:
        yield path, METRICS


def _of_period(properties: Json, path: str) -> Iterator[Problem]:
    period = properties.get("period", 300)
    if not isinstance(period, int) or (period not in (1, 5, 10, 30) and (period < 60 or period % 60)):
        yield f"{path}/period", "Should be 1, 5, 10, 30 or a multiple of 60"


def _of_text(properties: Json, path: str) -> Iterator[Problem]:
    yield from _required(properties, path, "markdown", "string")


def _of_log(properties: Json, path: str) -> Iterator[Problem]:
    yield from _required(properties, path, "query", "string")
    yield from _required(properties, path, "region", "string")
    if properties.get("view", LOG_VIEWS[0]) not in LOG_VIEWS:
        yield f"{path}/view", ALLOWED


def _of_alarms(properties: Json, path: str) -> Iterator[Problem]:
    unsuitable = list(_required(properties, path, "alarms", "array"))
    yield from unsuitable
    if unsuitable:
        return
    if not properties["alarms"]:
        yield f"{path}/alarms", "Should NOT have less than 1 items"
    if len(properties["alarms"]) > MOST_ALARMS:
        yield f"{path}/alarms", f"Should NOT have more than {MOST_ALARMS} items"


def _required(value: Json, path: str, name: str, kind: str) -> Iterator[Problem]:
    if name not in value:
        yield path, f"Should have required property '{name}'"
    elif not isinstance(value[name], KINDS[kind]):
        yield f"{path}/{name}", f"Should be {kind}"


def _within(value: Json, path: str, name: str, least: int, most: int | None) -> Iterator[Problem]:
    number = value.get(name, least)
    if not isinstance(number, int) or isinstance(number, bool):
        yield f"{path}/{name}", "Should be integer"
    elif number < least:
        yield f"{path}/{name}", f"Should be >= {least}"
    elif most is not None and number > most:
        yield f"{path}/{name}", f"Should be <= {most}"


OF_TYPE: dict[str, Callable[[Json, str], Iterator[Problem]]] = {
    "metric": _of_metrics,
    "text": _of_text,
    "log": _of_log,
    "alarm": _of_alarms,
}
