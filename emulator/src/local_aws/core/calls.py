"""The call log: who called what on which resource, whether it was let through, and what came of it."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Literal

from local_aws.core import control
from local_aws.core.clock import clock
from local_aws.core.principals import Principal
from local_aws.core.wire import Call

Verdict = Literal["administrator", "allow", "deny", "unknown"]

KEPT_ENTRIES = 20_000
LONGEST_BLOB_BYTES = 10_000

_lock = threading.Lock()
_log: deque[dict[str, Any]] = deque(maxlen=KEPT_ENTRIES)


def record(
    call: Call | None, principal: Principal, action: str, resource: str, verdict: Verdict, *, derived: bool
) -> dict[str, Any]:
    """Log a permission check; returns the entry, which the call's outcome is added to.

    Each call has exactly one entry with `derived` false. What else the call needed, a second
    resource or a permission that AWS derives (`iam:PassRole`), follows with `derived` true.
    Without a call, a service checks a permission on its own.
    """
    prefix, name = action.split(":", 1)
    entry = {
        "time": clock.utc().isoformat(timespec="milliseconds"),
        "principal": principal.arn,
        "service": call.service if call else prefix,
        "operation": call.operation if call else name,
        "region": call.region if call else "",
        "action": action,
        "resource": resource,
        "verdict": verdict,
        "derived": derived,
        "parameters": _shown(call.parameters) if call else {},
    }
    if call:
        call.entries.append(entry)
    with _lock:
        _log.append(entry)
    return entry


def _shown(value: Any) -> Any:
    """The parameters as JSON can show them."""
    if isinstance(value, dict):
        return {key: _shown(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace") if len(value) <= LONGEST_BLOB_BYTES else f"<{len(value)} bytes>"
    return value


@control.route("GET", "calls")
def get_calls(_: None) -> list[dict[str, Any]]:
    with _lock:
        return [dict(entry) for entry in _log]


@control.route("DELETE", "calls")
def delete_calls(_: None) -> list[dict[str, Any]]:
    with _lock:
        _log.clear()
    return []
