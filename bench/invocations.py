"""Processor time of an invocation on the local AWS, against an empty answer of the same server."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench import hosting, processor
from bench.hosting import Caller
from bench.table import Table
from local_aws import ACCOUNT_ID, LocalAws

REQUESTS = 2000
ROUNDS = 5
CONNECTIONS = 4
BODY = b"5.1,3.5,1.4,0.2\n"
IMAGE = f"{ACCOUNT_ID}.dkr.ecr.eu-west-1.amazonaws.com/none:1"


def table() -> Table:
    """Measure each kind of request in turn, several rounds."""
    kinds: dict[str, Callable[[Caller], tuple[int, bytes]]] = {
        "empty answer (floor)": lambda caller: caller.get("/_emulator/health"),
        "InvokeEndpoint, answer set": lambda caller: caller.invoke(),
    }
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    with LocalAws() as aws:
        hosting.make_role(aws)
        hosting.make_config(aws, "set", Image=IMAGE)
        hosting.make_endpoint(aws, "set", "set")
        aws.post("sagemaker/answers", [{"endpointName": "set", "body": "setosa"}])
        callers = [Caller(aws, "set", BODY) for _ in range(CONNECTIONS)]
        for _ in range(ROUNDS):
            for kind, request in kinds.items():
                found[kind].append(_measured(aws, callers, request))
    floor = median(milliseconds for _, milliseconds in next(iter(found.values())))
    return Table(
        title="Invocations of an endpoint of the local AWS",
        columns=["", "requests a second", "CPU ms", "ratio"],
        rows=[_row(kind, figures, floor) for kind, figures in found.items()],
        reading=(
            f"Medians of {ROUNDS} rounds with {REQUESTS} requests each on {CONNECTIONS} connections, with the headers "
            "of boto3. CPU is that of the server for one request; the ratio is to the floor, an empty answer of the "
            "same server. The clients use processor time, too: on one processor they halve the rate."
        ),
    )


def _measured(
    aws: LocalAws, callers: list[Caller], request: Callable[[Caller], tuple[int, bytes]]
) -> tuple[float, float]:
    """Requests a second, and the server's milliseconds of processor time for each."""

    def call(caller: Caller) -> None:
        for _ in range(REQUESTS // len(callers)):
            status, _body = request(caller)
            assert status == 200

    processor_began, began = processor.seconds(aws.pid), time.perf_counter()
    with ThreadPoolExecutor(len(callers)) as threads:
        list(threads.map(call, callers))
    seconds = time.perf_counter() - began
    return REQUESTS / seconds, (processor.seconds(aws.pid) - processor_began) / REQUESTS * 1000


def _row(kind: str, figures: list[tuple[float, float]], floor: float) -> list[str]:
    rate, milliseconds = (median(values) for values in zip(*figures, strict=True))
    return [kind, f"{rate:.0f}", f"{milliseconds:.2f}", f"{milliseconds / floor:.1f}"]
