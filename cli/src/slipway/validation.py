"""The faults of a request, found offline: by the planner's own schema and code, which the wheel contains."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.planning.faults import Fault

FUNCTIONS = Path(__file__).with_name("functions")
# Only a removal has one of these fields.
REMOVAL_FIELDS = frozenset({"confirm", "deleteRecords"})


def faults(document: Any) -> list[Fault]:
    """Return every fault of a request to deploy or to remove an endpoint; none if it is valid."""
    if str(FUNCTIONS) not in sys.path:
        sys.path.insert(0, str(FUNCTIONS))
    from shared.planning.validation import schema_faults

    is_removal = isinstance(document, dict) and bool(REMOVAL_FIELDS & document.keys())
    return sorted(schema_faults(document, schema(is_removal=is_removal)))


def schema_path(*, is_removal: bool) -> Path:
    """Return the file with the schema of a request."""
    return FUNCTIONS / ("plan_removal" if is_removal else "plan_deployment") / "request.schema.json"


def schema(*, is_removal: bool) -> dict[str, Any]:
    """Return the schema of a request."""
    parsed: dict[str, Any] = json.loads(schema_path(is_removal=is_removal).read_text(encoding="utf-8"))
    return parsed


def as_document(fault: Fault) -> dict[str, str]:
    """Return the fault as JSON."""
    return asdict(fault)
