"""One invocation of a function, from the event to the outcome."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

from moto.awslambda.models import LambdaFunction

from local_aws.awslambda import records
from local_aws.awslambda.environment import Environment
from local_aws.awslambda.fleet import fleet
from local_aws.awslambda.outcome import Outcome, outcome_of
from local_aws.awslambda.runtime_api import Event, Report
from local_aws.awslambda.telemetry import telemetry
from local_aws.awslambda.tracing import Trace

INIT_SECONDS = 10  # Lambda developer guide, "Understanding the Lambda execution environment lifecycle"


@dataclass(frozen=True)
class Invocation:
    """Input of an invocation; `arn` is the invoked one, with its alias or version.

    `trace` is the caller's X-Ray header, `client_context` the JSON text that the SDK sent.
    """

    function: LambdaFunction
    arn: str
    payload: bytes
    trace: str | None = None
    client_context: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Result:
    """Result of an invocation; `log` has the messages from START to REPORT."""

    invocation: Invocation
    outcome: Outcome
    log: list[str]


def run(invocation: Invocation) -> Result:
    """Let the function handle the event, in real time.

    The caller counts the invocation (`fleet.enter`) if the function has a concurrency limit.
    """
    environment = fleet.acquire(invocation.function)
    revision = environment.revision
    is_cold = environment.init_ms is None
    ready = environment.initialise(INIT_SECONDS)
    init_log = environment.logbook.new_messages()
    init_ms = environment.init_ms if is_cold else None
    trace = Trace.of(invocation.trace, active=revision.traced)

    started_at = time.monotonic()
    report = _handle(environment, ready, invocation, trace)
    duration_ms = (time.monotonic() - started_at) * 1000

    outcome = outcome_of(report, invocation.request_id, revision.timeout_seconds)
    measured = records.Measured(duration_ms, init_ms, environment.memory_used_mb())
    log = [
        *records.start(revision, invocation.request_id),
        *environment.logbook.new_messages(),
        *records.end(revision, invocation.request_id, outcome, measured),
    ]
    fleet.release(environment, reusable=report.kind in ("response", "error"))
    segment = trace.segment(revision, invocation.request_id, outcome) if revision.traced and trace.sampled else None
    telemetry.enqueue(environment, [*(records.init_start(revision) if is_cold else []), *init_log, *log], segment)
    return Result(invocation, outcome, [*init_log, *log])


def _handle(environment: Environment, ready: Report, invocation: Invocation, trace: Trace) -> Report:
    """The environment's report. An initialisation that takes too long is repeated within the invocation."""
    timeout_seconds = float(environment.revision.timeout_seconds)
    if ready.kind == "timeout":
        started_at = time.monotonic()
        environment.restart()
        ready = environment.initialise(timeout_seconds)
        timeout_seconds -= time.monotonic() - started_at
    if ready.kind != "ready":
        return ready
    return environment.handle(_event(invocation, trace), timeout_seconds)


def _event(invocation: Invocation, trace: Trace) -> Event:
    headers = {
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
        "Lambda-Runtime-Trace-Id": trace.header,
    }
    if invocation.client_context:
        headers["Lambda-Runtime-Client-Context"] = invocation.client_context
    return Event(invocation.request_id, invocation.payload, headers)
