"""Stacks for tests: templates of a few lines, and the state of their stacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local_aws import LocalAws

Json = dict[str, Any]


def template(text: str) -> str:
    """The template whose resources, or all of whose sections, are in the YAML `text`."""
    return text if "Resources" in text else "Resources:\n" + yaml_block(text)


def yaml_block(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def evaluated(aws: LocalAws, name: str, values: str, sections: str = "", **options: Any) -> dict[str, str]:
    """The outputs of a stack with these output values (a YAML mapping)."""
    named = (line.strip().partition(": ") for line in values.strip().splitlines())
    outputs = "".join(f"\n  {key}: {{Value: {value}}}" for key, _, value in named)
    stack = StackOf(aws, name)
    text = f"{sections}\nResources:\n  Handle: {{Type: AWS::CloudFormation::WaitConditionHandle}}\nOutputs:{outputs}"
    assert stack.create(text, **options) == "CREATE_COMPLETE", stack.failures
    return stack.outputs


@dataclass(frozen=True)
class StackOf:
    """A stack of a test; `name` must be unique among all tests."""

    aws: LocalAws
    name: str

    @property
    def api(self) -> Any:
        return self.aws.client("cloudformation")

    def create(self, text: str, **options: Any) -> str:
        """Create the stack; return its status."""
        self.api.create_stack(StackName=self.name, TemplateBody=template(text), **_options(options))
        return self.status

    def update(self, text: str, **options: Any) -> str:
        """Update the stack; return its status."""
        self.api.update_stack(StackName=self.name, TemplateBody=template(text), **_options(options))
        return self.status

    def delete(self) -> str:
        """Delete the stack; return its status."""
        stack_id = self.described["StackId"]
        self.api.delete_stack(StackName=self.name)
        stacks = self.api.describe_stacks(StackName=stack_id)["Stacks"]
        return str(stacks[0]["StackStatus"])

    @property
    def described(self) -> Json:
        stack: Json = self.api.describe_stacks(StackName=self.name)["Stacks"][0]
        return stack

    @property
    def status(self) -> str:
        return str(self.described["StackStatus"])

    @property
    def outputs(self) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.described.get("Outputs", [])}

    @property
    def events(self) -> list[Json]:
        """Events, oldest first."""
        events: list[Json] = self.api.describe_stack_events(StackName=self.name)["StackEvents"]
        return events[::-1]

    @property
    def story(self) -> list[str]:
        """Events, oldest first, as ``LogicalId STATUS``."""
        return [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in self.events]

    @property
    def failures(self) -> list[str]:
        """Reasons of failed resources, for the message of an assertion."""
        failed = [event for event in self.events if event["ResourceStatus"].endswith("_FAILED")]
        return [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed]

    def reason(self, logical_id: str, status: str) -> str:
        """The last reason of the resource's (or the stack's) `status`."""
        for event in reversed(self.events):
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status):
                return str(event.get("ResourceStatusReason", ""))
        raise AssertionError(f"{logical_id} never was {status}: {self.story}")

    def __getitem__(self, logical_id: str) -> str:
        """The physical id of a resource."""
        detail = self.api.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])


def _options(options: Json) -> Json:
    """Options of the API; parameters and tags can be mappings."""
    given = dict(options)
    for member, key, value in (("Parameters", "ParameterKey", "ParameterValue"), ("Tags", "Key", "Value")):
        if isinstance(given.get(member), dict):
            given[member] = [{key: name, value: text} for name, text in given[member].items()]
    return given
