"""`make rehearse`: deploy a payload on the local AWS, play traffic, and show how the endpoint scales."""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tools import stack
from tools.rehearse import chart, drawing, inputs, playing, png, presets, report, words
from tools.rehearse.figures import Figures
from tools.rehearse.fleet import Fleet
from tools.rehearse.playing import LAST, LOOKS_AT, WHOLE, Rehearsal
from tools.rehearse.prices import Prices

REQUESTED = "as requested"
OUT = stack.ROOT / ".build" / "rehearsal"
WIDTH_ELSEWHERE = 160  # output that is not a terminal is not cut


class Exit(IntEnum):
    """Exit codes of `make rehearse`."""

    PLAYED = 0
    REFUSED = 1  # the payload is refused or fails, or the traffic is for another endpoint
    BAD_USAGE = 2  # a file is missing or invalid, or PNG cannot be written
    STACK_FAILED = 3  # `sam deploy` failed


def main(arguments: list[str] | None = None) -> Exit:
    parser = argparse.ArgumentParser(prog="make rehearse", description=__doc__)
    parser.add_argument("event", type=Path, help="the payload")
    parser.add_argument("traffic", type=Path, help="the description of the traffic")
    parser.add_argument("--presets", choices=["all"], help="also play each preset, instead of the payload's policies")
    parser.add_argument("--png", action="store_true", help="also write each picture as PNG")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the pictures")
    given = parser.parse_args(arguments)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_ELSEWHERE)
    try:
        read = inputs.read(given.event, given.traffic)
        renderer = png.require() if given.png else None
    except (inputs.BadInputError, png.NoRendererError) as error:
        print(error, file=sys.stderr)
        return Exit.BAD_USAGE
    try:
        rehearsals = list(_rehearsals(read, console, with_presets=given.presets is not None))
    except stack.DeployError as error:
        print(error, file=sys.stderr)
        return Exit.STACK_FAILED
    except playing.RefusedError as error:
        print(error, file=sys.stderr)
        return Exit.REFUSED
    show(rehearsals, console)
    for picture in draw(rehearsals, given.out):
        console.print(Text(f"picture         {picture}"))
        if renderer:
            console.print(Text(f"picture         {png.write(picture, renderer)}"))
    return Exit.PLAYED


def _rehearsals(read: inputs.Inputs, console: Console, *, with_presets: bool) -> Iterator[Rehearsal]:
    """The payload's rehearsal, and one for each preset that it can have."""
    yield playing.rehearse(read, REQUESTED, read.event)
    for preset in presets.PRESETS if with_presets else ():
        event = presets.with_preset(read.event, preset, read.traffic)
        try:
            yield playing.rehearse(read, preset, event)
        except playing.RefusedError as error:
            console.print(Text(f"{preset} is not possible here: {error}"))


def show(rehearsals: list[Rehearsal], console: Console, prices: Prices | None = None) -> None:
    """Show the figures of each variant and component, the instances that components share, and what they assume."""
    prices = prices or Prices.load()
    _show_resources(rehearsals, console, prices)
    _show_fleets(rehearsals, console, prices)
    for line in words.assumptions(rehearsals[0].results[LAST]):
        console.print(Text(line))
    for line in prices.notes(_instance_types(rehearsals), datetime.now(UTC).date()):
        console.print(Text(line))


def _show_resources(rehearsals: list[Rehearsal], console: Console, prices: Prices) -> None:
    by_name: dict[str, list[report.Row[Figures]]] = defaultdict(list)
    for rehearsal in rehearsals:
        for last, whole in rehearsal.figures():
            by_name[last.resource["name"]] += _rows(rehearsal.name, last, whole, differs=last.differs_from(whole))
    for name, rows in by_name.items():
        console.print(Text(f"\n{name}", style="bold"))
        console.print(*report.sparklines(rows[0].counted), sep="\n")
        console.print(report.table(rows, prices))


def _show_fleets(rehearsals: list[Rehearsal], console: Console, prices: Prices) -> None:
    by_name: dict[str, list[report.Row[Fleet]]] = defaultdict(list)
    for rehearsal in rehearsals:
        for last, whole in rehearsal.fleets():
            differs = last.instances != whole.instances
            by_name[last.name] += _rows(rehearsal.name, last, whole, differs=differs)
    for name, rows in by_name.items():
        console.print(Text(f"\n{name}: the instances that its components share", style="bold"))
        console.print(report.instances(rows, prices))


def _rows(name: str, last: report.Counted, whole: report.Counted, *, differs: bool) -> list[report.Row[report.Counted]]:
    if differs:
        return [report.Row(name, LOOKS_AT[LAST], last), report.Row(name, LOOKS_AT[WHOLE], whole)]
    return [report.Row(name, "either", last)]


def _instance_types(rehearsals: list[Rehearsal]) -> set[str]:
    return {each for rehearsal in rehearsals for last, _ in rehearsal.figures() for each in last.instance_types}


def draw(rehearsals: list[Rehearsal], folder: Path) -> Iterator[Path]:
    """Write the pictures of each variant and component, light and dark, and yield their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for rehearsal in rehearsals:
        for last, whole in rehearsal.figures():
            parts = [last.result["endpointName"], last.resource["name"]]
            parts += [rehearsal.name] * (rehearsal.name != REQUESTED)
            for theme, colours in chart.THEMES.items():
                path = folder / f"{re.sub(r'[^A-Za-z0-9-]+', '-', '-'.join(parts))}-{theme}.svg"
                path.write_text(drawing.svg(last, whole, rehearsal.name, colours))
                yield path


if __name__ == "__main__":
    sys.exit(main())
