"""CloudWatch Logs: readers see everything that functions wrote, and metrics that are embedded in it are metrics.

moto knows nothing of the embedded metric format.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.logs.models import LogsBackend

from emulator import embedded_metrics
from emulator.awslambda.telemetry import telemetry

_READERS = {
    LogsBackend: ("describe_log_groups", "describe_log_streams", "filter_log_events", "get_log_events", "start_query"),
    CloudWatchBackend: ("get_metric_data", "get_metric_statistics", "list_metrics"),
}


def install() -> None:
    """Let readers wait for logs on their way; take metrics out of what is written."""
    for backend_class, names in _READERS.items():
        for name in names:
            setattr(backend_class, name, _flushed(getattr(backend_class, name)))
    put_log_events = LogsBackend.put_log_events

    def put_and_extract(
        backend: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> Any:
        answer = put_log_events(backend, log_group_name, log_stream_name, log_events)
        for event in log_events:
            embedded_metrics.extract(backend.account_id, backend.region_name, event["message"], event["timestamp"])
        return answer

    LogsBackend.put_log_events = put_and_extract


def _flushed(read: Callable[..., Any]) -> Callable[..., Any]:
    def read_all(*arguments: Any, **named: Any) -> Any:
        telemetry.flush()
        return read(*arguments, **named)

    return read_all
