"""Task tokens of Step Functions: opaque to workers, while IAM can look up the state machine."""

from __future__ import annotations

import base64
import binascii
import uuid

_PREFIX = "AQC"


def new(state_machine_arn: str) -> str:
    """Return the token of a task of the state machine."""
    return _PREFIX + base64.b64encode(f"{uuid.uuid4().hex} {state_machine_arn}".encode()).decode()


def state_machine_of(token: str) -> str | None:
    """Return the ARN of the state machine whose task has the token; None if the token has another form."""
    try:
        _, arn = base64.b64decode(token.removeprefix(_PREFIX), validate=True).decode().split(" ")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return arn
