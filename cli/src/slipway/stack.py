"""A deployed Slipway stack, found by its name and used through its outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from slipway.aws import Session, code_of
from slipway.errors import CommandError, unreachable

DEFAULT_NAME = "slipway"
# The output by which a stack is known to be one of Slipway.
DEPLOY_MACHINE = "DeployEndpointStateMachineArn"
REMOVAL_MACHINE = "RemoveEndpointStateMachineArn"
UPDATE_IT = "Update the stack (docs/deploy.md), or use the command of its version."


@dataclass(frozen=True)
class Stack:
    """A Slipway stack."""

    session: Session
    name: str
    outputs: dict[str, str]

    def output(self, name: str) -> str:
        """Return an output.

        Raises
        ------
        CommandError
            If the stack is of an older version, which does not have it.
        """
        if name not in self.outputs:
            raise unreachable(
                "StackOutdated", f"Stack {self.name} is older than this command: no output {name}.", UPDATE_IT
            )
        return self.outputs[name]

    @property
    def deploy_machine(self) -> str:
        """ARN of the state machine that deploys."""
        return self.output(DEPLOY_MACHINE)

    @property
    def removal_machine(self) -> str:
        """ARN of the state machine that removes endpoints."""
        return self.output(REMOVAL_MACHINE)

    def machine_for(self, request: dict[str, Any]) -> str:
        """Return the ARN of the state machine for a request: only a removal has `confirm`."""
        return self.removal_machine if "confirm" in request else self.deploy_machine

    @property
    def deployments_table(self) -> str:
        """Name of the table with the history."""
        return self.output("DeploymentsTableName")

    @cached_property
    def locks_table(self) -> str:
        """Name of the table with the locks, which is not an output of the stack."""
        found = self.session.client("cloudformation").describe_stack_resource(
            StackName=self.name, LogicalResourceId="LocksTable"
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def profile_name(self, group: str) -> str:
        """Return the name of the SSM parameter with the profile of a model package group."""
        return f"{self.output('ProfilePrefix')}/{group}"


def find(session: Session, name: str | None) -> Stack:
    """Return the stack of this name, by default `slipway`.

    Raises
    ------
    CommandError
        If there is no such stack, it is not ready, or it is not of Slipway.
    """
    wanted = name or DEFAULT_NAME
    cloudformation = session.client("cloudformation")
    try:
        (found,) = cloudformation.describe_stacks(StackName=wanted)["Stacks"]
    except ClientError as error:
        if code_of(error) != "ValidationError":
            raise
        raise _not_found(session, wanted) from error
    outputs = _outputs(found)
    if DEPLOY_MACHINE in outputs:
        return Stack(session, found["StackName"], outputs)
    if not outputs and not found["StackStatus"].endswith("_COMPLETE"):
        problem = f"Stack {wanted} is {found['StackStatus']} and has no outputs."
        raise unreachable("StackNotReady", problem, "Wait until it is deployed, or see its events in CloudFormation.")
    raise unreachable("StackNotSlipway", f"Stack {wanted} is not a Slipway stack.", "Choose another one: --stack-name.")


def _not_found(session: Session, wanted: str) -> CommandError:
    problem = f"There is no stack {wanted} in {session.region}."
    others = sorted(_slipway_stacks(session))
    if not others:
        remedy = "Check --region and --profile, or name the stack: --stack-name or SLIPWAY_STACK."
        return unreachable("StackNotFound", problem, remedy)
    listed = ", ".join(others)
    remedy = f"Choose one with --stack-name or SLIPWAY_STACK: {listed}."
    return unreachable("StackNotFound", f"{problem} Slipway is deployed there under another name.", remedy)


def _slipway_stacks(session: Session) -> Iterator[str]:
    """Yield the names of the stacks that have Slipway's outputs; none if they cannot be listed."""
    try:
        for page in session.client("cloudformation").get_paginator("describe_stacks").paginate():
            yield from (found["StackName"] for found in page["Stacks"] if DEPLOY_MACHINE in _outputs(found))
    except ClientError:  # they only help to find the right one
        return


def _outputs(found: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
