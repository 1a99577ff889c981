"""X-Ray: accepts segments, and refuses reads.

moto answers reads with invented data: a service graph without services, traces without segments.
"""

from __future__ import annotations

from typing import Any

from moto.xray.responses import XRayResponse

from local_aws.core.errors import NotModelledError

_READS = ("trace_summaries", "traces", "service_graph", "trace_graph")


def install() -> None:
    """Refuse to read traces."""
    for name in _READS:
        setattr(XRayResponse, name, _refuse)


def _refuse(_: Any) -> Any:
    raise NotModelledError("reading traces; what is sent to X-Ray is checked and forgotten")
