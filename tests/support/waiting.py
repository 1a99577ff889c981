"""Waiting for what the local AWS does in the background."""

import time
from collections.abc import Callable
from typing import TypeVar

GIVE_UP_SECONDS = 60.0
# A look is a request. Without a pause, looking takes the processor from what is waited for.
PAUSE_SECONDS = 0.01

Found = TypeVar("Found")


def until(holds: Callable[[], Found]) -> Found:
    """What `holds` returns once it is true.

    Raises
    ------
    TimeoutError
        When it is not within `GIVE_UP_SECONDS`.
    """
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while not (found := holds()):
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"not within {GIVE_UP_SECONDS:g} s: {holds}")
        time.sleep(PAUSE_SECONDS)
    return found
