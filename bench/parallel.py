"""Wall time and memory of concurrent deployments on the local AWS."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from bench import memory
from bench.machine import Machine, deployed
from bench.table import Table

COUNTS = (1, 10, 50, 200)
CLIENTS = 8


def table() -> Table:
    """Deploy once to warm up, then run each number of concurrent deployments in `COUNTS`.

    Raises
    ------
    DeploymentFailedError
        If a deployment does not succeed.
    """
    with deployed() as machine:
        run(machine, 1, "warm-up")
        rows = [run(machine, count, f"parallel-{count}") for count in COUNTS]
    return Table(
        title="Concurrent deployments on the local AWS",
        columns=["", "wall s", "a second", "peak MiB", "processes"],
        rows=rows,
        reading=(
            "After one deployment to warm up; from the first StartExecution to the last success, all succeeded. Memory "
            "is that of the emulator and its Lambda processes together, with shared pages counted in each."
        ),
    )


def run(machine: Machine, count: int, name: str) -> list[str]:
    """A row: `count` concurrent deployments."""
    with memory.watched(machine.aws.pid) as peak, ThreadPoolExecutor(min(count, CLIENTS)) as clients:
        began = time.perf_counter()
        started = list(clients.map(machine.start, [f"{name}-{number}" for number in range(count)]))
        for execution in started:
            machine.finish(execution)
        seconds = time.perf_counter() - began
    return [str(count), f"{seconds:.2f}", f"{count / seconds:.2f}", f"{peak.bytes / 2**20:.0f}", str(peak.processes)]
