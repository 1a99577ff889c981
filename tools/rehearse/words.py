"""Sentences of a rehearsal, under its pictures and its table."""

from __future__ import annotations

from typing import Any

from tools.rehearse.figures import Figures

PER_CENT = 100


def outcome(figures: Figures) -> str:
    """The figures of a resource in one line."""
    above = figures.minutes_above_target
    parts = [f"worst load {figures.worst_load * PER_CENT:.0f} %"]
    if above is not None:
        parts.append(f"{above} min above target")
    parts.append(f"{figures.minutes_above_capacity} min above capacity")
    parts.append(f"{len(figures.activities)} activities")
    hours = "instance hours" if figures.resource["kind"] != "concurrency" else "hours of concurrency"
    parts.append(f"{figures.unit_hours:.1f} {hours} ({fleet(figures, figures.fixed_fleet)} fixed)")
    return ", ".join(parts)


def fleet(figures: Figures, units: int) -> str:
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
