"""CloudWatch: alarms keep their state when they change, lose their tags on deletion, and notify listeners.

moto accepts alarms that CloudWatch refuses, creates every alarm ``OK``, resets it with each PutMetricAlarm, and
gives the tags of a deleted alarm to the next one of its name (CloudWatch API reference, PutMetricAlarm,
DeleteAlarms, SetAlarmState). Services put pending metrics when metrics are read.
Nothing evaluates an alarm: SetAlarmState sets its state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse

from local_aws.cloudwatch import alarm_rules, dashboards

AlarmListener = Callable[[str, str, str], None]

INITIAL_STATE = "INSUFFICIENT_DATA"
_KEPT = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")

_READERS = ("get_metric_data", "get_metric_statistics", "list_metrics")

_listeners: list[AlarmListener] = []
_pending: list[Callable[[], None]] = []


def install() -> None:
    """Correct the states, tags and checks of alarms and dashboards."""
    dashboards.install()
    CloudWatchResponse.put_metric_alarm = _checked(CloudWatchResponse.put_metric_alarm)
    CloudWatchBackend.put_metric_alarm = _put(CloudWatchBackend.put_metric_alarm)
    CloudWatchBackend.delete_alarms = _delete(CloudWatchBackend.delete_alarms)
    CloudWatchBackend.set_alarm_state = _set_state(CloudWatchBackend.set_alarm_state)
    for name in _READERS:
        setattr(CloudWatchBackend, name, _complete(getattr(CloudWatchBackend, name)))


def before_reading(put: Callable[[], None]) -> None:
    """Call `put` before metrics are read or listed: it puts those that are still pending."""
    _pending.append(put)


def when_tripped(listener: AlarmListener) -> None:
    """Call `listener` with account, Region and name of each alarm after it is set to ``ALARM``."""
    _listeners.append(listener)


def state(account_id: str, region: str, name: str) -> str | None:
    """``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``; None if the alarm does not exist."""
    alarm = cloudwatch_backends[account_id][region].alarms.get(name)
    return str(alarm.state_value) if alarm else None


def _complete(original: Callable[..., Any]) -> Callable[..., Any]:
    def read(*arguments: Any, **named: Any) -> Any:
        for put in _pending:
            put()
        return original(*arguments, **named)

    return read


def _checked(original: Callable[..., Any]) -> Callable[..., Any]:
    def put_metric_alarm(response: Any) -> Any:
        # The attributes that moto's method reads.
        names = (*alarm_rules.OF_ONE_METRIC, "Metrics", "EvaluationPeriods", "DatapointsToAlarm")
        given = {name: response._get_param(name) for name in names}
        request = {name: value for name, value in given.items() if value is not None}
        for problem in alarm_rules.problems(request):
            raise ValidationError(problem)
        return original(response)

    return put_metric_alarm


def _put(original: Callable[..., Any]) -> Callable[..., Any]:
    def put_metric_alarm(backend: Any, name: str, **details: Any) -> Any:
        known: Alarm | None = backend.alarms.get(name)
        if known is None:
            made = original(backend, name=name, **details)
            made.state_value = INITIAL_STATE
            return made
        # API reference, PutMetricAlarm: an existing alarm keeps its state, Tags are ignored
        changed = original(backend, name=name, **{**details, "tags": None})
        for attribute in _KEPT:
            setattr(changed, attribute, getattr(known, attribute))
        return changed

    return put_metric_alarm


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_alarms(backend: Any, alarm_names: list[str]) -> None:
        for alarm in backend.get_alarms_by_alarm_names(alarm_names):
            backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        original(backend, alarm_names)

    return delete_alarms


def _set_state(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_alarm_state(backend: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        original(backend, alarm_name, reason, reason_data, state_value)
        if state_value == "ALARM":
            for listener in _listeners:
                listener(backend.account_id, backend.region_name, alarm_name)

    return set_alarm_state
