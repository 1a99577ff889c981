"""EventBridge: rules match as AWS matches, and every target is called as AWS calls it.

moto matches patterns with an algorithm of its own, accepts broken ones, and raises
`NotImplementedError` for a target that is a state machine, a function or a topic.
"""

from __future__ import annotations

from typing import Any

from emulator import control
from emulator.control import BadControlRequestError
from emulator.events import api, bus
from emulator.partition import REGION

__all__ = ["emit", "install"]


def install() -> None:
    """Put EventBridge's own rules into moto."""
    api.install()


def emit(region: str, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Put an event of an AWS service on the default bus of `region`; returns before any target is called.

    The event's time is the virtual clock's, its account the emulated one.
    """
    event = {"source": source, "detail-type": detail_type, "resources": resources, "detail": detail}
    bus.publish(bus.complete(event, region))


@control.route("POST", "events")
def post_events(body: Any) -> dict[str, list[str]]:
    """Put events on the default bus as AWS's services emit them, with whatever they lack of id, time and so on.

    Answers when every target has been called once, so that whoever posted sees what came of it.
    """
    needed = {"source": str, "detail-type": str, "detail": dict}
    for event in body if isinstance(body, list) else [None]:
        if not isinstance(event, dict) or not all(isinstance(event.get(name), kind) for name, kind in needed.items()):
            raise BadControlRequestError('the body is [{"source": "…", "detail-type": "…", "detail": {…}}, …]')
    events = [bus.complete(event, REGION) for event in body]
    for thread in [thread for event in events for thread in bus.publish(event)]:
        thread.join()
    return {"eventIds": [event["id"] for event in events]}
