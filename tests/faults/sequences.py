"""Sequences of requests, faults and stops on a few endpoints: the last successful request is live in the end."""

import random
from dataclasses import dataclass
from typing import Any

from local_aws import until
from tests.faults.cases import Case
from tests.faults.kinds import original
from tests.faults.promises import as_wanted, broken
from tests.faults.world import snapshot
from tests.support.deployment import Slipway
from tools import stack

MAX_STEPS, MAX_ENDPOINTS = 6, 3
STATES = (
    "Plan deployment",
    "Try deployment",
    "Create endpoint config",
    "Check endpoint",
    "Register scalable targets",
)


@dataclass(frozen=True)
class Step:
    """A request for one of the endpoints, with an optional fault and an optional state in which it is stopped."""

    endpoint: int
    model: str
    maximum: int
    fault: Case | None
    stopped_in: str | None


def sequence(seed: int, cases: list[Case]) -> list[Step]:
    """Return the sequence of this seed, always the same."""
    chance = random.Random(seed)
    return [
        Step(
            endpoint=chance.randrange(MAX_ENDPOINTS),
            model=chance.choice(["sequence-1", "sequence-2", "sequence-3"]),
            maximum=chance.randint(2, 6),
            fault=chance.choice(cases) if chance.random() < 0.5 else None,
            stopped_in=chance.choice(STATES) if chance.random() < 0.2 else None,
        )
        for _ in range(chance.randint(2, MAX_STEPS))
    ]


def run_sequence(slipway: Slipway, steps: list[Step], name: str) -> list[str]:
    """Broken promises, one line each."""
    found: list[str] = []
    serves: dict[int, dict[str, Any]] = {}
    for number, step in enumerate(steps):
        request = _request(step, f"{name}-{step.endpoint}")
        lines, succeeded = _stopped(slipway, step, request) if step.stopped_in else _run(slipway, step, request)
        found += [f"step {number}: {line}" for line in lines]
        if succeeded:
            serves[step.endpoint] = request
    for endpoint, request in serves.items():
        lines = as_wanted(request, snapshot(slipway, f"{name}-{endpoint}"))
        found += [f"endpoint {endpoint} in the end: {line}" for line in lines]
    return found


def _request(step: Step, name: str) -> dict[str, Any]:
    (variant,) = original(name)["productionVariants"]
    variants = [{**variant, "ModelName": step.model}]
    return original(name, productionVariants=variants, autoscalingMaxCapacity=step.maximum)


def _run(slipway: Slipway, step: Step, request: dict[str, Any]) -> tuple[list[str], bool]:
    slipway.clear_faults()
    stack.make_models(slipway.aws, request)
    before = snapshot(slipway, request["endpointName"])
    if step.fault:
        step.fault.inject(slipway)
    with slipway.recorded() as finish:
        run = finish(slipway.start(request))
        if run.status != "SUCCEEDED":
            slipway.wait_for_rule(run.arn)
    slipway.clear_faults()
    after = snapshot(slipway, request["endpointName"])
    # If only the notification failed, the deployment stays.
    is_as_wanted = run.error == "NotificationFailed" and not as_wanted(request, after)
    return broken(slipway, request, run, before, after), run.status == "SUCCEEDED" or is_as_wanted


def _stopped(slipway: Slipway, step: Step, request: dict[str, Any]) -> tuple[list[str], bool]:
    """Stop it and start it again: in this stage only the next deployment handles what a stopped one left behind."""
    slipway.clear_faults()
    stack.make_models(slipway.aws, request)
    arn = slipway.start(request)
    until(lambda: slipway.entered(arn, str(step.stopped_in)) or slipway.has_ended(arn))
    slipway.aws.client("stepfunctions").stop_execution(executionArn=arn)
    if slipway.wait(arn)["status"] != "SUCCEEDED":
        slipway.wait_for_rule(arn)
    return _run(slipway, Step(step.endpoint, step.model, step.maximum, None, None), request)
