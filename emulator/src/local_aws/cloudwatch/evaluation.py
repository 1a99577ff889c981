"""Evaluation of metric alarms: their datapoints by the statistic and the periods, and the change of state.

CloudWatch user guide, alarm-evaluation. An alarm is evaluated every minute, one with a period of seconds every ten
seconds. The caller decides when: an idle virtual clock would jump from one evaluation to the next for ever.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from local_aws.cloudwatch import actions, changes, missing_data, reasons, watched
from local_aws.cloudwatch.reasons import Point
from local_aws.cloudwatch.series import FINEST, MINUTE
from local_aws.cloudwatch.watched import Watched

# The guide's examples: five datapoints are looked at for three evaluation periods.
_EXTRA_PERIODS = 2


class Evaluator:
    """Evaluates the alarms of an account and Region.

    Parameters
    ----------
    delay_seconds : float
        From the end of a period of a minute or more until its datapoint is seen.
    high_resolution_delay_seconds : float
        The same for shorter periods.
    """

    def __init__(
        self, account_id: str, region: str, delay_seconds: float, high_resolution_delay_seconds: float
    ) -> None:
        self._backend = cloudwatch_backends[account_id][region]
        self._delay = {MINUTE: math.ceil(delay_seconds), FINEST: math.ceil(high_resolution_delay_seconds)}
        self._watched: dict[str, Watched] = {}
        self._called_at: dict[str, int] = {}

    @property
    def is_fine(self) -> bool:
        """Whether an alarm has a period of seconds."""
        self._update()
        return any(each.period < MINUTE for each in self._watched.values())

    def moments(self, minute: int) -> list[int]:
        """When to call `evaluate` in the minute that begins at `minute`, which is the first of them."""
        found = {minute, minute + self._delay[MINUTE] % MINUTE}
        if self.is_fine:
            tens = range(minute, minute + MINUTE, FINEST)
            found.update(tens, (ten + self._delay[FINEST] % FINEST for ten in tens))
        return sorted(found)

    def evaluate(self, now: int) -> None:
        """Evaluate the alarms that get new datapoints at `now`, in seconds since the epoch."""
        self._update()
        for each in list(self._watched.values()):
            step = FINEST if each.period < MINUTE else MINUTE
            if (now - self._delay[step]) % step == 0 and self._backend.alarms.get(each.alarm.name) is each.alarm:
                self._evaluate(each, now - self._delay[step], now)

    def _update(self) -> None:
        """Follow the alarms that were created, changed and deleted. moto replaces an alarm that changes."""
        alarms = self._backend.alarms
        for name, alarm in list(alarms.items()):
            known = self._watched.get(name)
            if alarm.rule is None and (known is None or known.alarm is not alarm):
                self._watched[name] = watched.of(self._backend, alarm)
        for name in [name for name in self._watched if name not in alarms]:
            del self._watched[name]

    def _evaluate(self, each: Watched, end: int, now: int) -> None:
        alarm = each.alarm
        if each.unsupported:
            self._report_unsupported(alarm, each.unsupported)
            return
        count = each.periods + _EXTRA_PERIODS
        points = list(_points(each.value, end - end % FINEST, each.period, count))
        breaches = [None if value is None else reasons.breaches(alarm, value) for _, value in points]
        treatment = alarm.treat_missing_data or "missing"
        new = missing_data.state(breaches, each.periods, each.to_alarm, treatment, alarm.state_value)
        evaluated = _evaluated(points, each.periods)
        datapoints = [value for _, value in evaluated]
        if new != alarm.state_value:
            reason = reasons.text(alarm, evaluated, new, each.to_alarm)
            self._called_at[alarm.name] = now
            changes.apply(self._backend, alarm, new, reason, reasons.data(alarm, evaluated, now), datapoints)
        elif new == "ALARM" and now - self._called_at.get(alarm.name, 0) >= MINUTE:
            self._called_at[alarm.name] = now
            actions.call_listeners(self._backend, alarm, datapoints)

    def _report_unsupported(self, alarm: Any, why: str) -> None:
        """Leave an alarm that cannot be evaluated here without a guess."""
        reason = f"The local AWS does not evaluate this alarm: {why}"
        if alarm.state_reason != reason:
            changes.apply(self._backend, alarm, "INSUFFICIENT_DATA", reason, "{}", [])


def _points(value: Callable[[int, int], float | None], end: int, period: int, count: int) -> Iterator[Point]:
    """The datapoints of the `count` periods before `end`, the oldest first."""
    for start in range(end - count * period, end, period):
        yield start, value(start, start + period)


def _evaluated(points: list[Point], periods: int) -> list[Point]:
    """The datapoints that decide: the last real ones if there are enough, otherwise the last periods."""
    real = [point for point in points if point[1] is not None]
    return real[-periods:] if len(real) >= periods else points[-periods:]
