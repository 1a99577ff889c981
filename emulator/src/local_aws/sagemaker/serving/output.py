"""Output of containers, sent to CloudWatch Logs as the model's role.

It is sent after a second. Readers of logs see all of it: they send what is pending first (`send_all`). An event has
the time at which the server saw the line, that is at the end of an invocation at the latest.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from typing import IO, Any

from botocore.exceptions import ClientError

from local_aws.core import clients, principals, processes
from local_aws.core.clock import clock
from local_aws.sagemaker.serving.artifacts import SESSION

BATCH_SECONDS = 1.0  # real time; one call for many invocations costs the same as for one
EVENTS_PER_CALL = 1_000  # limits of PutLogEvents: 10,000 and 1 MB

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
_outputs: set[Output] = set()


class Output:
    """Standard output and error of one container, and its log stream. The output is a file: a pipe could be full."""

    def __init__(self, region: str, role_arn: str | None, group: str, stream: str) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile("a+b", buffering=0, dir=processes.workspace())  # noqa: SIM115
        credentials = [principals.role_session(role_arn, SESSION)] if role_arn else []
        self._logs = clients.client("logs", region, *credentials)
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._lock = threading.Lock()
        self._read_bytes = 0
        self._timer: threading.Timer | None = None
        self._events: list[dict[str, Any]] = []
        with _lock:
            _outputs.add(self)

    def write(self, text: str) -> None:
        """Add lines of the local AWS's own, such as those of an installer."""
        self.file.write(text.encode() + b"\n")

    def collect(self) -> None:
        """Give the lines written so far the current time, and send them soon. Cheap if there are none."""
        with self._lock:
            self._collect()
            if self._events and self._timer is None:
                self._timer = threading.Timer(BATCH_SECONDS, self.send)
                self._timer.daemon = True
                self._timer.start()

    def send(self) -> None:
        """Send all lines written so far."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            self._collect()
            events, self._events = self._events, []
            try:
                for first in range(0, len(events), EVENTS_PER_CALL):
                    self._put(events[first : first + EVENTS_PER_CALL])
            except ClientError as error:
                # On AWS, too, a container whose role must not write its log runs without one.
                _logger.warning("output of a container is lost: %s", error)

    def close(self) -> None:
        """Send the rest, and close the file."""
        self.send()
        with _lock:
            _outputs.discard(self)
        with self._lock:
            self.file.close()

    def _collect(self) -> None:
        if self.file.closed:  # an invocation ended after its container
            return
        size_bytes = os.fstat(self.file.fileno()).st_size
        if size_bytes == self._read_bytes:
            return
        data = os.pread(self.file.fileno(), size_bytes - self._read_bytes, self._read_bytes)
        self._read_bytes += len(data)
        timestamp_ms = int(clock.now() * 1000)
        lines = [line for line in data.decode(errors="replace").split("\n") if line.strip()]
        self._events += [{"timestamp": timestamp_ms, "message": line} for line in lines]

    def _put(self, events: list[dict[str, Any]]) -> None:
        try:
            self._logs.put_log_events(**self._names, logEvents=events)
        except self._logs.exceptions.ResourceNotFoundException:  # the first lines, or the group was deleted
            self._create()
            self._logs.put_log_events(**self._names, logEvents=events)

    def _create(self) -> None:
        try:
            self._logs.create_log_stream(**self._names)
        except self._logs.exceptions.ResourceNotFoundException:
            self._logs.create_log_group(logGroupName=self._names["logGroupName"])
            self._logs.create_log_stream(**self._names)


def send_all() -> None:
    """Send the pending output of all containers."""
    with _lock:
        outputs = list(_outputs)
    for output in outputs:
        output.send()
