"""Changes of the states of alarms: the history, listeners, the event, and the actions of the alarm."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from local_aws import events
from local_aws.cloudwatch import actions, history
from local_aws.cloudwatch.actions import Datapoints
from local_aws.core.clock import clock

TrippedListener = Callable[[str, str, str], None]


@dataclass(frozen=True)
class Change:
    """A change of an alarm's state at a time in seconds since the epoch."""

    account_id: str
    region: str
    alarm_name: str
    at: float
    before: str
    after: str
    reason: str


_when_tripped: list[TrippedListener] = []
_when_changed: list[Callable[[Change], object]] = []
_afterwards: list[Callable[[Any, str], object]] = []


def when_tripped(listener: TrippedListener) -> None:
    """Call `listener` with account, Region and name of each alarm after it goes to ``ALARM``."""
    _when_tripped.append(listener)


def when_changed(listener: Callable[[Change], object]) -> None:
    """Call `listener` with each change of an alarm's state."""
    _when_changed.append(listener)


def afterwards(listener: Callable[[Any, str], object]) -> None:
    """Call `listener` with the backend and the name of an alarm whose change is complete."""
    _afterwards.append(listener)


def apply(backend: Any, alarm: Any, state: str, reason: str, reason_data: str, datapoints: Datapoints) -> None:
    """Set the state of an alarm, with all consequences."""
    before = alarm.state_value
    alarm.update_state(reason, reason_data, state)
    announce(backend, alarm, before, datapoints)


def announce(backend: Any, alarm: Any, before: str, datapoints: Datapoints) -> None:
    """Carry out the consequences of the alarm's new state."""
    name, state = alarm.name, alarm.state_value
    if state == "ALARM":
        for listener in _when_tripped:
            listener(backend.account_id, backend.region_name, name)
    if state == before:
        return
    change = Change(backend.account_id, backend.region_name, name, clock.now(), before, state, alarm.state_reason)
    for listen in _when_changed:
        listen(change)
    history.record_state(backend, alarm, before)
    actions.run(backend, alarm, before, datapoints)
    history.record_actions(backend, alarm)
    _emit(alarm, before)
    for follow in _afterwards:
        follow(backend, name)


def _emit(alarm: Any, before: str) -> None:
    """Emit the event (CloudWatch user guide, cloudwatch-and-eventbridge)."""
    state = {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "timestamp": f"{alarm.state_updated_timestamp.replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%S}.000+0000",
    }
    if alarm.state_reason_data not in (None, "{}"):
        state["reasonData"] = alarm.state_reason_data
    detail = {
        "alarmName": alarm.name,
        "state": state,
        "previousState": {"value": before},
        "configuration": _configuration(alarm),
    }
    events.emit("aws.cloudwatch", "CloudWatch Alarm State Change", alarm.alarm_arn, json.loads(json.dumps(detail)))


def _configuration(alarm: Any) -> dict[str, Any]:
    if alarm.rule is not None:
        return {"alarmRule": alarm.rule}
    if alarm.metric_data_queries:
        return {
            "description": alarm.description or "",
            "metrics": [{"id": each.id} for each in alarm.metric_data_queries],
        }
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {each.name: each.value for each in alarm.dimensions},
    }
    stat = {"metric": metric, "period": alarm.period, "stat": alarm.statistic or alarm.extended_statistic}
    return {"description": alarm.description or "", "metrics": [{"metricStat": stat, "returnData": True}]}
