"""Records that Lambda adds to a function's log, as text or JSON.

Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs" and the Telemetry API's schema
reference.
"""

from __future__ import annotations

import json
import math
import platform
from dataclasses import dataclass
from typing import Any

from local_aws.awslambda.outcome import Outcome
from local_aws.awslambda.revision import Revision
from local_aws.core import partition
from local_aws.core.clock import clock


@dataclass(frozen=True)
class Measured:
    """Real durations and memory of an invocation; None if not measured."""

    duration_ms: float
    init_ms: float | None
    memory_mb: int | None


def init_start(revision: Revision) -> list[str]:
    """Records before the output of the initialisation. They name the Python that really runs."""
    version = f"python:{platform.python_version()}"
    arn = f"arn:{partition.NAME}:lambda:{revision.region}::runtime:local"
    if not revision.logging.json:
        return [f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}"]
    record = {"initializationType": "on-demand", "phase": "init", "runtimeVersion": version, "runtimeVersionArn": arn}
    return _platform(revision, "initStart", record)


def start(revision: Revision, request_id: str) -> list[str]:
    """Records before the output of the invocation."""
    if not revision.logging.json:
        return [f"START RequestId: {request_id} Version: {revision.version}"]
    return _platform(revision, "start", {"requestId": request_id, "version": revision.version})


def end(revision: Revision, request_id: str, outcome: Outcome, measured: Measured) -> list[str]:
    """Records after the output of the invocation: a failure, END and REPORT."""
    if revision.logging.json:
        return _json_end(revision, request_id, outcome, measured)
    return [
        *_failure(request_id, outcome),
        f"END RequestId: {request_id}",
        _report(revision, request_id, outcome, measured),
    ]


def _failure(request_id: str, outcome: Outcome) -> list[str]:
    """The record of a failure that the runtime client could not report, because it was ended."""
    if outcome.error_type not in ("Sandbox.Timedout", "Runtime.ExitError"):
        return []
    message = json.loads(outcome.payload)["errorMessage"]
    if outcome.status == "timeout":
        return [f"{_now()} {request_id} {message.partition('Error: ')[2]}"]
    return [message, outcome.error_type]


def _report(revision: Revision, request_id: str, outcome: Outcome, measured: Measured) -> str:
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {measured.duration_ms:.2f} ms",
        f"Billed Duration: {_billed_ms(measured)} ms",
        f"Memory Size: {revision.memory_mb} MB",
    ]
    if measured.memory_mb is not None:
        fields.append(f"Max Memory Used: {measured.memory_mb} MB")
    if measured.init_ms is not None:
        fields.append(f"Init Duration: {measured.init_ms:.2f} ms")
    if outcome.status != "success":
        fields.append(f"Status: {outcome.status}")
    if outcome.status == "error":
        fields.append(f"Error Type: {outcome.error_type}")
    return "\t".join(fields)


def _json_end(revision: Revision, request_id: str, outcome: Outcome, measured: Measured) -> list[str]:
    metrics = {
        "durationMs": round(measured.duration_ms, 3),
        "billedDurationMs": _billed_ms(measured),
        "memorySizeMB": revision.memory_mb,
        "maxMemoryUsedMB": measured.memory_mb,
        "initDurationMs": measured.init_ms and round(measured.init_ms, 3),
    }
    record = {
        "requestId": request_id,
        "metrics": {name: value for name, value in metrics.items() if value is not None},
        "status": outcome.status,
        **({"errorType": outcome.error_type} if outcome.status == "error" else {}),
    }
    return _platform(revision, "report", record, failed=outcome.status != "success")


def _platform(revision: Revision, event: str, record: dict[str, Any], *, failed: bool = False) -> list[str]:
    """The record, if the function's system log level includes it: WARN includes only failures."""
    if revision.logging.system_level == "WARN" and not failed:
        return []
    return [json.dumps({"time": _now(), "type": f"platform.{event}", "record": record})]


def _billed_ms(measured: Measured) -> int:
    """Whole milliseconds. The initialisation is billed, too, since August 2025 (AWS compute blog)."""
    return math.ceil(measured.duration_ms + (measured.init_ms or 0))


def _now() -> str:
    return clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
