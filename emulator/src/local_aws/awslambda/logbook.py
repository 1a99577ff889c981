"""Output of a function: lines of its standard output and framed records of AWS's runtime client."""

from __future__ import annotations

import os
import re
import tempfile
from typing import IO

from local_aws.core import processes

# A frame is type (4 bytes), length (4), time in microseconds (8), message. awslambdaric writes it in one call.
_FRAME = re.compile(rb"\xa5\x5a\x00.", re.DOTALL)
_HEADER_BYTES = 16


class Logbook:
    """The output of one process, in order.

    It is a file instead of a pipe: the output is complete when the function answers, and a full pipe cannot block it.
    """

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile("a+b", buffering=0, dir=processes.workspace())  # noqa: SIM115
        self._read_bytes = 0

    @property
    def descriptor(self) -> int:
        return self.file.fileno()

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def new_messages(self) -> list[str]:
        """The output since the last call, one item per log event."""
        size_bytes = os.fstat(self.descriptor).st_size
        data = os.pread(self.descriptor, size_bytes - self._read_bytes, self._read_bytes)
        self._read_bytes += len(data)
        return [text for text in (message.decode(errors="replace").rstrip("\n") for message in _split(data)) if text]


def _split(data: bytes) -> list[bytes]:
    messages: list[bytes] = []
    while data:
        frame = _FRAME.search(data)
        plain = data[: frame.start()] if frame else data
        messages += plain.split(b"\n")
        if frame is None:
            break
        body_at = frame.start() + _HEADER_BYTES
        length = int.from_bytes(data[frame.start() + 4 : frame.start() + 8], "big")
        messages.append(data[body_at : body_at + length])
        data = data[body_at + length :]
    return messages
