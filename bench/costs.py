"""Cost of a deployment and delay until it notices readiness, compared with polling at a fixed interval."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean

from bench import prices
from bench.schedule import timeout_seconds
from bench.table import Table
from plan_deployment.planner import FIRST_CHECK_SECONDS

READY_AFTER_MINUTES = (3, 7, 15, 60)
OTHER_STATES = 14  # a creation without tests: eight states up to Create endpoint, six after the last check
OTHER_FUNCTIONS = 5  # Plan deployment, Prepare endpoint, Register scaling, Clean up, Notify success
EVENTS = 2  # of a creation: CREATING, which causes no check, and IN_SERVICE
# Duration of a check. On AWS it is tenths of a second; here it only orders events at the same second.
CHECK_SECONDS = 0.01
# From the change to the end of the task: EventBridge (typically half a second), a warm function, Step Functions.
EVENT_SECONDS = 1.0
# Readiness is not aligned to minutes: the delay is averaged over every second of the surrounding minute.
AROUND_SECONDS = range(-30, 30)


@dataclass(frozen=True)
class Poll:
    """Schedule of checks: the first after `first_seconds`, then each after `wait` of the elapsed seconds.

    Attributes
    ----------
    states_per_check : int
        One for Slipway, whose task waits and checks; three for a Wait, a check and a Choice.
    has_events : bool
        Whether an event reports readiness, so that no check is needed.
    """

    name: str
    first_seconds: float
    wait: Callable[[float], float]
    states_per_check: int = 3
    has_events: bool = False

    def checks(self) -> Iterator[float]:
        """Seconds from the call that creates the endpoint to each check."""
        at = self.first_seconds
        while True:
            yield at
            at += CHECK_SECONDS + self.wait(at)

    def checks_until(self, ready_seconds: float) -> list[float]:
        """Checks up to the first that finds the endpoint ready, or up to the event."""
        seen = list(itertools.takewhile(lambda at: at < ready_seconds, self.checks()))
        return seen if self.has_events else [*seen, next(itertools.islice(self.checks(), len(seen), None))]

    def late_seconds(self, ready_seconds: float) -> float:
        """Seconds from readiness to the check that finds it, or to the end of the task by the event."""
        return EVENT_SECONDS if self.has_events else self.checks_until(ready_seconds)[-1] - ready_seconds


def _slipway_waits(elapsed_seconds: float) -> float:
    return timeout_seconds(elapsed_seconds, math.inf, FIRST_CHECK_SECONDS)


SLIPWAY = Poll("Slipway", 0, _slipway_waits, states_per_check=1, has_events=True)
EVENTS_OFF = Poll("Slipway, events off", 0, _slipway_waits, states_per_check=1)
POLLS = (SLIPWAY, EVENTS_OFF, Poll("every 30 s", 30, lambda _: 30), Poll("every 60 s", 60, lambda _: 60))


@dataclass(frozen=True)
class Cost:
    """Cost of the creation of an endpoint.

    Attributes
    ----------
    late_mean_seconds, late_most_seconds : float
        From readiness to the event or the check that reports it.
    """

    checks: int
    transitions: int
    lambda_calls: int
    dollars: float
    late_mean_seconds: float
    late_most_seconds: float


def cost(poll: Poll, ready_seconds: float) -> Cost:
    """Return the cost of a creation that takes `ready_seconds` with this schedule."""
    checks = len(poll.checks_until(ready_seconds))
    # A poll's last Choice is one of the states of its check; Slipway has one Choice for all checks.
    transitions = OTHER_STATES - (poll.states_per_check > 1) + poll.states_per_check * checks
    late = [poll.late_seconds(ready_seconds + offset) for offset in AROUND_SECONDS]
    lambda_calls = OTHER_FUNCTIONS + checks + EVENTS * poll.has_events
    return Cost(
        checks=checks,
        transitions=transitions,
        lambda_calls=lambda_calls,
        dollars=dollars(transitions, lambda_calls, cold_calls=OTHER_FUNCTIONS + 1 + poll.has_events),
        late_mean_seconds=mean(late),
        late_most_seconds=max(late),
    )


def dollars(transitions: int, lambda_calls: int, cold_calls: int) -> float:
    """Cost of Step Functions, Lambda and one e-mail, without logs, traces and the endpoint."""
    seconds = cold_calls * prices.LAMBDA_COLD_SECONDS + (lambda_calls - cold_calls) * prices.LAMBDA_WARM_SECONDS
    return (
        transitions * prices.STATE_TRANSITION
        + lambda_calls * prices.LAMBDA_REQUEST
        + seconds * prices.LAMBDA_GB * prices.LAMBDA_GB_SECOND
        + prices.SNS_PUBLISH
        + prices.SNS_EMAIL
    )


def table() -> Table:
    """The figures for each duration and schedule, the same on every machine."""
    rows = []
    for minutes, poll in itertools.product(READY_AFTER_MINUTES, POLLS):
        figures = cost(poll, minutes * 60)
        rows.append(
            [
                f"{minutes} min, {poll.name}",
                str(figures.checks),
                str(figures.transitions),
                str(figures.lambda_calls),
                f"{figures.dollars:.5f}",
                f"{figures.late_mean_seconds:.0f}",
                f"{figures.late_most_seconds:.0f}",
            ]
        )
    return Table(
        title="Cost of one deployment that creates an endpoint",
        columns=["Endpoint ready after", "checks", "transitions", "Lambda calls", "$", "late, mean s", "late, max s"],
        rows=rows,
        reading=(
            "SageMaker's event reports to Slipway that the endpoint is ready; it is assumed to take a second. If the "
            "event is lost, Slipway checks at once, after two minutes, then every 30 s, and after ten minutes at "
            "intervals of 5 % of the elapsed time, at most 120 s. Such a check takes one state; a poll takes three. "
            "Lateness is the time from readiness to the event or the check that reports it, over every second of the "
            "minute around the given time. The costs include Standard state transitions, Lambda (512 MB, arm64; "
            f"assumed: {prices.LAMBDA_WARM_SECONDS:g} s per call, {prices.LAMBDA_COLD_SECONDS:g} s per cold call, "
            "every function cold once) and one e-mail, at AWS's prices in us-east-1 of June 2026 without free tiers. "
            "They do not include logs, traces and the endpoint itself."
        ),
    )


def markdown() -> str:
    """The table as Markdown, computed from the state machine's own schedule; tests compare both."""
    return table().markdown()
