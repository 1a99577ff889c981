"""A running container: a process of the adapter, and the connections to it."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local_aws.core import processes
from local_aws.sagemaker.serving.messages import Answer, HostTimeoutError, Invocation
from local_aws.sagemaker.serving.output import Output

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 5.0  # on AWS 30 s; the adapter ends at once
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class Container:
    """A process, started at once; it lives until `end`. Thread-safe."""

    def __init__(
        self, name: str, command: list[str], variables: Mapping[str, str], folder: Path, output: Output
    ) -> None:
        self.name = name
        self.output = output
        self._idle: list[http.client.HTTPConnection] = []
        with socket.create_server((LOOPBACK, 0), backlog=1024) as listening:
            self._port = listening.getsockname()[1]
            self._process = processes.start(
                [*command, "--listen", str(listening.fileno())],
                cwd=folder,
                env={**variables, "SAGEMAKER_BIND_TO_PORT": str(self._port)},
                stdin=subprocess.DEVNULL,
                stdout=output.file,
                stderr=output.file,
                pass_fds=[listening.fileno()],
            )

    def ping(self, timeout_seconds: float) -> bool:
        """Wait until the container answers /ping; return whether it does. One that has ended does not."""
        connection = self._connection(timeout_seconds)
        try:
            connection.request("GET", "/ping")
            status = connection.getresponse().status
        except TimeoutError:
            self.output.write(f"The container did not answer /ping within {timeout_seconds:g} s of real time.")
            return False
        except (http.client.HTTPException, OSError):  # it refuses or resets the connection
            return False
        finally:
            connection.close()
            self.output.collect()
        return status == http.client.OK

    def invoke(self, invocation: Invocation, timeout_seconds: float, path: str = "/invocations") -> Answer:
        """Let the container answer.

        Raises
        ------
        HostTimeoutError
            If it does not answer in time.
        """
        try:
            return self.post(path, invocation.body, _headers(invocation), timeout_seconds)
        except TimeoutError as late:
            raise HostTimeoutError(self.name) from late
        except (http.client.HTTPException, OSError):  # its worker ended during the request
            return Answer(http.client.INTERNAL_SERVER_ERROR, container=self.name)
        finally:
            self.output.collect()

    def post(self, path: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
        """POST to the container, on an idle connection or a new one."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connection(timeout_seconds)
        else:
            self._renew(connection, timeout_seconds)
        try:
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            answer = Answer(response.status, dict(response.getheaders()), response.read(), self.name)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def end(self) -> None:
        """End the process: SIGTERM, and SIGKILL if it does not end."""
        while self._idle:
            self._idle.pop().close()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        processes.end(self._process)
        self.output.close()

    def _connection(self, timeout_seconds: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(LOOPBACK, self._port, timeout=timeout_seconds)

    @staticmethod
    def _renew(connection: http.client.HTTPConnection, timeout_seconds: float) -> None:
        """Connect again if the worker at the other end has ended."""
        connection.timeout = timeout_seconds
        if connection.sock is None:
            return
        connection.sock.settimeout(0)
        try:
            connection.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            connection.sock.settimeout(timeout_seconds)
        except OSError:
            connection.close()
        else:  # closed by the other end
            connection.close()


def _headers(invocation: Invocation) -> dict[str, str]:
    given = {
        "Content-Type": invocation.content_type,
        "Accept": invocation.accept,
        CUSTOM_ATTRIBUTES: invocation.custom_attributes,
    }
    return {name: value for name, value in given.items() if value}
