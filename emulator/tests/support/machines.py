"""Small state machines for tests: create, run to the end, inspect."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from local_aws import LocalAws, until

ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}

State = dict[str, Any]


def jsonata(first: str, states: dict[str, State], **fields: Any) -> dict[str, Any]:
    """A JSONata machine."""
    return {"QueryLanguage": "JSONata", "StartAt": first, "States": states, **fields}


def task(resource: str, arguments: Any, **fields: Any) -> State:
    """A JSONata task of ``arn:aws:states:::<resource>`` that ends its machine, unless it has a Next."""
    follows = {} if "Next" in fields else {"End": True}
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Arguments": arguments,
        **follows,
        **fields,
    }


def pass_on(output: Any, **fields: Any) -> State:
    """A Pass state that ends its machine with `output`."""
    return {"Type": "Pass", "Output": output, "End": True, **fields}


@dataclass(frozen=True)
class Ended:
    """An execution that has ended."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    seconds: float
    events: list[dict[str, Any]]

    @property
    def kinds(self) -> list[str]:
        """Types of the history's events, in order."""
        return [event["type"] for event in self.events]

    @property
    def chain(self) -> list[int]:
        """The previous event of each event, in order."""
        return [event["previousEventId"] for event in self.events]

    def details(self, kind: str) -> list[dict[str, Any]]:
        """Details of the events of a type, in order."""
        found = [event for event in self.events if event["type"] == kind]
        return [next((value for key, value in event.items() if key.endswith("Details")), {}) for event in found]

    @property
    def visited(self) -> list[str]:
        """Names of the states entered, in order."""
        return [e["stateEnteredEventDetails"]["name"] for e in self.events if "stateEnteredEventDetails" in e]


class Machines:
    """State machines with a role that has all rights."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self.states = aws.client("stepfunctions")
        self.role_arn = self._role()

    def create(self, definition: dict[str, Any], **fields: Any) -> str:
        """Create a machine; return its ARN."""
        name = f"machine-{uuid.uuid4().hex[:12]}"
        text = json.dumps(definition)
        made = self.states.create_state_machine(
            **{"name": name, "definition": text, "roleArn": self.role_arn, **fields}
        )
        return str(made["stateMachineArn"])

    def run(self, definition: dict[str, Any], value: Any = None) -> Ended:
        """Run a new machine with `value` to its end."""
        return self.wait(self.start(self.create(definition), value))

    def start(self, machine_arn: str, value: Any = None, **fields: Any) -> str:
        text = json.dumps({} if value is None else value)
        started = self.states.start_execution(stateMachineArn=machine_arn, input=text, **fields)
        return str(started["executionArn"])

    def described(self, arn: str) -> dict[str, Any]:
        """Wait for the execution's end; return its description."""

        def ended() -> dict[str, Any] | None:
            described: dict[str, Any] = self.states.describe_execution(executionArn=arn)
            return None if described["status"] == "RUNNING" else described

        return until(ended) or {}

    def wait(self, arn: str) -> Ended:
        """Wait for the execution's end; return it."""
        described = self.described(arn)
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return Ended(
            arn=arn,
            status=described["status"],
            output=json.loads(described["output"]) if "output" in described else None,
            error=described.get("error"),
            cause=described.get("cause"),
            seconds=(described["stopDate"] - described["startDate"]).total_seconds(),
            events=[event for page in pages for event in page["events"]],
        )

    def _role(self) -> str:
        iam = self._aws.client("iam")
        name = f"machines-{uuid.uuid4().hex[:12]}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="anything", PolicyDocument=json.dumps(ANYTHING))
        return str(role["Arn"])
