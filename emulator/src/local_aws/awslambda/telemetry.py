"""Logs and traces of functions on their way to CloudWatch Logs and X-Ray, sent as the function's role.

On AWS a log event may be read seconds after the invocation has ended. Here whoever reads
waits for what is on its way (`flush`), so that what is read is always complete. The virtual clock
does not wait: every log event carries its time.
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

BATCH_SECONDS = 0.1  # of real time; a call costs 5 ms, the same for one invocation as for ten
EVENTS_PER_CALL = 1_000  # PutLogEvents takes 10,000 and 1 MB; a thousand ordinary lines are well below both
SEGMENTS_PER_CALL = 50  # PutTraceSegments takes no more


@dataclass(frozen=True)
class _Writer:
    """On whose behalf something is written."""

    region: str
    role_arn: str
    function_name: str

    def client(self, service: str) -> Any:
        return clients.client(service, self.region, principals.role_session(self.role_arn, self.function_name))


@dataclass(frozen=True)
class _Stream:
    """A log stream and who writes it."""

    writer: _Writer
    group: str
    name: str


@dataclass(frozen=True)
class _Parcel:
    """What one invocation leaves behind."""

    stream: _Stream
    events: list[dict[str, Any]]
    segment: str | None


class Telemetry:
    """One thread that sends what `hand_over` gives it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Parcel] = []
        self._handed_over = self._sent = self._readers = 0
        self._known_streams: set[_Stream] = set()
        self._thread: threading.Thread | None = None

    def hand_over(self, environment: Environment, messages: list[str], segment: str | None) -> None:
        """Have `messages` written to the environment's log stream and the trace segment, if any, to X-Ray, soon."""
        revision = environment.revision
        writer = _Writer(revision.region, revision.role_arn, revision.name)
        with self._changed:
            # told under the lock: who comes first is written first, for PutLogEvents takes chronological order only
            timestamp_ms = int(clock.now() * 1000)
            events = [{"timestamp": timestamp_ms, "message": text} for text in messages]
            stream = _Stream(writer, revision.logging.group, environment.log_stream)
            self._waiting.append(_Parcel(stream, events, segment))
            self._handed_over += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lambda-telemetry", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all that was handed over before has been sent."""
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
                parcels, self._waiting = self._waiting, []
            for send in self._calls(parcels):
                try:
                    send()
                except ClientError as error:
                    # On AWS, too, a function whose role may not write its log runs without one.
                    _logger.warning("telemetry is lost: %s", error)
                except (ConnectionClosedError, EndpointConnectionError):
                    continue  # the emulator ends, and all logs with it
            with self._changed:
                self._sent += len(parcels)
                self._changed.notify_all()

    def _calls(self, parcels: list[_Parcel]) -> list[Callable[[], None]]:
        """The calls to make: one for each stream and one for each role's traces."""
        events: defaultdict[_Stream, list[dict[str, Any]]] = defaultdict(list)
        segments: defaultdict[_Writer, list[str]] = defaultdict(list)
        for parcel in parcels:
            events[parcel.stream] += parcel.events
            if parcel.segment is not None:
                segments[parcel.stream.writer].append(parcel.segment)
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
        except logs.exceptions.ResourceNotFoundException:  # somebody deleted it; the next invocation makes it anew
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
