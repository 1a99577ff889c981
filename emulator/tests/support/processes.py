"""Wait for processes that are not child processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def is_running(process_id: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{process_id}/stat") as status:
            return status.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # another system than Linux, or it has just ended
        return os.path.isdir("/proc") is False


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Poll until `condition` is true, at most `seconds`; return whether it is."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return True
        pause.wait(0.02)
    return condition()
