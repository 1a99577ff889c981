"""Composite alarms: their rule is evaluated when an alarm that it names changes.

CloudWatch API reference, PutCompositeAlarm and DeleteAlarms.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.core.responses import EmptyResult

from local_aws.cloudwatch import changes, rules
from local_aws.core.errors import NotModelledError

_SUPPRESSION = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")


def put(response: Any) -> EmptyResult:
    """Answer PutCompositeAlarm."""
    for name in _SUPPRESSION:
        if response._get_param(name) is not None:
            raise NotModelledError(f"PutCompositeAlarm with {name}")
    backend, name, text = (
        response.cloudwatch_backend,
        response._get_param("AlarmName"),
        response._get_param("AlarmRule"),
    )
    rule = rules.parsed(text)
    _require_alarms(backend, name, rule)
    backend.put_metric_alarm(
        name=name,
        namespace=None,
        metric_name=None,
        comparison_operator=None,
        evaluation_periods=None,
        period=None,
        threshold=None,
        statistic=None,
        description=response._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=response._get_param("AlarmActions", []),
        ok_actions=response._get_param("OKActions", []),
        insufficient_data_actions=response._get_param("InsufficientDataActions", []),
        actions_enabled=response._get_bool_param("ActionsEnabled"),
        rule=text,
        tags=response._get_param("Tags", []),
    )
    evaluate(backend, [backend.alarms[name]])
    return EmptyResult()


def evaluate_parents(backend: Any, child_name: str) -> None:
    """Evaluate the composite alarms whose rule names that alarm."""
    evaluate(backend, (alarm for alarm in list(backend.alarms.values()) if child_name in _children(alarm)))


def evaluate(backend: Any, alarms: Iterable[Any]) -> None:
    """Evaluate composite alarms, and change those whose rule says so."""
    for alarm in alarms:
        rule = rules.parsed(alarm.rule)
        state = "ALARM" if rule.holds(lambda child: _state(backend, child)) else "OK"
        if state != alarm.state_value:
            reason = _reason(backend, alarm, rule, state)
            data = {"triggeringAlarms": [{"arn": backend.alarms[name].alarm_arn} for name in _present(backend, rule)]}
            changes.apply(backend, alarm, state, reason, json.dumps(data), [])


def refuse_deletion(backend: Any, names: list[str]) -> None:
    """Refuse to delete alarms that a rule of another composite alarm names (API reference, DeleteAlarms)."""
    for parent in backend.alarms.values():
        used = [name for name in names if name in _children(parent) and name in backend.alarms]
        if used and (parent.name not in names or parent.name in used):
            raise ValidationError(
                f"Alarm {used[0]} cannot be deleted because it is used by the composite alarm {parent.name}."
            )


def _require_alarms(backend: Any, name: str, rule: rules.Rule) -> None:
    for child in sorted(rule.alarms):
        if child == name:
            raise ValidationError(f"Composite alarm {name} cannot refer to itself.")
        if child not in backend.alarms:
            raise ValidationError(f"AlarmRule refers to an alarm that does not exist: {child}")


def _children(alarm: Any) -> frozenset[str]:
    return rules.parsed(alarm.rule).alarms if alarm.rule is not None else frozenset()


def _present(backend: Any, rule: rules.Rule) -> list[str]:
    return [name for name in sorted(rule.alarms) if name in backend.alarms]


def _state(backend: Any, name: str) -> str:
    alarm = backend.alarms.get(name)
    return str(alarm.state_value) if alarm else "INSUFFICIENT_DATA"


def _reason(backend: Any, alarm: Any, rule: rules.Rule, state: str) -> str:
    """The words of CloudWatch's notifications."""
    present = _present(backend, rule)
    if not present:
        return f"{alarm.alarm_arn} transitioned to {state} by its rule"
    child = max((backend.alarms[name] for name in present), key=lambda each: each.state_updated_timestamp)
    at = f"{child.state_updated_timestamp:%A %d %B, %Y %H:%M:%S} UTC"
    return f"{child.alarm_arn} transitioned to {child.state_value} at {at}"
