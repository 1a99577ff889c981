"""Pictures of the presets in docs/scaling.md: `python -m tools.rehearse.pictures`; `--check` changes nothing."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import stack
from tools.rehearse import chart, drawing, inputs, playing
from tools.rehearse.playing import LAST

FOLDER = stack.ROOT / "docs"
REMEDY = "Run `make docs` and commit its changes."


@dataclass(frozen=True)
class Example:
    """A payload of `events/`, and the traffic of `traffic/` that is played to it."""

    event: str
    traffic: str


EXAMPLES = {
    "steady": Example("deploy_steady", "daily"),
    "bursty": Example("deploy_bursty", "daily"),
    "off-hours": Example("deploy_off_hours", "daily"),
    "to-zero": Example("deploy_to_zero", "batches"),
}


def files(preset: str) -> dict[str, Path]:
    """The picture of a preset in each theme."""
    return {theme: FOLDER / f"scaling-{preset}-{theme}.svg" for theme in chart.THEMES}


def drawn(preset: str) -> dict[Path, str]:
    """The pictures of a preset, played anew."""
    example = EXAMPLES[preset]
    read = inputs.read(
        stack.ROOT / "events" / f"{example.event}.json", stack.ROOT / "traffic" / f"{example.traffic}.json"
    )
    rehearsal = playing.rehearse(read, preset, read.event)
    ((last, whole),) = rehearsal.figures()
    result = rehearsal.results[LAST]
    return {
        file: drawing.svg(last, whole, preset, result, chart.THEMES[theme]) for theme, file in files(preset).items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.rehearse.pictures", description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET", help="only these presets (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a picture is stale")
    arguments = parser.parse_args()
    stale = []
    for preset in arguments.presets or EXAMPLES:
        for file, made in drawn(preset).items():
            if not file.exists() or file.read_text() != made:
                stale.append(file)
                if not arguments.check:
                    file.write_text(made)
    for file in stale:
        print(f"{file.relative_to(stack.ROOT)} {'is stale' if arguments.check else 'was regenerated'}")
    if stale and arguments.check:
        print(REMEDY, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
