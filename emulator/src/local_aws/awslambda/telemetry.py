"""Logs and traces of functions, sent to CloudWatch Logs and X-Ray as the function's role.

On AWS a log event can appear seconds after the invocation. Here readers wait for pending log events (`flush`), so
that they read complete logs. The virtual clock does not wait: each log event carries its time.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from local_aws.awslambda.environment import Environment
from local_aws.core import clients, principals
from local_aws.core.clock import clock

_logger = logging.getLogger(__name__)

BATCH_SECONDS = 1.0  # real time; one call for ten invocations costs the same as for one
EVENTS_PER_CALL = 1_000  # limits of PutLogEvents: 10,000 and 1 MB; a thousand ordinary lines are well below both
SEGMENTS_PER_CALL = 50  # limit of PutTraceSegments


@dataclass(frozen=True)
class _Writer:
    """The role that writes."""

    region: str
    role_arn: str
    function_name: str

    def client(self, service: str) -> Any:
        return clients.client(service, self.region, principals.role_session(self.role_arn, self.function_name))


@dataclass(frozen=True)
class _Stream:
    """A log stream and its writer."""

    writer: _Writer
    group: str
    name: str


@dataclass(frozen=True)
class _Output:
    """Logs and trace of one invocation."""

    stream: _Stream
    events: list[dict[str, Any]]
    segment: str | None


class Telemetry:
    """One thread that sends what `enqueue` receives."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Output] = []
        self._handed_over = self._sent = self._readers = 0
        self._known_streams: set[_Stream] = set()
        self._thread: threading.Thread | None = None

    def enqueue(self, environment: Environment, messages: list[str], segment: str | None) -> None:
        """Queue `messages` for the environment's log stream and the trace segment for X-Ray."""
        revision = environment.revision
        writer = _Writer(revision.region, revision.role_arn, revision.name)
        with self._changed:
            # under the lock, so that the queue is chronological, as PutLogEvents requires
            timestamp_ms = int(clock.now() * 1000)
            events = [{"timestamp": timestamp_ms, "message": text} for text in messages]
            stream = _Stream(writer, revision.logging.group, environment.log_stream)
            self._waiting.append(_Output(stream, events, segment))
            self._handed_over += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lambda-telemetry", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything that is queued has been sent."""
        with self._changed:
            handed_over = self._handed_over
            self._readers += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._sent >= handed_over)
            self._readers -= 1

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                self._changed.wait_for(lambda: self._readers > 0, BATCH_SECONDS)
                outputs, self._waiting = self._waiting, []
            for send in self._calls(outputs):
                try:
                    send()
                except ClientError as error:
                    # On AWS, too, a function whose role cannot write its log runs without one.
                    _logger.warning("telemetry is lost: %s", error)
                except (ConnectionClosedError, EndpointConnectionError):
                    continue  # the server ends, and all logs with it
            with self._changed:
                self._sent += len(outputs)
                self._changed.notify_all()

    def _calls(self, outputs: list[_Output]) -> list[Callable[[], None]]:
        """The API calls: one per stream and one for each role's traces."""
        events: defaultdict[_Stream, list[dict[str, Any]]] = defaultdict(list)
        segments: defaultdict[_Writer, list[str]] = defaultdict(list)
        for output in outputs:
            events[output.stream] += output.events
            if output.segment is not None:
                segments[output.stream.writer].append(output.segment)
        return [
            *(partial(self._put_events, stream, each) for stream, each in events.items()),
            *(partial(_put_segments, writer, each) for writer, each in segments.items()),
        ]

    def _put_events(self, stream: _Stream, events: list[dict[str, Any]]) -> None:
        logs = stream.writer.client("logs")
        if stream not in self._known_streams:
            _create(logs, stream)
            self._known_streams.add(stream)
        try:
            for first in range(0, len(events), EVENTS_PER_CALL):
                some = events[first : first + EVENTS_PER_CALL]
                logs.put_log_events(logGroupName=stream.group, logStreamName=stream.name, logEvents=some)
        except logs.exceptions.ResourceNotFoundException:  # it was deleted; the next invocation creates it again
            self._known_streams.discard(stream)
            raise


def _create(logs: Any, stream: _Stream) -> None:
    names = {"logGroupName": stream.group, "logStreamName": stream.name}
    try:
        logs.create_log_stream(**names)
    except logs.exceptions.ResourceNotFoundException:
        logs.create_log_group(logGroupName=stream.group)
        logs.create_log_stream(**names)


def _put_segments(writer: _Writer, segments: list[str]) -> None:
    for first in range(0, len(segments), SEGMENTS_PER_CALL):
        writer.client("xray").put_trace_segments(TraceSegmentDocuments=segments[first : first + SEGMENTS_PER_CALL])


telemetry = Telemetry()
