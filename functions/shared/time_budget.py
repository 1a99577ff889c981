"""Remaining time of a function, so that it stops before its timeout and reports what remains to do."""

import sys
from collections.abc import Callable
from dataclasses import dataclass


class OutOfTimeError(Exception):
    """There is not enough time to read everything."""


@dataclass(frozen=True)
class Budget:
    """Remaining part of a function's time limit.

    Attributes
    ----------
    remaining_milliseconds : callable
        `get_remaining_time_in_millis` of the Lambda context.
    """

    remaining_milliseconds: Callable[[], int]

    def allows(self, seconds: float) -> bool:
        """Whether more time than that is left."""
        return self.remaining_milliseconds() > 1000 * seconds


UNLIMITED = Budget(lambda: sys.maxsize)
