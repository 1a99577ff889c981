"""A call of an AWS API as data: made through the AWS SDK, or shown as a command of the AWS CLI."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from slipway.aws import Session


@dataclass(frozen=True)
class Call:
    """A call of an AWS API.

    Attributes
    ----------
    service, operation : str
        As the AWS CLI names the service, and the API reference the operation.
    request : dict
        Parameters of the operation.
    """

    service: str
    operation: str
    request: dict[str, Any] = field(default_factory=dict)

    def make(self, session: Session) -> dict[str, Any]:
        """Make the call and return the answer."""
        answer: dict[str, Any] = getattr(session.client(self.service), xform_name(self.operation))(**self.request)
        return answer

    def command(self, region: str, profile: str | None = None) -> str:
        """The command of the AWS CLI that makes the same call, on one line."""
        words = ["aws", self.service, xform_name(self.operation, "-"), "--region", region]
        words += ["--profile", profile] if profile else []
        for name, value in self.request.items():
            words += _option(xform_name(name, "-"), value)
        return shlex.join(words)


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [f"--{name}", *value]
    return [f"--{name}", json.dumps(value) if isinstance(value, (dict, list)) else str(value)]
