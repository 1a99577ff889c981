"""Sentences of a rehearsal, under its pictures and its table."""

from __future__ import annotations

from typing import Any

from tools.rehearse.figures import Figures
from tools.rehearse.fleet import Fleet

PER_CENT = 100


def outcome(figures: Figures) -> str:
    """The figures of a resource in one line."""
    above, failed = figures.minutes_above_target, sum(figures.resource["failed"])
    parts = [f"worst load {figures.worst_load * PER_CENT:.0f} %"]
    if above is not None:
        parts.append(f"{above} min above target")
    over, none = sum(figures.above_capacity), sum(figures.without_unit)
    parts.append(f"{over} min above capacity{f' ({none} of them at zero)' if none else ''}")
    if failed:
        parts.append(f"{failed:,.0f} failed requests")
    parts.append(f"{len(figures.activities)} activities")
    parts.append(f"{figures.unit_hours:.1f} {figures.unit} hours ({fixed(figures, figures.fixed_fleet)} fixed)")
    if figures.is_component:
        fleet = Fleet(figures)
        than = f" ({fixed(figures, fleet.fixed)} fixed)" if fleet.fixed else ""
        parts.append(f"{fleet.hours:.1f} instance hours of {fleet.name}{than}")
    return ", ".join(parts)


def fixed(figures: Figures, units: int) -> str:
    """A fixed fleet with its hours."""
    return f"{units} × {figures.hours:g} h = {units * figures.hours:.1f} h"


def assumptions(result: dict[str, Any]) -> list[str]:
    """What the result assumes, and what is not documented."""
    given = result["assumptions"]
    launch, release = (result[name] for name in ("launchSeconds", "releaseSeconds"))
    return [
        f"Assumptions: a larger fleet is in service after {_seconds(launch)}, a smaller one after {_seconds(release)}; "
        f"an alarm sees a metric {given['metricDelaySeconds']:g} s after its minute "
        f"({given['highResolutionDelaySeconds']:g} s for one of 10 s) and acts after {given['reactionSeconds']:g} s. "
        "AWS documents neither these delays nor how far a scale-in goes."
    ]


def _seconds(value: float | None) -> str:
    return "the time of the local AWS" if value is None else f"{value:g} s"
