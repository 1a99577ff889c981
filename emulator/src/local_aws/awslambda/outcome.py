"""Outcome of an invocation, in AWS's words."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import Literal

from local_aws.awslambda.revision import MEBIBYTE
from local_aws.awslambda.runtime_api import Report

RESPONSE_LIMIT_BYTES = 6 * MEBIBYTE + 100  # Lambda developer guide, quotas; the number of its own error message


@dataclass(frozen=True)
class Outcome:
    """The caller's answer; `error_type` is None if the function succeeded."""

    payload: bytes
    error_type: str | None = None
    status: Literal["success", "error", "timeout"] = "success"


def outcome_of(report: Report, request_id: str, timeout_seconds: float) -> Outcome:
    """The outcome of an invocation whose environment's last report is `report`."""
    match report.kind:
        case "response" if len(report.payload) > RESPONSE_LIMIT_BYTES:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes)."
            return _failure("Function.ResponseSizeTooLarge", message)
        case "response":
            return Outcome(report.payload)
        case "exited":
            return _failure("Runtime.ExitError", f"RequestId: {request_id} Error: {_reason(report.exit_status)}")
        case "timeout":
            message = f"RequestId: {request_id} Error: Task timed out after {timeout_seconds:.2f} seconds"
            return Outcome(_error("Sandbox.Timedout", message), "Sandbox.Timedout", "timeout")
        case _:
            return Outcome(report.payload, json.loads(report.payload)["errorType"], "error")


def _failure(error_type: str, message: str) -> Outcome:
    return Outcome(_error(error_type, message), error_type, "error")


def _error(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()


def _reason(exit_status: int) -> str:
    if exit_status == 0:
        return "Runtime exited without providing a reason"
    if exit_status < 0:
        return f"Runtime exited with error: signal: {_SIGNALS.get(-exit_status, str(-exit_status))}"
    return f"Runtime exited with error: exit status {exit_status}"


_SIGNALS: dict[int, str] = {  # the wording of the Go runtime, in which AWS's platform is written
    signal.SIGABRT: "aborted",
    signal.SIGINT: "interrupt",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
}
