"""Work of a fresh process before its first call; started by `bench.cold_start`, prints JSON.

`handler MODULE`   import a handler's module as Lambda does
`floor SERVICE…`   import boto3 and create a client of each service
`services MODULE`  list the services whose clients the module creates; not timed
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

KIB = 1024


def main(what: str, names: list[str]) -> None:
    if what == "services":
        print(json.dumps(services_of(names[0])))
        return
    began = time.process_time()
    if what == "handler":
        importlib.import_module(names[0])
    else:
        make_clients(names)
    seconds = time.process_time() - began
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes()}))


def make_clients(services: list[str]) -> None:
    import boto3

    session: Any = boto3
    for service in services:
        session.client(service)


def peak_bytes() -> int | None:
    """Peak memory of this process; None if there is no /proc."""
    # Not ru_maxrss: it starts with the memory of the parent process.
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) * KIB


def services_of(module: str) -> list[str]:
    import botocore.session

    made: list[str] = []
    create: Callable[..., Any] = botocore.session.Session.create_client

    def create_client(session: Any, service_name: str, *args: Any, **kwargs: Any) -> Any:
        made.append(service_name)
        return create(session, service_name, *args, **kwargs)

    with patch.object(botocore.session.Session, "create_client", create_client):
        importlib.import_module(module)
    return made


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
