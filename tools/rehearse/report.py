"""The tables and the sparklines of rehearsals in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from rich import box
from rich.table import Table
from rich.text import Text

from tools.rehearse.figures import Figures
from tools.rehearse.fleet import Fleet
from tools.rehearse.prices import Prices
from tools.rehearse.words import PER_CENT

BLOCKS = " ▁▂▃▄▅▆▇█"
CELLS = 60
WHAT = ("", "scale-in by")
FIXED = ("fixed fleet\nfor capacity", "fixed fleet\nfor target")
LOAD = ("worst\nload", "min above\ntarget", "min above\ncapacity", "failed", "activities", "hours", *FIXED)
INSTANCES = ("most\ninstances", "hours", *FIXED)
NONE = "–"
Counted = TypeVar("Counted", Figures, Fleet)


@dataclass(frozen=True)
class Row(Generic[Counted]):
    """A line of a table: what was played, what a scale-in looks at, and what is counted."""

    name: str
    looks_at: str
    counted: Counted


def table(rows: Sequence[Row[Figures]], prices: Prices) -> Table:
    """The figures of a resource, one line for each rehearsal and assumption. Instances have their cost."""
    return _table((*WHAT, *LOAD), [[row.name, row.looks_at, *_of_load(row.counted, prices)] for row in rows])


def instances(rows: Sequence[Row[Fleet]], prices: Prices) -> Table:
    """The instances of a variant that its components share, with their cost."""
    return _table((*WHAT, *INSTANCES), [[row.name, row.looks_at, *_of_fleet(row.counted, prices)] for row in rows])


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for number, column in enumerate(columns):
        shown.add_column(column, justify="left" if number < len(WHAT) else "right", overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown


def _of_load(figures: Figures, prices: Prices) -> Iterator[str]:
    yield f"{figures.worst_load * PER_CENT:.0f} %"
    yield NONE if figures.minutes_above_target is None else str(figures.minutes_above_target)
    over, none = sum(figures.above_capacity), sum(figures.without_unit)
    yield f"{over}\n({none} at zero)" if none else str(over)
    yield f"{sum(figures.resource['failed']):,.0f}"
    yield str(len(figures.activities))
    yield _hours(figures.unit_hours, figures.instance_hours, prices)
    for units in (figures.fixed_fleet, figures.fixed_fleet_at_target):
        yield _fixed(figures.instance_types if figures.is_variant else [], units, figures.hours, prices)


def _of_fleet(fleet: Fleet, prices: Prices) -> Iterator[str]:
    yield str(max(fleet.instances))
    yield _hours(fleet.hours, dict.fromkeys(fleet.instance_types, fleet.hours), prices)
    for count in (fleet.fixed, fleet.fixed_at_target):
        yield _fixed(fleet.instance_types, count, fleet.hours_of_one, prices)


def _fixed(instance_types: Sequence[str], units: int | None, hours: float, prices: Prices) -> str:
    """A fixed fleet with its cost, unless it can be of several types."""
    if units is None:
        return NONE
    of_type = dict.fromkeys(instance_types, units * hours) if len(instance_types) == 1 else {}
    return f"{units}: {_hours(units * hours, of_type, prices)}"


def _hours(hours: float, of_type: Mapping[str, float], prices: Prices) -> str:
    cost = prices.cost(of_type)
    return f"{hours:.1f} h" if cost is None else f"{hours:.1f} h\n{cost:.2f} {prices.currency}"


def sparklines(figures: Figures) -> Iterator[Text]:
    """Requests, units in service and load over the time, with their highest value."""
    end = figures.at(len(figures.requests))
    yield Text(f"{figures.start:%a %H:%M} to {end:%a %H:%M}, {figures.zone.key}")
    load = [each or 0.0 for each in figures.load.values]
    for label, values in (("requests/s", figures.requests), (figures.units, figures.running), ("load", load)):
        yield Text(f"{label:<22}{sparkline(values)}  at most {max(values):.4g}")


def sparkline(values: Sequence[float], cells: int = CELLS) -> str:
    """The highest value of each part of `values`, as a block between none and full."""
    highest = max(values, default=0.0)
    count = min(cells, len(values))
    bounds = [len(values) * number // count for number in range(count + 1)]
    parts = [max(values[first:last]) for first, last in pairwise(bounds)]
    return "".join(_block(each / highest if highest else 0.0) for each in parts)


def _block(share: float) -> str:
    return BLOCKS[0] if share <= 0 else BLOCKS[max(1, round(share * (len(BLOCKS) - 1)))]
