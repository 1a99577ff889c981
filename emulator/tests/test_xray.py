from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws import LocalAws
from support.callers import error_of

HOUR = {"StartTime": datetime(2026, 1, 1, tzinfo=UTC), "EndTime": datetime(2026, 1, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_trace_summaries", HOUR),
        ("get_service_graph", HOUR),
        ("batch_get_traces", {"TraceIds": ["1-5f84c7a1-b0f4b1e1d7b1b9c2d3e4f5a6"]}),
        ("get_trace_graph", {"TraceIds": ["1-5f84c7a1-b0f4b1e1d7b1b9c2d3e4f5a6"]}),
    ],
)
def test_traces_cannot_be_read(local_aws: LocalAws, operation: str, parameters: dict[str, Any]) -> None:
    code, message, status = error_of(getattr(local_aws.client("xray"), operation), **parameters)

    assert (code, status) == ("NotImplemented", 501)
    assert "reading traces" in message
