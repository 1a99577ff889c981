"""Steps of the way back, as data: the function takes them, or a person types them; they are the same."""

import json
import shlex
from dataclasses import dataclass, field
from typing import Literal

from botocore import xform_name

from shared import weights
from shared.aws import Json

SAGEMAKER = "sagemaker"
AUTOSCALING = "application-autoscaling"
CLOUDWATCH = "cloudwatch"


@dataclass(frozen=True)
class Call:
    """One call of AWS.

    Attributes
    ----------
    service, operation : str
        As botocore and the AWS command line name the one, and the API reference the other.
    what : str
        What is removed or restored, for people.
    outcome : str
        What becomes of it.
    """

    service: str
    operation: str
    parameters: Json
    what: str
    outcome: Literal["removed", "restored"]

    @property
    def command(self) -> str:
        """The same on the command line; JSON where a value is more than a word."""
        command = f"aws {self.service} {xform_name(self.operation, '-')}"
        if all(isinstance(value, (str, int)) and not isinstance(value, bool) for value in self.parameters.values()):
            words = (f"--{xform_name(name, '-')} {shlex.quote(str(value))}" for name, value in self.parameters.items())
            return " ".join([command, *words])
        return f"{command} --cli-input-json {shlex.quote(json.dumps(self.parameters, separators=(',', ':')))}"


@dataclass(frozen=True)
class Wait:
    """The rest is not before the endpoint is there, or gone.

    Attributes
    ----------
    waiter : str
        As the AWS command line names it.
    seconds : int
        Until the next look.
    """

    waiter: Literal["endpoint-in-service", "endpoint-deleted"]
    endpoint_name: str
    seconds: int

    @property
    def command(self) -> str:
        """The same on the command line."""
        return f"aws sagemaker wait {self.waiter} --endpoint-name {self.endpoint_name}"


Step = Call | Wait


@dataclass(frozen=True)
class Way:
    """Everything that is left to do, and what stays.

    Attributes
    ----------
    steps : tuple of Step
        In this order; those after a wait reckon that it ends well.
    keep : dict of str to str
        What stays, and why.
    obstacle : str or None
        Why the steps are for a person to take, or not to.
    """

    steps: tuple[Step, ...] = ()
    keep: dict[str, str] = field(default_factory=dict)
    obstacle: str | None = None

    @property
    def commands(self) -> list[str]:
        """What a person types, in this order, to go the whole way."""
        return [step.command for step in self.steps]

    @property
    def waits(self) -> bool:
        """Whether it cannot be gone in one go."""
        return any(isinstance(step, Wait) for step in self.steps)

    def left(self, outcome: Literal["removed", "restored"]) -> list[str]:
        """What is still to be removed, or restored; each once."""
        calls = [step for step in self.steps if isinstance(step, Call)]
        return list(dict.fromkeys(call.what for call in calls if call.outcome == outcome))


def delete_endpoint(name: str) -> Call:
    return Call(SAGEMAKER, "DeleteEndpoint", {"EndpointName": name}, f"endpoint {name}", "removed")


def delete_config(name: str) -> Call:
    return Call(SAGEMAKER, "DeleteEndpointConfig", {"EndpointConfigName": name}, f"endpoint config {name}", "removed")


def delete_model(name: str) -> Call:
    return Call(SAGEMAKER, "DeleteModel", {"ModelName": name}, f"model {name}", "removed")


def update_endpoint(request: Json) -> Call:
    what = f"endpoint {request['EndpointName']} to config {request['EndpointConfigName']}"
    return Call(SAGEMAKER, "UpdateEndpoint", request, what, "restored")


def shift_traffic(endpoint_name: str, wanted: weights.Weights) -> Call:
    request = weights.update(endpoint_name, wanted)
    what = f"weights of endpoint {endpoint_name}, {weights.spoken(wanted)}"
    return Call(SAGEMAKER, "UpdateEndpointWeightsAndCapacities", request, what, "restored")


def create_endpoint(name: str, config_name: str) -> Call:
    request = {"EndpointName": name, "EndpointConfigName": config_name}
    return Call(SAGEMAKER, "CreateEndpoint", request, f"endpoint {name} on config {config_name}", "restored")
