"""DescribeAlarmHistory (CloudWatch API reference). The history of a deleted alarm is kept, as on AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from local_aws.cloudwatch import actions
from local_aws.core.clock import clock

LONGEST_PAGE = 100


class InvalidNextToken(ServiceException):
    """A token that no page has returned."""

    code = "InvalidNextToken"


def record_state(backend: Any, alarm: Any, before: str) -> None:
    """Record that the alarm has left the state `before`."""
    data = {
        "version": "1.0",
        "oldState": {"stateValue": before},
        "newState": {"stateValue": alarm.state_value, "stateReason": alarm.state_reason},
    }
    _record(backend, alarm, "StateUpdate", f"Alarm updated from {before} to {alarm.state_value}", data)


def record_actions(backend: Any, alarm: Any) -> None:
    """Record the actions of the alarm's state."""
    for action_arn in actions.of_state(alarm) if alarm.actions_enabled else []:
        data = {"actionState": "Succeeded", "notificationResource": action_arn, "stateUpdateTimestamp": _milliseconds()}
        _record(backend, alarm, "Action", f"Successfully executed action {action_arn}", data)


def record_configuration(backend: Any, alarm: Any, what: str) -> None:
    """Record that the alarm was ``created``, ``updated`` or ``deleted``."""
    data = {"version": "1.0", "type": {"created": "Create", "updated": "Update", "deleted": "Delete"}[what]}
    _record(backend, alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {what}', data)


def describe(response: Any) -> ActionResult:
    """Answer DescribeAlarmHistory."""
    given = {name: response._get_param(name) for name in ("AlarmName", "HistoryItemType", "StartDate", "EndDate")}
    types = response._get_param("AlarmTypes") or ["MetricAlarm"]  # reference: only metric alarms by default
    found = [
        item for item in _recorded(response.cloudwatch_backend) if item["AlarmType"] in types and _fits(item, given)
    ]
    if response._get_param("ScanBy") != "TimestampAscending":
        found.reverse()
    length = response._get_param("MaxRecords") or LONGEST_PAGE
    if not 1 <= int(length) <= LONGEST_PAGE:
        raise ValidationError(f"MaxRecords must be between 1 and {LONGEST_PAGE}.")
    token = response._get_param("NextToken") or "0"
    if not token.isdecimal():
        raise InvalidNextToken("The next token supplied was invalid.")
    start, end = int(token), int(token) + int(length)
    page = {"AlarmHistoryItems": found[start:end]}
    return ActionResult({**page, "NextToken": str(end)} if end < len(found) else page)


def _fits(item: dict[str, Any], given: dict[str, Any]) -> bool:
    exact = all(given[name] in (None, item[name]) for name in ("AlarmName", "HistoryItemType"))
    start, end = (_aware(given[name]) for name in ("StartDate", "EndDate"))
    return exact and (start is None or item["Timestamp"] >= start) and (end is None or item["Timestamp"] <= end)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _record(backend: Any, alarm: Any, kind: str, summary: str, data: dict[str, Any]) -> None:
    _recorded(backend).append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": clock.utc(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )


def _recorded(backend: Any) -> list[dict[str, Any]]:
    """The backend's history; a reset of moto removes it."""
    found: list[dict[str, Any]] = backend.__dict__.setdefault("alarm_history", [])
    return found


def _milliseconds() -> int:
    return int(clock.now() * 1000)
