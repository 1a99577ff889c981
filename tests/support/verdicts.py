"""IAM decisions about the application's calls."""

from collections.abc import Iterable
from typing import Any

Call = dict[str, Any]


def denied(calls: Iterable[Call]) -> list[Call]:
    """Calls that were finally denied; a deletion may be denied until IAM sees the tags of a new resource."""
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
