"""What IAM decided about the calls of the application."""

from collections.abc import Iterable
from typing import Any

Call = dict[str, Any]


def denied(calls: Iterable[Call]) -> list[Call]:
    """The calls that were denied for good; a deletion may wait until IAM sees the tags of what was just created."""
    made = list(calls)
    allowed = [_key(call) for call in made if call["verdict"] == "allow"]
    return [
        call
        for call in made
        if call["verdict"] not in ("allow", "administrator")
        and not (call["action"].startswith("sagemaker:Delete") and _key(call) in allowed)
    ]


def _key(call: Call) -> tuple[str, str, str]:
    return call["principal"], call["action"], call["resource"]
