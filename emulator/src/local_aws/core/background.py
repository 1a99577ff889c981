"""Work that a service does on its own time, after it has answered: time stands still until it is done, too."""

from __future__ import annotations

import threading
from collections.abc import Callable

from local_aws.core.clock import clock


def run(action: Callable[[], None]) -> threading.Thread:
    """Run `action` on a thread of its own, busy from this very moment, so that no time passes in between."""

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
    """Run `action` so when `seconds` have passed on the clock."""

    def start() -> None:
        run(action)

    clock.call_later(seconds, start)
