"""The faults of a request, found offline: by the planner's own schemas and rules, which the wheel contains."""

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


def faults(document: Any, *, is_profile: bool = False) -> list[Fault]:
    """Return every fault of a request to deploy, to roll back or to remove an endpoint; none if it is valid.

    Parameters
    ----------
    is_profile : bool
        Whether it is the deployment profile of a model package group.
    """
    if str(FUNCTIONS) not in sys.path:
        sys.path.insert(0, str(FUNCTIONS))
    from plan_deployment.request import rollback, rules
    from plan_removal import rules as removal_rules

    if isinstance(document, dict) and REMOVAL_FIELDS & document.keys():
        return sorted(removal_rules.faults(document))
    if rollback.is_rollback_request(document) and not is_profile:
        return sorted(rollback.faults(document))
    return sorted(rules.faults(document, is_profile=is_profile))


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
