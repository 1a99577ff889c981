"""Steps of a rollback as data: the function runs them, or an operator runs them as commands."""

import json
import shlex
from dataclasses import dataclass, field
from typing import Literal

from botocore import xform_name

from shared.aws import Json
from shared.plan import Call

Outcome = Literal["removed", "restored"]


@dataclass(frozen=True)
class Wait:
    """A wait until the endpoint is in service, or gone, or until the change of an inference component has ended.

    Attributes
    ----------
    waiter : str
        As the AWS CLI names it; it has none for inference components.
    seconds : int
        Seconds until the next attempt.
    """

    waiter: Literal["endpoint-in-service", "endpoint-deleted", "inference-component"]
    name: str
    seconds: int


RollbackStep = Call | Wait


@dataclass(frozen=True)
class Rollback:
    """The remaining steps of a rollback, and what it keeps.

    Attributes
    ----------
    steps : tuple of RollbackStep
        In order; steps after a wait assume that the wait succeeds.
    keep : dict of str to str
        Kept resources, each with the reason.
    obstacle : str or None
        Reason why only an operator may run the steps; a sentence without its full stop.
    """

    steps: tuple[RollbackStep, ...] = ()
    keep: dict[str, str] = field(default_factory=dict)
    obstacle: str | None = None

    @property
    def commands(self) -> list[str]:
        """Commands of the whole rollback, in order."""
        return [command(step) for step in self.steps]

    @property
    def waits(self) -> bool:
        """Whether the rollback needs more than one attempt."""
        return any(isinstance(step, Wait) for step in self.steps)

    def left(self, outcome: Outcome) -> list[str]:
        """Resources still to be removed or restored, without repetitions."""
        calls = [step for step in self.steps if not isinstance(step, Wait)]
        return list(dict.fromkeys(call["what"] for call in calls if outcome_of(call) == outcome))


def outcome_of(call: Call) -> Outcome:
    """Effect of the call on its resource."""
    return "removed" if call["operation"].startswith(("Delete", "Deregister")) else "restored"


def command(step: RollbackStep) -> str:
    """Return the step as an AWS CLI command, with JSON input if a value is more than a word."""
    if isinstance(step, Wait):
        return _wait(step)
    text = f"aws {step['service']} {xform_name(step['operation'], '-')} {_input(step['request'])}"
    return text + (_alarm_actions(step) if "policy" in step else "")


def _wait(wait: Wait) -> str:
    if wait.waiter != "inference-component":
        return f"aws sagemaker wait {wait.waiter} --endpoint-name {wait.name}"
    # A component that changes is Creating, Updating or Deleting; the loop also ends when it is gone.
    return (
        f"while aws sagemaker describe-inference-component --inference-component-name {wait.name} "
        "--query InferenceComponentStatus --output text | grep ing; do sleep 15; done"
    )


def _input(request: Json) -> str:
    if all(isinstance(value, (str, int)) and not isinstance(value, bool) for value in request.values()):
        return " ".join(f"--{xform_name(name, '-')} {shlex.quote(str(value))}" for name, value in request.items())
    return f"--cli-input-json {shlex.quote(json.dumps(request, separators=(',', ':')))}"


def _alarm_actions(call: Call) -> str:
    """Return the option that gives an alarm its actions: the policy's ARN is known when the policy exists."""
    policy = call["policy"]
    others = call["request"].get("AlarmActions", [])
    found = (
        f"$(aws application-autoscaling describe-scaling-policies --service-namespace {policy['ServiceNamespace']} "
        f"--resource-id {shlex.quote(policy['ResourceId'])} --scalable-dimension {policy['ScalableDimension']} "
        f"--policy-names {shlex.quote(policy['PolicyName'])} "
        "--query 'ScalingPolicies[0].PolicyARN' --output text)"
    )
    return " ".join([f' --alarm-actions "{found}"', *map(shlex.quote, others)])
