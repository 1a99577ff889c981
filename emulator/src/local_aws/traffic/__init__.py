"""Traffic of clients that a test or a person describes, played on the virtual clock.

``POST /_emulator/traffic`` plays it: metrics are computed, alarms evaluated, and scheduled actions run, only until its
end. The result says for each minute what was asked, what served, and what was wanted. Invocations by real clients count
as well while it plays.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from local_aws import cloudwatch
from local_aws.core import background, control
from local_aws.core.clock import clock
from local_aws.core.operations import lock
from local_aws.core.partition import REGION
from local_aws.traffic import description, serving
from local_aws.traffic.assumptions import Assumptions
from local_aws.traffic.description import Description
from local_aws.traffic.player import Play, StepListener, queue
from local_aws.traffic.reading import fault

__all__ = ["Assumptions", "assumptions", "count", "each_step", "install", "queue"]

_listeners: list[StepListener] = []
_plays_lock = threading.Lock()
_playing: Play | None = None
_last: Play | None = None


def install() -> None:
    """Record the changes of alarms while traffic plays."""
    cloudwatch.when_changed(_on_change)


def each_step(listener: StepListener) -> None:
    """Call `listener` with the time on every full minute that is played.

    It is called every ten seconds while an alarm with a period of seconds exists.
    """
    _listeners.append(listener)


def assumptions() -> Assumptions:
    """The assumptions of the traffic that plays, otherwise the defaults."""
    playing = _playing
    return playing.described.assumptions if playing else Assumptions()


def count(endpoint_name: str, variant_name: str, latency_seconds: float) -> None:
    """Count an invocation by a real client, if traffic of its endpoint plays."""
    playing = _playing
    if playing and playing.described.endpoint_name == endpoint_name:
        playing.count(variant_name, latency_seconds)


def _on_change(change: cloudwatch.Change) -> None:
    playing = _playing
    if playing:
        playing.on_change(change)


@control.route("POST", "traffic")
def post_traffic(body: Any) -> dict[str, Any]:
    """Play traffic; answer with the result when it has ended, in mode `real` at once."""
    described = description.parsed(body, clock.now())
    _require_endpoint(described)
    play = _begin(described)
    if clock.mode == "real":
        background.run(lambda: _run(play))
    else:
        with clock.busy():
            _run(play)
    return play.result()


@control.route("GET", "traffic")
def get_traffic(_: None) -> dict[str, Any]:
    """Return the result of the traffic that plays, or of the last."""
    return _described_last()


@control.route("DELETE", "traffic")
def delete_traffic(_: None) -> dict[str, Any]:
    """Stop the traffic that plays."""
    playing = _playing
    if playing:
        playing.stop()
    return _described_last()


def _begin(described: Description) -> Play:
    global _playing, _last
    with _plays_lock:
        if _playing:
            name = _playing.described.endpoint_name
            raise fault("", f"traffic of {name} is playing; wait for its end, or stop it with DELETE")
        _playing = _last = Play(DEFAULT_ACCOUNT_ID, REGION, described, _listeners)
        return _playing


def _run(play: Play) -> None:
    global _playing
    try:
        play.run()
    finally:
        _playing = None


def _require_endpoint(described: Description) -> None:
    with lock:
        endpoint = serving.endpoint_of(DEFAULT_ACCOUNT_ID, REGION, described.endpoint_name)
        if endpoint is None:
            raise fault(
                "/endpointName", f"no endpoint {described.endpoint_name} in account {DEFAULT_ACCOUNT_ID}, {REGION}"
            )
        pending = endpoint.pending.variants if endpoint.pending else []
        known = sorted({variant.name for variant in (*endpoint.variants, *pending)})
        components = [component.name for component in serving.components_of(endpoint)]
    for name in described.components:
        if name not in components:
            use = f". Use: {', '.join(components)}" if components else ""
            raise fault(f"/inferenceComponents/{name}", f"the endpoint has no such inference component{use}")
    for name in described.variants:
        if name not in known:
            raise fault(f"/variants/{name}", f"the endpoint has no such variant. Use: {', '.join(known)}")


def _described_last() -> dict[str, Any]:
    last = _last
    return {**last.result(), "playing": last is _playing} if last else {"playing": False}
