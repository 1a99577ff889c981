"""Events that are set when an execution ends."""

from __future__ import annotations

import threading

from local_aws.core.clock import Event

_lock = threading.Lock()
_by_arn: dict[str, Event] = {}


def ended(execution_arn: str) -> Event:
    """Set when the execution has ended."""
    with _lock:
        return _by_arn.setdefault(execution_arn, Event())
