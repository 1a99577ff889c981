"""One form for bodies that mean the same to AWS."""

from typing import Any


def canonical(value: Any) -> Any:
    """Return the value without members that mean the same as none, and lists in one order: AWS promises neither."""
    if isinstance(value, dict):
        if "Expression" in value or "MetricStat" in value:  # CloudWatch API reference, MetricDataQuery
            value = {"ReturnData": True} | value
        members = {name: canonical(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not None and member is not False} or None
    if isinstance(value, list):
        return sorted(map(canonical, value), key=repr) or None
    return value
