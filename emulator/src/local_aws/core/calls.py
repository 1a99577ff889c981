"""The call log: caller, call, resource, verdict and error."""

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
    """Log a permission check. Return the entry, to which the call's error is added.

    Each call has exactly one entry with `derived` false. Further permissions, for a second resource or derived by AWS
    (`iam:PassRole`), have `derived` true. Without a call, a service checks a permission on its own.
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
    """The parameters in a form that JSON can have."""
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
