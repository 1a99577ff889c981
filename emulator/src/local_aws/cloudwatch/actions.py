"""Actions of alarms: messages to SNS topics, and the listeners of other services, such as scaling policies.

CloudWatch user guide, alarm-actions: actions run when the state changes; a scaling policy is also called every minute
while its alarm stays in ``ALARM``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.cloudwatch import notifications
from local_aws.core import background, clients, principals
from local_aws.core.clock import clock

SERVICE = "cloudwatch.amazonaws.com"
Datapoints = list[float | None]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AlarmAction:
    """An action of an alarm in ``ALARM``.

    Attributes
    ----------
    comparison, threshold, period_seconds
        Of the alarm; the comparison as ComparisonOperator. Those of a composite alarm are empty or 0.
    datapoints : list of float or None
        The evaluated datapoints, the oldest first; None for a missing one. With SetAlarmState those of its
        StateReasonData, if it has `recentDatapoints`.
    at : float
        Seconds since the epoch.
    """

    account_id: str
    region: str
    action_arn: str
    alarm_name: str
    comparison: str
    threshold: float
    period_seconds: int
    datapoints: Datapoints
    at: float


ActionListener = Callable[[AlarmAction], object]

_listeners: list[tuple[Callable[[str], bool], ActionListener]] = []


def on_action(handles: Callable[[str], bool], listener: ActionListener) -> None:
    """Call `listener` with each action of an alarm in ``ALARM`` whose ARN `handles` accepts, again every minute."""
    _listeners.append((handles, listener))


def run(backend: Any, alarm: Any, before: str, datapoints: Datapoints) -> None:
    """Run the actions of an alarm's new state."""
    if not alarm.actions_enabled:
        return
    for action_arn in of_state(alarm):
        if action_arn.split(":")[2:3] == ["sns"]:
            _publish(backend, alarm, before, action_arn)
    if alarm.state_value == "ALARM":
        call_listeners(backend, alarm, datapoints)


def call_listeners(backend: Any, alarm: Any, datapoints: Datapoints) -> None:
    """Call the listeners of the actions of an alarm in ``ALARM``."""
    if not alarm.actions_enabled:
        return
    for action_arn in alarm.alarm_actions:
        for handles, listener in _listeners:
            if handles(action_arn):
                listener(_action(backend, alarm, action_arn, datapoints))


def of_state(alarm: Any) -> list[str]:
    """ARNs of the actions of the alarm's state."""
    by_state = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}
    arns: list[str] = by_state.get(alarm.state_value, alarm.insufficient_data_actions) or []
    return arns


def datapoints_of(reason_data: str | None) -> Datapoints:
    """The `recentDatapoints` of a StateReasonData; empty without it."""
    data = json.loads(reason_data or "{}")
    return list(data.get("recentDatapoints", [])) if isinstance(data, dict) else []


def _action(backend: Any, alarm: Any, action_arn: str, datapoints: Datapoints) -> AlarmAction:
    return AlarmAction(
        account_id=backend.account_id,
        region=backend.region_name,
        action_arn=action_arn,
        alarm_name=alarm.name,
        comparison=alarm.comparison_operator or "",
        threshold=float(alarm.threshold or 0),
        period_seconds=int(alarm.period or 0),
        datapoints=datapoints,
        at=clock.now(),
    )


def _publish(backend: Any, alarm: Any, before: str, topic_arn: str) -> None:
    """Publish a message as CloudWatch: the topic's policy must permit it."""
    region = topic_arn.split(":")[3]
    message = notifications.message(backend, alarm, before)
    sns = clients.client("sns", region, principals.service_session(SERVICE, alarm.alarm_arn))

    def publish() -> None:
        try:
            sns.publish(TopicArn=topic_arn, Subject=message.subject, Message=message.text)
        except (BotoCoreError, ClientError) as error:
            _logger.warning("alarm %s is not published to %s: %s", alarm.name, topic_arn, error)

    background.run(publish)
