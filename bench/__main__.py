"""`python -m bench`: run all or some benchmarks and print their tables; `--write` writes docs/bench.md."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from bench import artifact, cold_start, history, measured_costs, parallel, startup
from bench.table import Table
from tools.stack import ROOT

BENCHMARKS: dict[str, Callable[[], Table]] = {
    "costs": measured_costs.table,
    "history": history.table,
    "cold-start": cold_start.table,
    "artifact": artifact.table,
    "start-up": startup.table,
    "parallel": parallel.table,
}
REPORT = ROOT / "docs" / "bench.md"


def report(tables: list[Table]) -> str:
    """docs/bench.md: the figures with their day and machine."""
    machine = f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}"
    head = f"""# Benchmarks

Figures of {datetime.datetime.now(datetime.UTC).date()} on {machine}. `make bench` measures again and writes this page.
Deployment costs are computed and do not depend on the machine. All other figures do: compare the ratios.
"""
    return "\n".join([head, *(f"## {table.title}\n\n{table.markdown()}\n" for table in tables)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="|".join(BENCHMARKS))
    parser.add_argument("--write", action="store_true", help="write docs/bench.md; only with all benchmarks")
    arguments = parser.parse_args()
    if arguments.write and arguments.names:
        parser.error("--write needs all benchmarks")
    tables = []
    for name in arguments.names or BENCHMARKS:
        tables.append(BENCHMARKS[name]())
        print(tables[-1].text(), end="\n\n\n", flush=True)
    if arguments.write:
        write(REPORT, report(tables))
    return 0


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
