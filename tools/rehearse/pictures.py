"""Pictures of the presets in docs/scaling.md: `python -m tools.rehearse.pictures [PRESET…]` plays them again.

What was played is stored beside the pictures, so that a test can compare the drawing of each without playing it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import stack
from tools.rehearse import chart, drawing, inputs, playing
from tools.rehearse.playing import Rehearsal

FOLDER = stack.ROOT / "docs"
UUID = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RANDOM = ("ActivityId",)


@dataclass(frozen=True)
class Example:
    """A payload of `events/`, and the traffic of `traffic/` that is played to it."""

    event: str
    traffic: str

    @property
    def paths(self) -> tuple[Path, Path]:
        """The files of the payload and of the traffic."""
        return stack.ROOT / "events" / f"{self.event}.json", stack.ROOT / "traffic" / f"{self.traffic}.json"


EXAMPLES = {
    "steady": Example("deploy_steady", "daily"),
    "bursty": Example("deploy_bursty", "daily"),
    "off-hours": Example("deploy_off_hours", "daily"),
    "to-zero": Example("deploy_to_zero", "batches"),
}


def files(preset: str) -> dict[str, Path]:
    """The picture of a preset in each theme."""
    return {theme: FOLDER / f"scaling-{preset}-{theme}.svg" for theme in chart.THEMES}


def drawn(rehearsal: Rehearsal) -> dict[str, str]:
    """The picture of a rehearsal with one resource in each theme."""
    ((last, whole),) = rehearsal.figures()
    return {theme: drawing.svg(last, whole, rehearsal.name, colours) for theme, colours in chart.THEMES.items()}


def stored(preset: str) -> Rehearsal:
    """The rehearsal of a preset, as it was played when its pictures were drawn."""
    return Rehearsal(preset, json.loads(gzip.decompress(_store(preset).read_bytes())))


def repeatable(results: dict[str, Any]) -> dict[str, Any]:
    """The results without what differs from run to run."""
    return {looks_at: _without_random(result) for looks_at, result in results.items()}


def _without_random(result: dict[str, Any]) -> dict[str, Any]:
    activities = [
        {name: UUID.sub("", value) for name, value in each.items() if name not in RANDOM}
        for each in result["activities"]
    ]
    return {**result, "activities": activities, "alarms": []}


def _store(preset: str) -> Path:
    return FOLDER / "played" / f"{preset}.json.gz"


def _played(preset: str) -> Iterator[Path]:
    """Play a preset again; yield its store if that has changed."""
    read = inputs.read(*EXAMPLES[preset].paths)
    results = repeatable(playing.rehearse(read, preset, read.event).results)
    store = _store(preset)
    if not store.exists() or stored(preset).results != results:
        store.parent.mkdir(exist_ok=True)
        store.write_bytes(gzip.compress(json.dumps(results).encode(), mtime=0))
        yield store


def _redrawn(preset: str) -> Iterator[Path]:
    """Draw what is stored; yield each picture that has changed."""
    for theme, made in drawn(stored(preset)).items():
        file = files(preset)[theme]
        if not file.exists() or file.read_text() != made:
            file.write_text(made)
            yield file


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.rehearse.pictures", description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET", help="only these presets (default: all)")
    parser.add_argument("--draw", action="store_true", help="only draw again what is stored")
    given = parser.parse_args()
    for preset in given.presets or EXAMPLES:
        for file in (*(() if given.draw else _played(preset)), *_redrawn(preset)):
            print(f"{file.relative_to(stack.ROOT)} was regenerated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
