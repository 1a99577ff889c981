"""The picture of a variant or component: requests and capacity, units, load, activities and assumptions, as SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import pairwise
from typing import Any

from tools.rehearse import chart, words
from tools.rehearse.chart import Colours, Panel
from tools.rehearse.figures import Activity, Figures

WIDTH = 960
HEAD, TITLE, HEIGHT, GAP = 64, 26, 130, 18  # pixels: of the head, of a panel's title, of a panel, between panels
ROW, COLUMNS, MOST_ROWS = 18, 2, 12
FONTS = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, Arial, sans-serif"
FOOT_CHARACTERS = 132
BOLD = 1.2  # width of a bold text in relation to a regular one
HOURS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168)
MOST_LABELS = 13
Key = tuple[str, str, str]  # words, colour, style of the line


def svg(figures: Figures, other: Figures, name: str, assumptions: dict[str, Any], colours: Colours) -> str:
    """The picture of a resource.

    Parameters
    ----------
    other : Figures
        The same resource, when a scale-in looks at the whole window; it is drawn where it differs.
    name : str
        What was played: "as requested", or a preset.
    assumptions : dict
        The result, for what is printed under the picture.
    """
    body: list[str] = list(_head(figures, name, colours))
    top = float(HEAD)
    panels = (_requests, _units, _load)
    for draw in panels:
        body += draw(figures, other, top, colours)
        top += TITLE + HEIGHT + GAP
    top += 8
    body += _time(figures, top - GAP, colours)
    top += 22
    listed, top = _activities(figures.activities, top, colours)
    foot, top = _foot([*_outcomes(figures, other), *words.assumptions(assumptions)], top, colours)
    title = f"Scaling of {figures.resource['name']}"
    return "\n".join(
        [
            f'<svg viewBox="0 0 {WIDTH} {top:.0f}" xmlns="http://www.w3.org/2000/svg" font-family="{FONTS}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" rx="8" fill="{colours.background}"/>',
            *body,
            *listed,
            *foot,
            "</svg>\n",
        ]
    )


def _head(figures: Figures, name: str, colours: Colours) -> Iterator[str]:
    resource = figures.resource
    wide = WIDTH - 2 * chart.RIGHT
    title = f"{chart.cut(resource['name'], BOLD * 17, wide - chart.width_of(name, BOLD * 17))}: {name}"
    end = figures.at(len(figures.requests))
    parts = [resource["instanceType"] or figures.units, f"{figures.bears:g} requests/s per {figures.unit}"]
    parts.append(f"{figures.start:%a %Y-%m-%d %H:%M} to {end:%a %Y-%m-%d %H:%M}, {figures.zone.key}")
    yield chart.text(chart.RIGHT, 30, title, 17, colours.ink, weight=600)
    yield chart.text(chart.RIGHT, 50, chart.cut(" · ".join(parts), 12, wide), 12, colours.pale)


def _panel(top: float, figures: Figures, highest: float, least_step: float = 0.0) -> Panel:
    return Panel(top + TITLE, HEIGHT, WIDTH, len(figures.requests), *chart.axis(highest, least_step))


def _requests(figures: Figures, other: Figures, top: float, colours: Colours) -> list[str]:
    panel = _panel(top, figures, max(*figures.requests, *figures.capacity, *other.capacity))
    over = [asked > bears for asked, bears in zip(figures.requests, figures.capacity, strict=True)]
    keys: list[Key] = [("requests", colours.requests, chart.WIDTH), ("capacity", colours.capacity, chart.WIDTH)]
    body = [*panel.frame(colours), *(panel.band(first, last, colours.bad) for first, last in spans(over))]
    if any(over):
        keys.append(("above capacity", colours.bad, 'stroke-width="8" stroke-opacity="0.35"'))
    body += [panel.steps(figures.capacity, colours.capacity), panel.curve(figures.requests, colours.requests)]
    return [*_title(top, "Requests per second", keys, colours), *body]


def _units(figures: Figures, other: Figures, top: float, colours: Colours) -> list[str]:
    bounds = [[each for each in figures.resource[name] if each is not None] for name in ("minimum", "maximum")]
    counts = [*figures.running, *figures.wanted, *other.running]
    panel = _panel(top, figures, max([*counts, *bounds[0], 1]), 1)
    keys: list[Key] = [("running", colours.capacity, chart.WIDTH), ("wanted", colours.requests, chart.DOTTED)]
    body = list(panel.frame(colours))
    if bounds[0]:
        keys.append(("minimum", colours.pale, chart.DASHED))
        body.append(panel.steps(figures.resource["minimum"], colours.pale, chart.DASHED))
    if figures.differs_from(other):
        keys.append(("running, other assumption", colours.other, chart.WIDTH))
        body.append(panel.steps(other.running, colours.other))
    body += [
        panel.steps(figures.running, colours.capacity),
        panel.steps(figures.wanted, colours.requests, chart.DOTTED),
    ]
    title = figures.units[0].upper() + figures.units[1:]
    if bounds[1]:
        title += f" (at most {max(bounds[1])})"
    return [*_title(top, title, keys, colours), *body]


def _load(figures: Figures, _: Figures, top: float, colours: Colours) -> list[str]:
    load = figures.load
    panel = _panel(top, figures, max([each for each in load.values if each is not None] + [load.target or 0]))
    keys: list[Key] = [("load", colours.requests, chart.WIDTH)]
    body = list(panel.frame(colours))
    if load.target is not None:
        target = load.target
        above = [each is not None and each > target for each in load.values]
        keys += [
            (f"target {target:g}", colours.capacity, chart.DASHED),
            ("above target", colours.bad, 'stroke-width="8" stroke-opacity="0.35"'),
        ]
        body += [panel.band(first, last, colours.bad) for first, last in spans(above)]
        body.append(panel.level(target, colours.capacity))
    body.append(panel.curve(load.values, colours.requests))
    return [*_title(top, load.label, keys, colours), *body]


def _title(top: float, title: str, keys: Sequence[Key], colours: Colours) -> Iterator[str]:
    """The title of a panel at the left, and its legend at the right, both above the data."""
    yield chart.text(chart.RIGHT, top + 15, title, 13, colours.ink, weight=600)
    x = float(WIDTH - chart.RIGHT)
    for label, colour, style in reversed(keys):
        yield chart.text(x, top + 15, label, 12, colours.pale, "end")
        x -= chart.width_of(label, 12)
        yield chart.line(x - 24, top + 11, x - 6, top + 11, colour, style)
        x -= 42


def _time(figures: Figures, y: float, colours: Colours) -> Iterator[str]:
    panel = Panel(0, 0, WIDTH, len(figures.requests), 1, 1)
    for at in moments(figures):
        x = panel.x(figures.minute_of(at))
        label = f"{at:%H:%M}" if at.hour or at.minute else f"{at:%a %d}"
        anchor = "start" if x < chart.LEFT + 12 else "end" if x > WIDTH - chart.RIGHT - 12 else "middle"
        yield chart.line(x, y - 8, x, y - 3, colours.pale)
        yield chart.text(x, y + 10, label, 11, colours.pale, anchor)


def moments(figures: Figures) -> list[datetime]:
    """Round local times for the axis, at most `MOST_LABELS`."""
    hours = len(figures.requests) / 60
    step = next((each for each in HOURS if hours / each < MOST_LABELS), HOURS[-1])
    found, at = [], figures.start.replace(hour=0, minute=0)
    end = figures.at(len(figures.requests))
    midnight, number = at, 0
    while at <= end:
        if at >= figures.start:
            found.append(at)
        number += 1
        at = midnight + timedelta(hours=step * number)  # local time: 06:00 stays 06:00 when the clocks change
    return found


def _activities(found: list[Activity], top: float, colours: Colours) -> tuple[list[str], float]:
    body = [chart.text(chart.RIGHT, top + 15, f"Scaling activities: {len(found)}", 13, colours.ink, weight=600)]
    top += TITLE + 10
    shown = found[: MOST_ROWS * COLUMNS]
    rows = -(-len(shown) // COLUMNS)
    wide = (WIDTH - 2 * chart.RIGHT) / COLUMNS
    for number, each in enumerate(shown):
        x, y = chart.RIGHT + wide * (number // rows), top + ROW * (number % rows)
        colour = colours.bad if each.has_failed else colours.ink
        label = f"{'failed: ' * each.has_failed}{each.change} · {each.reason}"
        body.append(chart.text(x, y, f"{each.at:%a %H:%M}", 12, colours.pale))
        body.append(chart.text(x + 68, y, chart.cut(label, 12, wide - 84), 12, colour))
    top += ROW * rows
    if len(found) > len(shown):
        more = f"… and {len(found) - len(shown)} more"
        body.append(chart.text(chart.RIGHT, top, more, 12, colours.pale))
        top += ROW
    return body, top


def _outcomes(figures: Figures, other: Figures) -> list[str]:
    if not figures.differs_from(other):
        return ["The outcome is the same whether a scale-in looks at the last datapoint or at the whole window."]
    return [
        f"Scale-in by the last datapoint (drawn): {words.outcome(figures)}.",
        f"Scale-in by the highest datapoint of its window (other assumption): {words.outcome(other)}.",
    ]


def _foot(lines: Sequence[str], top: float, colours: Colours) -> tuple[list[str], float]:
    body = [chart.line(chart.RIGHT, top, WIDTH - chart.RIGHT, top, colours.grid)]
    for each in [part for words_ in lines for part in textwrap.wrap(words_, FOOT_CHARACTERS)]:
        top += ROW
        body.append(chart.text(chart.RIGHT, top, each, 12, colours.pale))
    return body, top + ROW


def spans(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """The first minute of each interval in which the flag is set, and the first minute after it."""
    edges = [minute for minute, (a, b) in enumerate(pairwise([False, *flags, False])) if a != b]
    return list(zip(edges[::2], edges[1::2], strict=True))
