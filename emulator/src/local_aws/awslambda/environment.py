"""An execution environment: a process of AWS's runtime client with the function's code."""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from local_aws.awslambda import managed_runtime
from local_aws.awslambda.logbook import Logbook
from local_aws.awslambda.revision import Revision
from local_aws.awslambda.runtime_api import Event, Report, RuntimeApi
from local_aws.awslambda.variables import variables
from local_aws.core import processes
from local_aws.core.clock import clock
from local_aws.core.workers import Worker


class Environment:
    """One process, started at once. It handles one event at a time and lives until `end`.

    Attributes
    ----------
    init_ms : float | None
        Real milliseconds of the last initialisation; None while it runs.
    """

    def __init__(self, revision: Revision, task_root: Path, layer_roots: list[Path]) -> None:
        self.revision = revision
        self.log_stream = f"{clock.utc():%Y/%m/%d}/{revision.log_stream_prefix}{uuid.uuid4().hex}"
        self.logbook = Logbook()
        self.init_ms: float | None = None
        self._task_root = task_root
        self._home = Path(mkdtemp(dir=processes.workspace()))
        self._worker = Worker()
        self._variables = {
            **variables(revision, task_root, layer_roots, self._home),
            "AWS_SESSION_TOKEN": self._worker.token,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "_LAMBDA_TELEMETRY_LOG_FD": str(self.logbook.descriptor),
        }
        self._start()

    @property
    def is_usable(self) -> bool:
        """Whether it can handle another event: the process is running."""
        return self._process.poll() is None

    @property
    def waits_for_function(self) -> bool:
        """Whether the function has invoked a function and is waiting for its answer."""
        return any(path.rstrip("/").endswith("/invocations") for path in list(self._worker.calls))

    def initialise(self, timeout_seconds: float) -> Report:
        """Wait until the function's code is loaded: ``ready``, ``init error``, ``exited`` or ``timeout``."""
        if self.init_ms is not None:
            return Report("ready")
        report = self._report(self._started_at + timeout_seconds - time.monotonic())
        self.init_ms = (time.monotonic() - self._started_at) * 1000
        return report

    def handle(self, event: Event, timeout_seconds: float) -> Report:
        """Let the function handle `event`, in real time: ``response``, ``error``, ``exited`` or ``timeout``."""
        deadline_ms = str(int((time.time() + timeout_seconds) * 1000))
        self._api.events.put(replace(event, headers={**event.headers, "Lambda-Runtime-Deadline-Ms": deadline_ms}))
        return self._report(timeout_seconds)

    def restart(self) -> None:
        """Start a new process, as AWS does after an initialisation that takes too long."""
        self._stop()
        self._start()

    def end(self) -> None:
        """Kill the process and its child processes."""
        self._stop()
        self._worker.dismiss()
        self.logbook.close()
        shutil.rmtree(self._home, ignore_errors=True)  # its temporary files are deleted with it

    def memory_used_mb(self) -> int | None:
        """Peak memory of the process; None if the system does not report it (Linux does)."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # another system, or the process is gone
            return None
        peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(peak[0]) // 1024 if peak else None

    def _start(self) -> None:
        self._api = RuntimeApi()
        self._started_at = time.monotonic()
        self.init_ms = None
        self._process = processes.start(
            [sys.executable, managed_runtime.__file__, self.revision.handler],
            cwd=self._task_root,
            env={**self._variables, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            stdin=subprocess.DEVNULL,
            stdout=self.logbook.file,
            stderr=self.logbook.file,
            pass_fds=[self.logbook.descriptor],
        )
        watch = threading.Thread(target=self._watch, args=(self._process, self._api), daemon=True)
        watch.start()

    def _stop(self) -> None:
        processes.end(self._process)
        self._api.close()

    def _report(self, timeout_seconds: float) -> Report:
        try:
            with self._worker.at_work():
                return self._api.reports.get(timeout=max(timeout_seconds, 0))
        except queue.Empty:
            return Report("timeout")

    @staticmethod
    def _watch(process: subprocess.Popen[bytes], api: RuntimeApi) -> None:
        """Report the end of the process, which the Runtime API cannot observe."""
        api.reports.put(Report("exited", exit_status=process.wait()))
