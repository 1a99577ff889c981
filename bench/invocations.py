"""Processor time of an invocation on the local AWS, against an empty answer of the same server."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from statistics import median

from bench import hosting, processor
from bench.hosting import Caller
from bench.table import Table
from local_aws import LocalAws

REQUESTS = 2000
ROUNDS = 5
CONNECTIONS = 4
BODY = b"5.1,3.5,1.4,0.2\n"
SCRIPT = """
def model_fn(folder):
    return "setosa"

def transform_fn(model, body, content_type, accept):
    return model, "text/plain"
"""
FLOOR = "empty answer (floor)"
Requests = Callable[[], None]


def table() -> Table:
    """Measure each kind of request in turn, several rounds."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with LocalAws() as aws:
        hosting.make_role(aws)
        for name in ("set", "container"):
            hosting.make_config(aws, name, **hosting.plain_python(aws, SCRIPT))
            hosting.make_endpoint(aws, name, name)
        aws.post("sagemaker/answers", [{"endpointName": "set", "body": "setosa"}])
        kinds = {
            FLOOR: _requests(aws, "set", lambda caller: caller.get("/_emulator/health")),
            "InvokeEndpoint, answer set": _requests(aws, "set", Caller.invoke),
            "InvokeEndpoint, container": _requests(aws, "container", Caller.invoke),
        }
        for _ in range(ROUNDS):
            for kind, requests in kinds.items():
                found[kind].append(_measured(aws, requests))
    floor = median(milliseconds for _, milliseconds in found[FLOOR])
    return Table(
        title="Invocations of an endpoint of the local AWS",
        columns=["", "requests a second", "CPU ms", "ratio"],
        rows=[_row(kind, figures, floor) for kind, figures in found.items()],
        reading=(
            f"Medians of {ROUNDS} rounds with {REQUESTS} requests each on {CONNECTIONS} connections, with the headers "
            "of boto3. CPU is that of the server for one request, without its containers; the ratio is to the floor, "
            "an empty answer of the same server. Clients and containers use processor time, too: the rate is that of "
            "all of them together."
        ),
    )


def _requests(aws: LocalAws, endpoint: str, request: Callable[[Caller], tuple[int, bytes]]) -> list[Requests]:
    """For each connection, a function that sends its part of the requests."""

    def of(caller: Caller) -> None:
        for _ in range(REQUESTS // CONNECTIONS):
            status, body = request(caller)
            if status != HTTPStatus.OK:
                raise RuntimeError(f"{endpoint} answers {status}: {body!r}")

    return [partial(of, Caller(aws, endpoint, BODY)) for _ in range(CONNECTIONS)]


def _measured(aws: LocalAws, requests: list[Requests]) -> tuple[float, float]:
    """Requests a second, and the server's milliseconds of processor time for each."""
    processor_began, began = processor.seconds(aws.pid), time.perf_counter()
    with ThreadPoolExecutor(len(requests)) as threads:
        for sending in [threads.submit(each) for each in requests]:
            sending.result()
    seconds = time.perf_counter() - began
    return REQUESTS / seconds, (processor.seconds(aws.pid) - processor_began) / REQUESTS * 1000


def _row(kind: str, figures: list[tuple[float, float]], floor: float) -> list[str]:
    rate, milliseconds = (median(values) for values in zip(*figures, strict=True))
    return [kind, f"{rate:.0f}", f"{milliseconds:.2f}", f"{milliseconds / floor:.1f}"]
