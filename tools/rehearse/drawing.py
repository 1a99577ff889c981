"""The picture of a variant or component: requests and capacity, units, load, activities and assumptions, as SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from html import escape
from itertools import pairwise

from tools.rehearse import chart, words
from tools.rehearse.activities import Activity
from tools.rehearse.chart import Colours, Panel
from tools.rehearse.figures import Figures, Load
from tools.rehearse.fleet import Fleet

WIDTH = 960
HEAD, TITLE, HEIGHT, GAP = 64, 26, 130, 18  # pixels: of the head, of a panel's title, of a panel, between panels
ROW, COLUMNS, MOST_ROWS = 18, 2, 12
FONTS = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, Arial, sans-serif"
FOOT_CHARACTERS = 132
BOLD = 1.2  # width of a bold text in relation to a regular one
HOURS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168)
MOST_LABELS = 13
HIGHEST_MAXIMUM = 4  # times the units that there are: a higher maximum would flatten them
Key = tuple[str, str, str]  # words, colour, style of the line
Draw = Callable[[Figures, Figures, float, Colours], list[str]]  # draws a panel below a pixel
Line = tuple[str, Sequence[float | None], str, str]  # words, a value per minute, colour, style
BAND = 'stroke-width="8" stroke-opacity="0.35"'
AREA = 'stroke-width="8" stroke-opacity="0.75"'


def svg(figures: Figures, other: Figures, name: str, colours: Colours) -> str:
    """The picture of a resource.

    Parameters
    ----------
    other : Figures
        The same resource, when a scale-in looks at the whole window; it is drawn where it differs.
    name : str
        What was played: "as requested", or a preset.
    """
    body: list[str] = list(_head(figures, name, colours))
    top = float(HEAD)
    panels: list[Draw] = [_requests, _units, *(partial(_load, load) for load in figures.loads)]
    for draw in panels:
        body += draw(figures, other, top, colours)
        top += TITLE + HEIGHT + GAP
    top += 8
    body += _time(figures, top - GAP, colours)
    top += 22
    listed, top = _activities(figures.activities, top, colours)
    foot, top = _foot([*_outcomes(figures, other), *words.assumptions(figures.result)], top, colours)
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
    parts = [", ".join(figures.instance_types) or figures.units, f"{figures.bears:g} requests/s per {figures.unit}"]
    parts.append(f"{figures.start:%a %Y-%m-%d %H:%M} to {end:%a %Y-%m-%d %H:%M}, {figures.zone.key}")
    yield chart.text(chart.RIGHT, 30, title, 17, colours.ink, weight=600)
    yield chart.text(chart.RIGHT, 50, chart.cut(" · ".join(parts), 12, wide), 12, colours.pale)


def _panel(top: float, figures: Figures, highest: float, least_step: float = 0.0) -> Panel:
    return Panel(top + TITLE, HEIGHT, WIDTH, len(figures.requests), *chart.axis(highest, least_step))


def _requests(figures: Figures, other: Figures, top: float, colours: Colours) -> list[str]:
    panel = _panel(top, figures, max(*figures.requests, *figures.capacity, *other.capacity))
    keys: list[Key] = [("requests", colours.requests, chart.WIDTH), ("capacity", colours.capacity, chart.WIDTH)]
    over = figures.above_capacity
    body = [*panel.frame(colours), *(panel.band(first, last, colours.bad) for first, last in spans(over))]
    if any(over):
        keys.append(("above capacity", colours.bad, BAND))
    if any(figures.failed):
        keys.append(("failed", colours.bad, AREA))
        body.append(panel.area(figures.failed, colours.bad))
    body += [panel.steps(figures.capacity, colours.capacity), panel.curve(figures.requests, colours.requests)]
    return [*_title(top, "Requests per second", keys, colours), *body]


def _units(figures: Figures, other: Figures, top: float, colours: Colours) -> list[str]:
    lines = _lines_of_units(figures, other, colours)
    counts = [[each for each in values if each is not None] for _, values, _, _ in lines]
    most = max(1, *(max(values, default=0) for values in counts))
    title = figures.units[0].upper() + figures.units[1:]
    maximum: list[float | None] = figures.resource["maximum"]
    highest = max((each for each in maximum if each is not None), default=0)
    if highest > HIGHEST_MAXIMUM * most:
        title += f" (maximum {highest:g}, above this panel)"
    elif highest:
        lines.insert(0, ("maximum", maximum, colours.pale, chart.DASH_DOTTED))
        most = max(most, highest)
    panel = _panel(top, figures, most, 1)
    body = [*panel.frame(colours), *(panel.steps(values, colour, style) for _, values, colour, style in lines)]
    keys: list[Key] = [(label, colour, style) for label, _, colour, style in lines]
    return [*_title(top, title, keys, colours), *body]


def _lines_of_units(figures: Figures, other: Figures, colours: Colours) -> list[Line]:
    """The lines of the units' panel but the maximum, the most important one last, so that it is on top."""
    lines: list[Line] = []
    if any(each is not None for each in figures.resource["minimum"]):
        lines.append(("minimum", figures.resource["minimum"], colours.pale, chart.DASHED))
    if figures.is_component:
        lines.append(("instances", Fleet(figures).instances, colours.instances, chart.WIDTH))
    if figures.differs_from(other):
        lines.append(("running, other assumption", other.running, colours.other, chart.WIDTH))
    lines.append(("running", figures.running, colours.capacity, chart.WIDTH))
    lines.append(("wanted", figures.wanted, colours.requests, chart.DOTTED))
    return lines


def _load(load: Load, figures: Figures, _: Figures, top: float, colours: Colours) -> list[str]:
    panel = _panel(top, figures, max([each for each in load.values if each is not None] + [load.target or 0]))
    keys: list[Key] = [("load", colours.requests, chart.WIDTH)]
    body = list(panel.frame(colours))
    if load.target is not None:
        keys.append((f"target {load.target:g}", colours.capacity, chart.DASHED))
        above = figures.above_target(load)
        if any(above):
            keys.append(("above target", colours.bad, BAND))
        body += [panel.band(first, last, colours.bad) for first, last in spans(above)]
        body.append(panel.level(load.target, colours.capacity))
    body.append(panel.curve(load.values, colours.requests))
    return [*_title(top, load.label, keys, colours), *body]


def _title(top: float, title: str, keys: Sequence[Key], colours: Colours) -> Iterator[str]:
    """The title of a panel at the left, and its legend at the right, both above the data."""
    yield chart.text(chart.RIGHT, top + 15, title, 13, colours.ink, weight=600)
    x = float(WIDTH - chart.RIGHT)
    for label, colour, style in reversed(keys):
        x -= chart.width_of(label, 12)
        yield chart.text(x, top + 15, label, 12, colours.pale)
        yield chart.line(x - 24, top + 11, x - 6, top + 11, colour, style)
        x -= 36


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
        same = "The outcome is the same whether a scale-in looks at the last datapoint or at the whole window"
        return [f"{same}: {words.outcome(figures)}."]
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
