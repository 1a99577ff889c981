"""Time to play a day and a week of traffic to an endpoint, against the same traffic without scaling."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench import processor
from bench.machine import Machine, deployed
from bench.table import Table
from tools import stack

ROUNDS = 3
HOURS = {"day": 24, "week": 168}
TRAFFIC = stack.ROOT / "traffic" / "daily.json"
# Payloads of events/, by what has to be evaluated.
FLOOR = "no scaling (floor)"
EVENTS = {
    FLOOR: "deploy_steady",
    "alarms of 60 s (steady)": "deploy_steady",
    "of 10 s as well (bursty)": "deploy_bursty",
}


@dataclass(frozen=True)
class Played:
    """Seconds of a play: on the wall, and of the server's processor time."""

    wall: float
    processor: float


def table() -> Table:
    """Deploy each payload on a local AWS of its own, and play both lengths in turn, several rounds.

    Raises
    ------
    DeploymentFailedError
        If a deployment does not succeed.
    """
    found = {name: _of_payload(name) for name in EVENTS}
    floor = found[FLOOR]
    return Table(
        title="Rehearsal of a day and a week",
        columns=["", *(f"{each} {unit}" for each in HOURS for unit in ("s", "CPU s", "ratio"))],
        rows=[[name, *_cells(plays, floor)] for name, plays in found.items()],
        reading=(
            f"Medians of {ROUNDS} plays of traffic/daily.json, which `make rehearse` plays for two assumptions at the "
            "same time, after it has started a local AWS for each and has deployed Slipway and the payload. CPU is "
            "that of the server; the ratio is to the floor, the same traffic to an endpoint that is not scaled, for "
            "which only metrics are computed."
        ),
    )


def _of_payload(name: str) -> dict[str, Played]:
    """The median play of each length."""
    with deployed() as machine:
        event = _event(name)
        machine.finish(machine.send(event))
        rounds = [{each: _played(machine, event["endpointName"], each) for each in HOURS} for _ in range(ROUNDS)]
    return {each: _median([plays[each] for plays in rounds]) for each in HOURS}


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((stack.ROOT / "events" / f"{EVENTS[name]}.json").read_text())
    if name == FLOOR:
        del event["autoscaling"]
    return event


def _played(machine: Machine, endpoint_name: str, length: str) -> Played:
    traffic = {**json.loads(TRAFFIC.read_text()), "endpointName": endpoint_name, "hours": HOURS[length]}
    del traffic["start"]  # from now on, one play after another
    processor_began, began = processor.seconds(machine.aws.pid), time.perf_counter()
    machine.aws.post("traffic", traffic)
    return Played(time.perf_counter() - began, processor.seconds(machine.aws.pid) - processor_began)


def _median(plays: list[Played]) -> Played:
    return Played(median(each.wall for each in plays), median(each.processor for each in plays))


def _cells(plays: dict[str, Played], floor: dict[str, Played]) -> list[str]:
    cells = []
    for length, played in plays.items():
        ratio = played.processor / floor[length].processor
        cells += [f"{played.wall:.2f}", f"{played.processor:.2f}", f"{ratio:.1f}"]
    return cells
