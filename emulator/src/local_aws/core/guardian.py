"""The guardian: a process that outlives the emulator by a moment, ends its child processes and removes its folder.

Run as ``python -I -S guardian.py FOLDER`` with a pipe from the emulator as standard input, on which
the emulator says ``+PID`` of a process it started and ``-PID`` of one that ended. The operating
system closes the pipe however the emulator ends, SIGKILL included.
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
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process_group, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)  # a killed process may have been writing; nobody is left to tell


if __name__ == "__main__":
    main(sys.argv[1])
