"""Wait for background work of the local AWS."""

import time
from collections.abc import Callable
from typing import TypeVar

GIVE_UP_SECONDS = 60.0
# Each check is a request: too many take the processor from the work that they wait for.
LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS, PART_OF_TIME_WAITED = 0.02, 0.25, 0.15

Found = TypeVar("Found")


def until(holds: Callable[[], Found]) -> Found:
    """Wait until `holds` returns a true value, and return it.

    Raises
    ------
    TimeoutError
        If it does not within `GIVE_UP_SECONDS`.
    """
    began = time.monotonic()
    while not (found := holds()):
        waited_seconds = time.monotonic() - began
        if waited_seconds > GIVE_UP_SECONDS:
            raise TimeoutError(f"not within {GIVE_UP_SECONDS:g} s: {holds}")
        time.sleep(min(max(waited_seconds * PART_OF_TIME_WAITED, LEAST_PAUSE_SECONDS), MOST_PAUSE_SECONDS))
    return found
