"""The table and the sparklines of rehearsals in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich import box
from rich.table import Table
from rich.text import Text

from tools.rehearse.figures import Figures
from tools.rehearse.prices import Prices
from tools.rehearse.words import PER_CENT

BLOCKS = " ▁▂▃▄▅▆▇█"
CELLS = 72
COLUMNS = (
    "",
    "scale-in by",
    "worst load",
    "min above target",
    "min above capacity",
    "activities",
    "hours",
    "fixed fleet for capacity",
    "fixed fleet for target",
)


@dataclass(frozen=True)
class Row:
    """A line of the table: what was played, what a scale-in looks at, and the figures."""

    name: str
    looks_at: str
    figures: Figures


def table(rows: Sequence[Row], prices: Prices) -> Table:
    """The figures of a resource, one line for each rehearsal and assumption."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(COLUMNS):
        shown.add_column(column, justify="left" if number < 2 else "right", overflow="fold")
    for row in rows:
        shown.add_row(*_cells(row, prices))
    return shown


def _cells(row: Row, prices: Prices) -> Iterator[str]:
    figures = row.figures
    yield row.name
    yield row.looks_at
    yield f"{figures.worst_load * PER_CENT:.0f} %"
    yield "–" if figures.minutes_above_target is None else str(figures.minutes_above_target)
    yield str(figures.minutes_above_capacity)
    yield str(len(figures.activities))
    yield _hours(figures, figures.unit_hours, prices)
    for units in (figures.fixed_fleet, figures.fixed_fleet_at_target):
        yield "–" if units is None else f"{units}: {_hours(figures, units * figures.hours, prices)}"


def _hours(figures: Figures, hours: float, prices: Prices) -> str:
    cost = figures.cost(prices, hours)
    return f"{hours:.1f} h" if cost is None else f"{hours:.1f} h, {cost:.2f} {prices.currency}"


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
