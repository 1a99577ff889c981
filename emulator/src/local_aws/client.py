"""Run the local AWS as a process, and call it: for tests, tools and scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

REGION = "eu-west-1"
ACCOUNT_ID = "123456789012"
ANSWER_SECONDS = 600  # a played month of traffic


@cache
def session() -> Any:
    """The boto3 session of all clients. It caches the service models."""
    return boto3.session.Session()


def _with_this_copy(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which Python finds this copy of the package first."""
    source = str(Path(__file__).parents[1])
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, [source, environment.get("PYTHONPATH")]))}


class LocalAws:
    """A running local AWS; it ends with the `with` block.

    Attributes
    ----------
    url : str
        ``http://localhost:PORT``. moto recognises its buckets only under the name `localhost`.
    time : str, optional
        When its virtual clock starts: ``2026-03-02T00:00:00Z``.
    region : str
        Region of its clients. The local AWS emulates the partition of this Region.
    """

    def __init__(self, port: int = 0, clock: str = "virtual", region: str = REGION, time: str | None = None) -> None:
        self.region = region
        options = ["--port", str(port), "--clock", clock, "--region", region, "--until-stdin-closes"]
        options += ["--time", time] if time else []
        command = [sys.executable, "-m", "local_aws", *options]
        self._process = subprocess.Popen(
            command, env=_with_this_copy(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline().split()
        if len(ready) != 2 or ready[0] != "READY":
            raise RuntimeError(f"the local AWS ended with exit code {self._process.wait()} before it was ready")
        self.url = ready[1]
        self.client = cache(self._client)

    @property
    def partition(self) -> str:
        """The partition of its Region: ``aws``, ``aws-cn``, ``aws-us-gov``."""
        return str(session().get_partition_for_region(self.region))

    @property
    def pid(self) -> int:
        """Id of the server's process."""
        return self._process.pid

    def wait(self) -> int:
        """Wait for the end of the server's process and return its exit code."""
        return self._process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which `sam`, `aws` and boto3 call this local AWS."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "administrator",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
        }

    def _client(self, service: str, account_id: str = ACCOUNT_ID) -> Any:
        """A boto3 client with the rights of an administrator of the account."""
        return session().client(
            service,
            region_name=self.region,
            endpoint_url=self.url,
            aws_access_key_id=account_id,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def get(self, path: str) -> Any:
        """Answer of ``GET /_emulator/<path>``."""
        return self._control("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """Answer of ``POST /_emulator/<path>``."""
        return self._control("POST", path, body)

    def delete(self, path: str) -> Any:
        """Answer of ``DELETE /_emulator/<path>``."""
        return self._control("DELETE", path)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", method=method, data=data)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{method} /_emulator/{path}: {json.load(error)['error']}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)
