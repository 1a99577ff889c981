"""The guardian: a process that ends the server's child processes and removes its folder when the server ends.

Run it as ``python -I -S guardian.py FOLDER`` with a pipe from the server as standard input. The server writes
``+PID`` for a started process and ``-PID`` for one that has ended. The operating system closes the pipe
however the server ends, SIGKILL included.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys


def main(folder: str) -> None:
    process_groups: set[int] = set()
    for line in sys.stdin:
        sign, process_id = line[0], int(line[1:])
        (process_groups.add if sign == "+" else process_groups.discard)(process_id)
    for process_group in process_groups:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.killpg(process_group, signal.SIGKILL)
    shutil.rmtree(
        folder, ignore_errors=True
    )  # a killed process may still have been writing; no error can be reported any more


if __name__ == "__main__":
    main(sys.argv[1])
