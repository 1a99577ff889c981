"""EventBridge: rules match as AWS matches, and every target is called as AWS calls it.

moto matches patterns with an algorithm of its own, accepts broken ones, and raises
`NotImplementedError` for a target that is a state machine, a function or a topic.
"""

from __future__ import annotations

from typing import Any

from emulator.events import bus

__all__ = ["emit"]


def emit(region: str, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Put an event of an AWS service on the default bus of `region`; returns before any target is called.

    The event's time is the virtual clock's, its account the emulated one.
    """
    bus.publish(
        bus.complete(
            {"source": source, "detail-type": detail_type, "region": region, "resources": resources, "detail": detail}
        )
    )
