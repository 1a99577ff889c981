"""Background work of a service after its answer. Virtual time stands still until it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable

from local_aws.core.clock import clock


def run(action: Callable[[], None]) -> threading.Thread:
    """Run `action` on a new thread that is busy at once, so that no virtual time passes in between."""

    def work() -> None:
        try:
            action()
        finally:
            clock.end()

    clock.begin()
    thread = threading.Thread(target=work, name=f"background {action}", daemon=True)
    thread.start()
    return thread


def run_later(seconds: float, action: Callable[[], None]) -> None:
    """Run `action` in the background after `seconds` of virtual time."""

    def start() -> None:
        run(action)

    clock.call_later(seconds, start)
