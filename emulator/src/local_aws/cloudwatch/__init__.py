"""CloudWatch: alarms keep their state when they change, lose their tags on deletion, and are evaluated.

moto accepts alarms that CloudWatch refuses, creates every alarm ``OK``, resets it with each PutMetricAlarm, gives the
tags of a deleted alarm to the next one of its name, and never evaluates an alarm or runs its actions (CloudWatch API
reference, PutMetricAlarm, DeleteAlarms, SetAlarmState). Services put pending metrics when metrics are read.
`Evaluator` evaluates metric alarms while traffic plays. Composite alarms follow the alarms that they name at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse

from local_aws.cloudwatch import actions, alarm_rules, changes, composites, dashboards, history, reading, series
from local_aws.cloudwatch.actions import AlarmAction, on_action
from local_aws.cloudwatch.changes import Change, when_changed, when_tripped
from local_aws.cloudwatch.evaluation import Evaluator

__all__ = [
    "AlarmAction",
    "Change",
    "Evaluator",
    "before_reading",
    "install",
    "on_action",
    "state",
    "when_changed",
    "when_tripped",
]

INITIAL_STATE = "INSUFFICIENT_DATA"
_KEPT = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")

_READERS = ("get_metric_data", "get_metric_statistics", "list_metrics")

_pending: list[Callable[[], None]] = [series.flush]


def install() -> None:
    """Correct the states, tags and checks of alarms and dashboards, and add composite alarms and the history."""
    dashboards.install()
    series.install()
    reading.install()
    CloudWatchResponse.put_metric_alarm = _checked(CloudWatchResponse.put_metric_alarm)
    CloudWatchResponse.put_composite_alarm = composites.put
    CloudWatchResponse.describe_alarms = _of_types(CloudWatchResponse.describe_alarms)
    CloudWatchResponse.describe_alarm_history = history.describe
    CloudWatchBackend.put_metric_alarm = _put(CloudWatchBackend.put_metric_alarm)
    CloudWatchBackend.delete_alarms = _delete(CloudWatchBackend.delete_alarms)
    CloudWatchBackend.set_alarm_state = _set_state(CloudWatchBackend.set_alarm_state)
    for name in _READERS:
        setattr(CloudWatchBackend, name, _complete(getattr(CloudWatchBackend, name)))
    changes.afterwards(composites.evaluate_parents)


def before_reading(put: Callable[[], None]) -> None:
    """Call `put` before metrics are read or listed: it puts those that are still pending."""
    _pending.append(put)


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


def _of_types(original: Callable[..., Any]) -> Callable[..., Any]:
    """Describe the types of the request, by default only metric alarms (API reference, DescribeAlarms)."""

    def describe_alarms(response: Any) -> Any:
        answer = original(response)
        types = response._get_param("AlarmTypes") or ["MetricAlarm"]
        for kind in ("MetricAlarm", "CompositeAlarm"):
            if kind not in types:
                answer.result[f"{kind}s"] = []
        return answer

    return describe_alarms


def _put(original: Callable[..., Any]) -> Callable[..., Any]:
    def put_metric_alarm(backend: Any, name: str, **details: Any) -> Any:
        known: Alarm | None = backend.alarms.get(name)
        if known is None:
            made = original(backend, name=name, **details)
            made.state_value = INITIAL_STATE
            history.record_configuration(backend, made, "created")
            return made
        # API reference, PutMetricAlarm: an existing alarm keeps its state, Tags are ignored
        changed = original(backend, name=name, **{**details, "tags": None})
        for attribute in _KEPT:
            setattr(changed, attribute, getattr(known, attribute))
        history.record_configuration(backend, changed, "updated")
        return changed

    return put_metric_alarm


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_alarms(backend: Any, alarm_names: list[str]) -> None:
        composites.refuse_deletion(backend, alarm_names)
        for alarm in backend.get_alarms_by_alarm_names(alarm_names):
            backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
            history.record_configuration(backend, alarm, "deleted")
        original(backend, alarm_names)

    return delete_alarms


def _set_state(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_alarm_state(backend: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        before = state(backend.account_id, backend.region_name, alarm_name) or ""
        original(backend, alarm_name, reason, reason_data, state_value)
        changes.announce(backend, backend.alarms[alarm_name], before, actions.datapoints_of(reason_data))

    return set_alarm_state
