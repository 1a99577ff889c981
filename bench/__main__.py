"""`python -m bench`: run all or some benchmarks and print their tables; `--write` writes them to docs/bench.md."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from bench import artifact, cold_start, history, invocations, measured_costs, parallel, rehearsals, startup, updates
from bench.table import Table
from tools.stack import ROOT

BENCHMARKS: dict[str, Callable[[], Table]] = {
    "costs": measured_costs.table,
    "history": history.table,
    "cold-start": cold_start.table,
    "artifact": artifact.table,
    "start-up": startup.table,
    "parallel": parallel.table,
    "invocations": invocations.table,
    "updates": updates.table,
    "rehearsals": rehearsals.table,
}
REPORT = ROOT / "docs" / "bench.md"


HEAD = """# Benchmarks

`make bench` measures again and writes this page; `python -m bench NAME --write` does so for one part.
Deployment costs are computed and do not depend on the machine. All other figures do: compare the ratios.
"""
_PART = "\n## "


def report(tables: list[Table], written: str = "") -> str:
    """docs/bench.md: each part with its day and machine.

    Parts of the page as `written` before stay where they are, unless `tables` has them.
    """
    texts = [part for part in written.split(_PART)[1:] if part.split("\n", 1)[0]]
    parts = {part.split("\n", 1)[0]: part for part in texts}
    parts |= {table.title: _part(table) for table in tables}
    return _PART.join([HEAD, *(part.rstrip("\n") + "\n" for part in parts.values())])


def _part(table: Table) -> str:
    machine = f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}"
    figures = f"Figures of {datetime.datetime.now(datetime.UTC).date()} on {machine}."
    return f"{table.title}\n\n{table.markdown()}\n\n{figures}\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="|".join(BENCHMARKS))
    parser.add_argument("--write", action="store_true", help="write the tables to docs/bench.md")
    arguments = parser.parse_args()
    tables = []
    for name in arguments.names or BENCHMARKS:
        tables.append(BENCHMARKS[name]())
        print(tables[-1].text(), end="\n\n\n", flush=True)
    if arguments.write:
        kept = REPORT.read_text() if arguments.names else ""
        write(REPORT, report(tables, kept))
    return 0


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
