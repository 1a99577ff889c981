"""Picture of the dashboard with example data: `python -m tools.dashboard_picture` writes docs/dashboard.svg."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import cycle
from typing import Any

from tools import dashboard
from tools.stack import ROOT

FILE = ROOT / "docs" / "dashboard.svg"
COLUMN, ROW, GAP = 50, 42, 4  # pixels
PADDING = 12
POINTS = 48
COLORS = ("#1f77b4", "#ff7f0e", "#9467bd", "#8c564b", "#17becf", "#e377c2", "#7f7f7f", "#bcbd22", "#393b79")
INK, PALE, LINE = "#16191f", "#687078", "#d5dbdb"
CHARACTER = 6.2  # width of a character of 11 pixels, on average
VARIANTS = (("churn", "AllTraffic"), ("fraud", "blue"), ("fraud", "green"))
FAILURES = ("UpdateRolledBack", "InvalidRequest")
# Highest example value of a metric, in the unit of its graph; 0 for one that has no data.
HIGHEST = {
    "DeploymentsStarted": 41,
    "DeploymentsSucceeded": 38,
    "DeploymentsFailed": 3,
    "RemovalsStarted": 5,
    "RemovalsSucceeded": 5,
    "RemovalsFailed": 0,
    "SecondsToInService": 620,
    "ApproximateNumberOfMessagesVisible": 0,
    "Invocations": 5400,
    "Invocation5XXErrors": 4,
    "Invocation4XXErrors": 12,
    "InvocationModelErrors": 3,
    "ModelLatency": 180,
    "OverheadLatency": 24,
    "InvocationsPerInstance": 1800,
    "ConcurrentRequestsPerModel": 9,
    "ApproximateBacklogSizePerInstance": 14,
    "ServerlessProvisionedConcurrencyUtilization": 0.8,
    "CPUUtilization": 320,
    "MemoryUtilization": 62,
    "GPUUtilization": 85,
    "DiskUtilization": 18,
}
HOURS = 24
# Of a hundred hours, those with at least one, two, … deployments.
FREQUENT, RARE = (70, 40, 25, 10), (6,)
LEVELS = {"longest": 0.9, "average": 0.5}  # of the highest value
CELLS = {
    "since": ("2026-11-30 02:31:07", "2026-11-30 02:24:55"),
    "endpointName": ("churn", "fraud"),
    "planned": ("update", "create"),
    "execution": ("arn:aws:states:eu-west-1:123456789012:execution:…",) * 2,
    "@timestamp": ("2026-11-30 02:12:40", "2026-11-30 01:58:03", "2026-11-30 01:40:19"),
    "endpoint": ("fraud", "churn", "churn"),
    "error": ("", "UpdateRolledBack", ""),
    "changed": ("1", "", "0"),
}


@dataclass(frozen=True)
class Box:
    """Place of a widget in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(frozen=True)
class Series:
    """A line of a graph."""

    label: str
    color: str
    values: Sequence[float]


def svg() -> str:
    """The picture."""
    widgets = dashboard.body()["widgets"]
    width = 24 * COLUMN
    height = ROW * max(each["y"] + each["height"] for each in widgets)
    parts = [each for widget in widgets for each in drawn(widget)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11">'
    )
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#f2f3f3"/>', *parts, "</svg>", ""])


def drawn(widget: Mapping[str, Any]) -> Iterator[str]:
    """The elements of a widget."""
    box = Box(
        widget["x"] * COLUMN + GAP,
        widget["y"] * ROW + GAP,
        widget["width"] * COLUMN - 2 * GAP,
        widget["height"] * ROW - 2 * GAP,
    )
    yield rectangle(box, "#fff", f' rx="3" stroke="{LINE}"')
    properties = widget["properties"]
    if title := properties.get("title"):
        yield text(box.x + PADDING, box.y + 22, title, size=14, weight="bold")
    kind = properties.get("view") if properties.get("view") == "singleValue" else widget["type"]
    yield from DRAWERS[kind](widget, box)


def _alarms(widget: Mapping[str, Any], box: Box) -> Iterator[str]:
    for number, arn in enumerate(widget["properties"]["alarms"]):
        y = box.y + 38 + number * 34
        yield rectangle(Box(box.x + PADDING, y, box.width - 2 * PADDING, 28), "#2ca02c", ' rx="2"')
        yield text(box.x + PADDING + 8, y + 18, arn.rpartition(":")[2], color="#fff")


def _numbers(widget: Mapping[str, Any], box: Box) -> Iterator[str]:
    metrics = list(dashboard.metrics_of(widget))
    for number, (metric, color) in enumerate(zip(metrics, COLORS, strict=False)):
        x = box.x + PADDING + number * (box.width - 2 * PADDING) // len(metrics)
        yield text(x, box.y + 92, str(HIGHEST[metric.name]), size=42)
        yield rectangle(Box(x, box.y + 116, 10, 10), metric.color or color)
        yield text(x + 16, box.y + 125, metric.label, color=PALE)


def _markdown(widget: Mapping[str, Any], box: Box) -> Iterator[str]:
    words = re.sub(r"\*\*(.+?)\*\*", r"<tspan font-weight='bold'>\1</tspan>", escape(widget["properties"]["markdown"]))
    yield f'<text x="{box.x + PADDING}" y="{box.y + box.height // 2 + 5}" font-size="14" fill="{INK}">{words}</text>'


def _table(widget: Mapping[str, Any], box: Box) -> Iterator[str]:
    columns = widget["properties"]["query"].rpartition("| display ")[2].split(", ")
    for number, column in enumerate(columns):
        x = box.x + PADDING + number * (box.width - 2 * PADDING) // len(columns)
        yield text(x, box.y + 52, column, weight="bold")
        for row, cell in enumerate(CELLS[column]):
            most = int((box.width - 2 * PADDING) / len(columns) / CHARACTER) - 1
            yield text(x, box.y + 76 + row * 24, cell if len(cell) <= most else f"{cell[: most - 1]}…")
    yield line(box.x + PADDING, box.y + 60, box.right - PADDING, box.y + 60)


def _graph(widget: Mapping[str, Any], box: Box) -> Iterator[str]:
    is_stacked = widget["properties"].get("stacked", False)
    series = list(_series(widget, is_stacked=is_stacked))
    legend = list(_legend(series, box))
    rows = 1 + max(row for row, _ in legend)
    plot = Box(box.x + 48, box.y + 36, box.width - 60, box.height - 36 - 26 - 16 * rows)
    highest = _top(max(map(sum, zip(*(each.values for each in series), strict=True)) if is_stacked else _all(series)))
    yield from _axes(plot, highest)
    yield from (_area if is_stacked else _lines)(series, plot, highest)
    yield from (element for _, element in legend)


def _all(series: Sequence[Series]) -> Iterator[float]:
    return (value for each in series for value in each.values)


def _axes(plot: Box, highest: float) -> Iterator[str]:
    for part in (0, 1, 2):
        y = plot.bottom - plot.height * part // 2
        yield line(plot.x, y, plot.right, y)
        yield text(plot.x - 6, y + 4, f"{highest * part / 2:g}", color=PALE, anchor="end")
    for hour in (0, 8, 16, HOURS):
        x = plot.x + plot.width * hour // HOURS
        anchor = {0: "start", HOURS: "end"}.get(hour, "middle")
        yield text(x, plot.bottom + 15, f"{(hour + 3) % HOURS:02}:00", color=PALE, anchor=anchor)


def _lines(series: Sequence[Series], plot: Box, highest: float) -> Iterator[str]:
    for each in series:
        points = " ".join(f"{x:g},{y:g}" for x, y in _points(each.values, plot, highest))
        yield f'<polyline points="{points}" fill="none" stroke="{each.color}" stroke-width="1.5"/>'


def _area(series: Sequence[Series], plot: Box, highest: float) -> Iterator[str]:
    below: Sequence[float] = [0.0] * HOURS
    for each in series:
        above = [low + value for low, value in zip(below, each.values, strict=True)]
        edge = [*_points(above, plot, highest), *reversed(list(_points(below, plot, highest)))]
        points = " ".join(f"{x:g},{y:g}" for x, y in edge)
        yield f'<polygon points="{points}" fill="{each.color}" fill-opacity="0.7" stroke="{each.color}"/>'
        below = above


def _points(values: Sequence[float], plot: Box, highest: float) -> Iterator[tuple[float, float]]:
    for number, value in enumerate(values):
        yield (
            round(plot.x + plot.width * number / (len(values) - 1), 1),
            round(plot.bottom - plot.height * value / highest, 1),
        )


def _series(widget: Mapping[str, Any], *, is_stacked: bool) -> Iterator[Series]:
    colors = cycle(COLORS)
    for metric in dashboard.metrics_of(widget):
        for label in _labels(metric):
            if is_stacked:
                values = _counts(metric.name + label, RARE if metric.is_search else FREQUENT)
            else:
                values = _values(metric.name, label)
            yield Series(label, metric.color or next(colors), values)


def _labels(metric: dashboard.Metric) -> list[str]:
    """Labels of the lines that the metric has with the example endpoints and failures."""
    if not metric.is_search:
        return [metric.label]
    if "Error" in metric.dimensions:
        return list(FAILURES)
    shown = metric.label or " ".join(f"${{PROP('Dim.{name}')}}" for name in metric.dimensions)
    labels = []
    for endpoint, variant in VARIANTS:
        named = shown.replace("${PROP('Dim.EndpointName')}", endpoint).replace("${PROP('Dim.VariantName')}", variant)
        labels.append(named)
    return list(dict.fromkeys(labels))


def _counts(seed: str, of_a_hundred: Sequence[int]) -> list[float]:
    """Number of deployments in each hour."""
    return [sum(_chance(f"{seed}{hour}") * 100 < hours for hours in of_a_hundred) for hour in range(HOURS)]


def _values(metric: str, label: str) -> list[float]:
    """`POINTS` values of the metric that vary slowly."""
    noise = [_chance(f"{metric}{label}{number}") for number in range(POINTS + 4)]
    level = HIGHEST[metric] * LEVELS.get(label, 0.3 + 0.6 * _chance(metric + label))
    return [level * (0.5 + sum(noise[number : number + 4]) / 8) for number in range(POINTS)]


def _chance(seed: str) -> float:
    """A number from 0 to 1, always the same for the same seed."""
    return zlib.crc32(seed.encode()) % 1000 / 1000


def _legend(series: Sequence[Series], box: Box) -> Iterator[tuple[int, str]]:
    """Elements of the legend, each with its row, counted from the bottom."""
    placed, x, row = [], box.x + PADDING, 0
    for each in series:
        width = 24 + len(each.label) * CHARACTER
        if x + width > box.right - PADDING and x > box.x + PADDING:
            x, row = box.x + PADDING, row + 1
        placed.append((each, x, row))
        x += int(width)
    for each, left, of_row in placed:
        y = box.bottom - 10 - 16 * (row - of_row)
        yield row - of_row, rectangle(Box(left, y - 8, 8, 8), each.color)
        yield row - of_row, text(left + 12, y, each.label, color=PALE)


def _top(value: float) -> float:
    """The least of 1, 2, 4, 5, 8 times a power of ten that is not below the value; 1 if it is 0."""
    if not value:
        return 1
    scale = 1.0
    while scale * 10 <= value:
        scale *= 10
    while scale > value:
        scale /= 10
    return next(scale * step for step in (1, 2, 4, 5, 8, 10) if scale * step >= value)


def text(
    x: float, y: float, words: str, *, size: int = 11, color: str = INK, weight: str = "", anchor: str = ""
) -> str:
    more = "".join(
        f' {name}="{value}"'
        for name, value in (("font-size", size if size != 11 else ""), ("font-weight", weight), ("text-anchor", anchor))
        if value
    )
    return f'<text x="{x:g}" y="{y:g}" fill="{color}"{more}>{escape(words)}</text>'


def rectangle(box: Box, color: str, more: str = "") -> str:
    return f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" fill="{color}"{more}/>'


def line(x1: int, y1: int, x2: int, y2: int) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{LINE}"/>'


DRAWERS = {"alarm": _alarms, "singleValue": _numbers, "text": _markdown, "log": _table, "metric": _graph}


def main() -> int:
    FILE.write_text(svg())
    return 0


if __name__ == "__main__":
    sys.exit(main())
