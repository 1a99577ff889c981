"""Schedules of EventBridge Scheduler for tests, with a machine that they start."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws import LocalAws, until
from support.callers import Caller, allow, make_role
from support.machines import Machines, jsonata, pass_on

Json = dict[str, Any]

SERVICE = "scheduler.amazonaws.com"
_numbers = itertools.count()


@dataclass(frozen=True)
class Scheduled:
    """A group of schedules that may start a machine."""

    aws: LocalAws
    group: str
    machine_arn: str
    role: Caller

    @property
    def client(self) -> Any:
        return self.aws.client("scheduler")

    def target(self, **more: Any) -> Json:
        return {"Arn": self.machine_arn, "RoleArn": self.role.role_arn, "Input": "{}", **more}

    def request(self, expression: str = "rate(1 hour)", name: str = "s", **more: Any) -> Json:
        window = {"Mode": "OFF"}
        return {
            "Name": name,
            "GroupName": self.group,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": window,
            "Target": self.target(),
            **more,
        }

    def create(self, expression: str, name: str = "s", **more: Any) -> str:
        return str(self.client.create_schedule(**self.request(expression, name, **more))["ScheduleArn"])

    def now(self) -> datetime:
        return datetime.fromisoformat(self.aws.get("clock")["now"]).astimezone(UTC)

    def fire(self, end: datetime, **more: Any) -> list[Json]:
        """Fire what is due until `end`; return what this group fired."""
        fired: list[Json] = self.aws.post("scheduler", {"until": end.isoformat(), **more})["fired"]
        return [each for each in fired if f":schedule/{self.group}/" in each["scheduleArn"]]

    def inputs(self) -> list[Json]:
        """Inputs of the machine's executions, the oldest first."""
        states = self.aws.client("stepfunctions")
        found = states.list_executions(stateMachineArn=self.machine_arn)["executions"]
        started = sorted(found, key=lambda each: each["startDate"])
        return [json.loads(states.describe_execution(executionArn=each["executionArn"])["input"]) for each in started]

    def next_hour(self) -> datetime:
        """A full hour, at least one hour from now."""
        return self.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)

    def wait_for_executions(self, count: int) -> list[Json]:
        until(lambda: len(self.inputs()) >= count)
        return self.inputs()


def make_scheduled(aws: LocalAws, *, may_start: bool = True, trusts: str = SERVICE) -> Scheduled:
    """Create a group, a machine, and a role that may start it, send to queues and invoke functions."""
    machine_arn = Machines(aws).create(jsonata("Done", {"Done": pass_on("{% $states.input %}")}))
    rights = [allow(["sqs:SendMessage", "lambda:InvokeFunction"])] + (
        [allow("states:StartExecution", machine_arn)] if may_start else []
    )
    group = f"group-{next(_numbers)}"
    aws.client("scheduler").create_schedule_group(Name=group)
    return Scheduled(aws, group, machine_arn, make_role(aws, *rights, trusts=trusts))
