"""Trust policies of roles for SageMaker."""

from __future__ import annotations

import json
from typing import Any

_SERVICE = "sagemaker.amazonaws.com"
_ACTIONS = ("sts:AssumeRole", "sts:*", "*")


def may_be_assumed_by_sagemaker(trust_policy: str | dict[str, Any]) -> bool:
    """Whether a statement of the trust policy allows the service to assume the role. Conditions are ignored."""
    policy = json.loads(trust_policy) if isinstance(trust_policy, str) else trust_policy
    return any(_allows(statement) for statement in _as_list(policy["Statement"]))


def _allows(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = _as_list(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    actions = _as_list(statement.get("Action", []))
    return (
        statement["Effect"] == "Allow"
        and any(service in (_SERVICE, "*") for service in services)
        and any(action in _ACTIONS for action in actions)
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
