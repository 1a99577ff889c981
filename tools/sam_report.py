"""Report on `sam deploy` from the output of `sam deploy --output json`: current activity and reasons of a failure."""

from __future__ import annotations

import json
from typing import Any

UPLOAD = "\t"  # sam indents lines about uploads; all other lines are JSON
STACK = "AWS::CloudFormation::Stack"


class SamReport:
    """The lines that `sam deploy` has printed."""

    def __init__(self) -> None:
        self._uploads = 0
        self._changes = 0
        self._changed = 0
        self._failures: list[str] = []

    def take(self, line: str) -> str | None:
        """Take the next line and return sam's current activity, or None if the line does not show it."""
        try:
            said = json.loads(line)
        except json.JSONDecodeError:
            return self._take_text(line)
        kind = f"_take_{said['type']}"
        note: str | None = getattr(self, kind)(said) if hasattr(self, kind) else None
        return note

    @property
    def failure(self) -> str:
        """Reasons of a failure, one per line."""
        return "\n".join(dict.fromkeys(self._failures))

    def _take_text(self, line: str) -> str | None:
        if line.startswith(UPLOAD):
            self._uploads += 1
            return f"package code and definitions, {self._uploads} uploaded"
        if line.strip():
            self._failures.append(line.strip())
        return None

    def _take_info(self, _: dict[str, Any]) -> str:
        return "package code and definitions"

    def _take_changeset(self, _: dict[str, Any]) -> str:
        self._changes += 1
        return f"change {self._changes} resources"

    def _take_event(self, event: dict[str, Any]) -> str | None:
        name, status = event["logical_id"], event["status"]
        if status.endswith("_FAILED"):
            self._failures.append(f"{name} {status}: {event['reason']}")
        if event["resource_type"] == STACK or not status.endswith("_COMPLETE"):
            return None
        self._changed += 1
        return f"{self._changed} of {self._changes} resources: {name}"

    def _take_result(self, result: dict[str, Any]) -> None:
        if result["status"] == "failure":
            self._failures.append(result["error"]["message"])
