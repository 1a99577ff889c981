"""`python -m local_aws`: run the local AWS in the foreground, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=4599, help="port on 127.0.0.1; 0 selects a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--region", default="eu-west-1", help="the partition of this Region is emulated (default: %(default)s)"
    )
    parser.add_argument("--clock", choices=("virtual", "real"), default="virtual", help="default: %(default)s")
    parser.add_argument(
        "--time", type=_time, help="when the virtual clock starts, such as 2026-03-02T00:00:00Z (default: now)"
    )
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when the process at the other end of stdin ends"
    )
    arguments = parser.parse_args()
    if arguments.time is not None and arguments.clock == "real":
        parser.error("argument --time: needs the virtual clock")

    # Most objects live long: with Python's own threshold of 700, garbage collection takes a tenth of the CPU time.
    gc.set_threshold(20_000, 20, 20)
    warnings.filterwarnings("ignore", module="moto|flask|werkzeug")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # moto signs requests to itself
    os.environ.update(
        AWS_ACCESS_KEY_ID="administrator", AWS_SECRET_ACCESS_KEY="local", AWS_EC2_METADATA_DISABLED="true"
    )
    os.environ["LOCAL_AWS_REGION"] = arguments.region

    from local_aws import server
    from local_aws.core import processes
    from local_aws.core.clock import clock

    if arguments.time is not None:
        clock.start_at(arguments.time)
    clock.mode = arguments.clock
    local_aws = server.make(arguments.port)
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: threading.Thread(target=local_aws.shutdown).start())
    if arguments.until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_stdin, args=(local_aws.shutdown,), daemon=True).start()
    print(f"READY http://localhost:{local_aws.server_port}", flush=True)
    local_aws.serve_forever(poll_interval=0.1)
    processes.close()
    # Threads of executions that wait for a year must not keep the process.
    os._exit(0)


def _time(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 time; in UTC unless it has an offset."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-03-02T00:00:00Z") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _wait_for_end_of_stdin(shutdown: Callable[[], None]) -> None:
    """Shut down when the process that started the local AWS has ended."""
    sys.stdin.buffer.read()
    shutdown()


if __name__ == "__main__":
    main()
