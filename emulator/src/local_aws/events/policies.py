"""Policies of event buses, with which other accounts put events (EventBridge API reference, PutPermission).

moto replaces all other statements of the same principal, writes "everybody" as an account `*`, and fails on a
statement without a `Sid` or a `Resource`.
"""

from __future__ import annotations

from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventBus, EventBusPolicyStatement

_REQUIRED = ("Sid", "Effect", "Principal", "Action", "Resource")


def install() -> None:
    """Store one statement per id."""
    EventBus.add_permission = _add_permission
    EventBus.add_policy = _add_policy


def _add_permission(
    bus: EventBus, statement_id: str, action: str, principal: Any, condition: dict[str, Any] | None
) -> None:
    everybody = principal["AWS"].endswith("::*:root")
    statement = EventBusPolicyStatement(
        statement_id, "*" if everybody else principal, action, bus.arn, condition=condition
    )
    bus._statements[statement_id] = statement


def _add_policy(bus: EventBus, policy: Any) -> None:
    statements = policy.get("Statement", []) if isinstance(policy, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        missing = [member for member in _REQUIRED if member not in statement]
        if missing:
            raise ValidationException(f"The policy of {bus.arn} has a statement without {', '.join(missing)}.")
        bus._statements[statement["Sid"]] = EventBusPolicyStatement.from_dict(statement)
