"""X-Ray: the trace of an invocation, and the segment that Lambda writes."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Self

from local_aws.awslambda.outcome import Outcome
from local_aws.awslambda.revision import Revision
from local_aws.core.clock import clock


@dataclass(frozen=True)
class Trace:
    """The caller's trace, or a new one (X-Ray developer guide, "Tracing header")."""

    root: str
    parent: str | None
    segment_id: str
    sampled: bool

    @classmethod
    def of(cls, header: str | None, *, active: bool) -> Self:
        """The trace of an invocation with the caller's `header`. A new trace is sampled if tracing is active."""
        fields = dict(field.split("=", 1) for field in (header or "").split(";") if "=" in field)
        root = fields.get("Root") or f"1-{int(clock.now()):08x}-{secrets.token_hex(12)}"
        sampled = fields["Sampled"] == "1" if fields.get("Sampled") in ("0", "1") else active
        return cls(root, fields.get("Parent"), secrets.token_hex(8), sampled)

    @property
    def header(self) -> str:
        """Value of the function's ``_X_AMZN_TRACE_ID``."""
        return f"Root={self.root};Parent={self.segment_id};Sampled={int(self.sampled)}"

    def segment(self, revision: Revision, request_id: str, outcome: Outcome) -> str:
        """The function's segment as a document for PutTraceSegments. It starts and ends at one virtual time."""
        document = {
            "id": self.segment_id,
            "trace_id": self.root,
            "name": revision.name,
            "origin": "AWS::Lambda::Function",
            "start_time": clock.now(),
            "end_time": clock.now(),
            "aws": {"function_arn": revision.function_arn, "request_id": request_id},
            **({"parent_id": self.parent} if self.parent else {}),
            **({"fault": True} if outcome.error_type else {}),
        }
        return json.dumps(document)
