"""boto3 clients of the emulator itself, as the role or the service that AWS would act as."""

from __future__ import annotations

import threading
from functools import cache, lru_cache
from typing import Any

import boto3
from botocore.config import Config
from moto.settings import moto_server_port

from emulator.principals import Credentials

_lock = threading.Lock()  # boto3 builds clients from shared loaders that are not thread-safe
_ADMINISTRATOR: Credentials = {
    "aws_access_key_id": "administrator",
    "aws_secret_access_key": "local",
    "aws_session_token": "local",
}


def client(service: str, region: str, credentials: Credentials = _ADMINISTRATOR) -> Any:
    """A cached boto3 client of `service` that makes one attempt and leaves validation to the server."""
    with _lock:
        return _client(service, region, tuple(sorted(credentials.items())))


@cache
def _session() -> Any:
    """One for all clients: it caches the service models, which take longer to load than the calls that follow."""
    return boto3.session.Session()


@lru_cache(maxsize=512)
def _client(service: str, region: str, credentials: tuple[tuple[str, str], ...]) -> Any:
    return _session().client(
        service,
        region_name=region,
        endpoint_url=f"http://localhost:{moto_server_port()}",
        config=Config(
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            connect_timeout=60,
            read_timeout=900,
            max_pool_connections=256,
        ),
        **dict(credentials),
    )
