"""What a deployment costs and how late it notices that the endpoint is ready, beside a poll at a fixed interval."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean

from bench import prices
from bench.table import Table
from check_endpoint.schedule import wait_seconds
from plan_deployment.logic import FIRST_LOOK_SECONDS

READY_AFTER_MINUTES = (3, 7, 15, 60)
STATES_OF_A_LOOK = 3  # Wait for endpoint, Check endpoint, Endpoint in service?
OTHER_STATES = 16  # a creation with scaling: nine states up to Create endpoint, seven after the last look
OTHER_FUNCTIONS = 4  # Plan deployment, Register scalable targets, Put scaling policies, Notify success
# A look takes a moment itself. On AWS it is tenths of a second; here it only settles what happens at whole minutes.
LOOK_SECONDS = 0.01
# Readiness does not come on the minute: lateness is told over every second of the minute around it.
AROUND_SECONDS = range(-30, 30)


@dataclass(frozen=True)
class Poll:
    """When to look: first after `first_seconds`, then after `wait` of the seconds elapsed."""

    name: str
    first_seconds: float
    wait: Callable[[float], float]

    def looks(self) -> Iterator[float]:
        """Seconds after the endpoint was asked for, of each look."""
        at = self.first_seconds
        while True:
            yield at
            at += LOOK_SECONDS + self.wait(at)

    def looks_until(self, ready_seconds: float) -> list[float]:
        """The looks up to the first that finds the endpoint ready."""
        seen = list(itertools.takewhile(lambda at: at < ready_seconds, self.looks()))
        return [*seen, next(itertools.islice(self.looks(), len(seen), None))]


SLIPWAY = Poll("Slipway", FIRST_LOOK_SECONDS, lambda elapsed_seconds: wait_seconds(elapsed_seconds, math.inf))
POLLS = (SLIPWAY, Poll("every 30 s", 30, lambda _: 30), Poll("every 60 s", 60, lambda _: 60))


@dataclass(frozen=True)
class Cost:
    """What the creation of an endpoint costs.

    Attributes
    ----------
    late_mean_seconds, late_most_seconds : float
        From readiness to the look that sees it.
    """

    looks: int
    transitions: int
    lambda_calls: int
    dollars: float
    late_mean_seconds: float
    late_most_seconds: float


def cost(poll: Poll, ready_seconds: float) -> Cost:
    """What a creation that takes `ready_seconds` costs when `poll` says when to look."""
    looks = len(poll.looks_until(ready_seconds))
    transitions = OTHER_STATES + STATES_OF_A_LOOK * looks
    late = [poll.looks_until(ready)[-1] - ready for ready in (ready_seconds + offset for offset in AROUND_SECONDS)]
    return Cost(
        looks=looks,
        transitions=transitions,
        lambda_calls=OTHER_FUNCTIONS + looks,
        dollars=dollars(transitions, OTHER_FUNCTIONS + looks),
        late_mean_seconds=mean(late),
        late_most_seconds=max(late),
    )


def dollars(transitions: int, lambda_calls: int) -> float:
    """Step Functions, Lambda (each function cold once) and one e-mail; logs, traces and the endpoint left out."""
    cold_calls = OTHER_FUNCTIONS + 1
    seconds = cold_calls * prices.LAMBDA_COLD_SECONDS + (lambda_calls - cold_calls) * prices.LAMBDA_WARM_SECONDS
    return (
        transitions * prices.STATE_TRANSITION
        + lambda_calls * prices.LAMBDA_REQUEST
        + seconds * prices.LAMBDA_GB * prices.LAMBDA_GB_SECOND
        + prices.SNS_PUBLISH
        + prices.SNS_EMAIL
    )


def table() -> Table:
    """The figures for each duration and poll; the same on every machine."""
    rows = []
    for minutes, poll in itertools.product(READY_AFTER_MINUTES, POLLS):
        figures = cost(poll, minutes * 60)
        rows.append(
            [
                f"{minutes} min, {poll.name}",
                str(figures.looks),
                str(figures.transitions),
                str(figures.lambda_calls),
                f"{figures.dollars:.5f}",
                f"{figures.late_mean_seconds:.0f}",
                f"{figures.late_most_seconds:.0f}",
            ]
        )
    return Table(
        title="Cost of one deployment that creates an endpoint",
        columns=["Endpoint ready after", "looks", "transitions", "Lambda calls", "$", "late, mean s", "late, most s"],
        rows=rows,
        reading=(
            "Slipway does not look in the first two minutes, then every 30 s, after ten minutes every 5 % of the time "
            "gone by, at most every 60 s. Lateness is from readiness to the look that sees it, over every second of "
            "the minute around the time named. Dollars are for Standard state transitions, Lambda (512 MB, arm64; "
            f"{prices.LAMBDA_WARM_SECONDS:g} s a call and {prices.LAMBDA_COLD_SECONDS:g} s a cold one are assumed, "
            "every function cold once) and one e-mail, at AWS's prices in us-east-1 of June 2026 without free tiers; "
            "logs, traces and the endpoint itself are not in it."
        ),
    )


def markdown() -> str:
    """The table as Markdown; computed from the functions' own schedule, which tests hold against the state machine."""
    return table().markdown()
