"""One container's process: its ping, its time limits and its connections."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.core import processes
from local_aws.sagemaker.serving import HostTimeoutError, Invocation
from local_aws.sagemaker.serving.containers import Container
from local_aws.sagemaker.serving.starting import ADAPTER
from support.processes import wait_until

SCRIPT = """
import time

def model_fn(model_dir):
    pass

def transform_fn(model, body, content_type, accept):
    time.sleep(float(body))
    return body, accept
"""
HANGING = SCRIPT.replace("    pass", "    time.sleep(1000)")

Start = Callable[[str], Container]


class Log:
    """Stands in for the log stream: the output is only written to a file."""

    def __init__(self, file: Path) -> None:
        self.file = file.open("wb", buffering=0)

    def write(self, text: str) -> None:
        self.file.write(text.encode())

    def collect(self) -> None:
        """Nothing is sent."""

    def close(self) -> None:
        self.file.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a container of a script."""
    started: list[Container] = []

    def start_script(script: str) -> Container:
        (tmp_path / "inference.py").write_text(script)
        variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": str(tmp_path)}
        command = [sys.executable, "-S", str(ADAPTER), "--image", "scikit-learn"]
        log: Any = Log(tmp_path / "log")
        started.append(Container("primary", command, variables, tmp_path, log))
        return started[-1]

    yield start_script
    for container in started:
        container.end()
    processes.close()
    processes._guard.cache_clear()


def seconds(number: float) -> Invocation:
    return Invocation(str(number).encode(), "text/csv", "text/csv")


def test_a_container_answers_its_ping_when_the_model_is_loaded(start: Start) -> None:
    assert start(SCRIPT).ping(10)


def test_a_container_that_loads_for_too_long_does_not_answer(start: Start) -> None:
    container = start(HANGING)

    assert not container.ping(0.2)
    assert Path(container.output.file.name).read_text().endswith("did not answer /ping within 0.2 s of real time.")


def test_a_container_that_ends_fails_its_ping_at_once(start: Start) -> None:
    began = time.monotonic()

    assert not start("raise ValueError").ping(60)
    assert time.monotonic() - began < 30


def test_a_container_whose_workers_are_killed_while_they_load_the_model_fails_its_ping_soon(start: Start) -> None:
    began = time.monotonic()
    container = start(SCRIPT.replace("    pass", "    import os\n    os.kill(os.getpid(), 9)"))

    assert not container.ping(60)
    assert time.monotonic() - began < 30


def test_a_late_answer_is_a_timeout_and_the_next_one_is_right(start: Start) -> None:
    container = start(SCRIPT)
    assert container.ping(10)

    with pytest.raises(HostTimeoutError, match=r"^container primary did not answer in time$"):
        container.invoke(seconds(0.5), 0.1)

    assert container.invoke(seconds(0), 10).body == b"0"


def test_a_connection_is_used_again(start: Start) -> None:
    container = start(SCRIPT)
    assert container.ping(10)

    for _ in range(3):
        assert container.invoke(seconds(0), 10).status == 200

    assert len(container._idle) == 1


def test_a_worker_that_ended_between_two_invocations_is_not_noticed(start: Start) -> None:
    script = SCRIPT.replace(
        "    return body", "    import os, threading\n    threading.Timer(0.05, os._exit, [1]).start()\n    return body"
    )
    container = start(script)
    assert container.ping(10)
    assert container.invoke(seconds(0), 10).status == 200

    (idle,) = container._idle
    assert wait_until(lambda: _is_closed(idle))

    assert container.invoke(seconds(0), 10).status == 200


def _is_closed(connection: Any) -> bool:
    connection.sock.settimeout(0)
    try:
        return connection.sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
