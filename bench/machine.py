"""Slipway on its own local AWS, for the benchmarks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local_aws import LocalAws
from tools import stack

GIVE_UP_SECONDS = 180.0
POLL_SECONDS = 0.05  # seldom enough to be no load
REQUEST = json.loads((stack.ROOT / "events" / "deploy_endpoint.json").read_text())


class DeploymentFailedError(RuntimeError):
    """An execution of a benchmark failed; the message is its error and cause."""


@dataclass(frozen=True)
class Machine:
    """The deployed state machine."""

    aws: LocalAws
    arn: str

    def start(self, endpoint_name: str) -> str:
        """Start the creation of an endpoint and return the execution's ARN."""
        return self.send({**REQUEST, "endpointName": endpoint_name})

    def send(self, request: dict[str, Any]) -> str:
        """Create the models of `request`, start its deployment and return the execution's ARN."""
        stack.make_models(self.aws, request)
        started = self.aws.client("stepfunctions").start_execution(stateMachineArn=self.arn, input=json.dumps(request))
        return str(started["executionArn"])

    def finish(self, execution_arn: str) -> None:
        """Wait until the execution has succeeded.

        Raises
        ------
        DeploymentFailedError
            If it fails, or does not end within `GIVE_UP_SECONDS`.
        """
        states = self.aws.client("stepfunctions")
        give_up_at = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < give_up_at:
            described = states.describe_execution(executionArn=execution_arn)
            if described["status"] == "SUCCEEDED":
                return
            if described["status"] != "RUNNING":
                raise DeploymentFailedError(f"{described.get('error')}: {described.get('cause')}")
            time.sleep(POLL_SECONDS)
        raise DeploymentFailedError(f"{execution_arn} still runs after {GIVE_UP_SECONDS:g} s")

    @contextmanager
    def without_events(self) -> Iterator[None]:
        """Deliver no events about changed endpoints."""
        found = self.aws.client("cloudformation").describe_stack_resource(
            StackName=stack.STACK_NAME, LogicalResourceId="WakeExecutionFunctionEndpointChanged"
        )
        rule = found["StackResourceDetail"]["PhysicalResourceId"]
        events = self.aws.client("events")
        events.disable_rule(Name=rule)
        try:
            yield
        finally:
            events.enable_rule(Name=rule)

    def history(self, execution_arn: str) -> list[dict[str, Any]]:
        """Every event of the execution."""
        pages = self.aws.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=execution_arn) for event in page["events"]]


@contextmanager
def deployed() -> Iterator[Machine]:
    """Start a local AWS, deploy Slipway to it, and stop it at the end of the block."""
    with LocalAws() as aws:
        stack.make_model_role(aws)
        outputs = stack.deploy(aws)
        yield Machine(aws, outputs["DeployEndpointStateMachineArn"])
