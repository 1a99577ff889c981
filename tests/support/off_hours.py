"""The schedules of an endpoint in played time, and what they started."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local_aws import until
from tests.support.deployment import Slipway

ZONE = ZoneInfo("Europe/Berlin")
HOURS = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}
MORNING, BEGIN, EVENING = "06:45", "07:00", "20:00"
CHANGES = {"CreateEndpoint": "up", "DeleteEndpoint": "away"}


@dataclass(frozen=True)
class Ticked:
    """An execution that a tick started."""

    arn: str
    at: str
    wants: str
    status: str
    output: Any
    error: str | None
    cause: str


class OffHours:
    """An endpoint with hours, from now on."""

    def __init__(self, slipway: Slipway, endpoint_name: str) -> None:
        self.slipway, self.name = slipway, endpoint_name
        self.began = self.now

    @property
    def now(self) -> datetime:
        """The time of the virtual clock, in the zone of the hours."""
        return datetime.fromisoformat(self.slipway.aws.get("clock")["now"]).astimezone(ZONE)

    def next(self, at: str, weekday: int | None = None) -> datetime:
        """The next time of the day on a weekday; Monday is 0."""
        hour, minute = map(int, at.split(":"))
        found = self.now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        while found <= self.now or found.weekday() > 4 or weekday not in (None, found.weekday()):
            found = (found + timedelta(days=1)).replace(hour=hour, minute=minute)
        return found

    def play(self, end: datetime, deliveries: int = 1) -> list[dict[str, Any]]:
        """Let time pass until then, and return what was fired."""
        body = {"until": end.astimezone(ZoneInfo("UTC")).isoformat(), "deliveries": deliveries}
        fired: list[dict[str, Any]] = self.slipway.aws.post("scheduler", body)["fired"]
        return fired

    def evening(self, deliveries: int = 1) -> list[Ticked]:
        """Let time pass until the endpoint is away, and return what the ticks started."""
        return self._after(self.next(EVENING), timedelta(minutes=30), deliveries)

    def morning(self, deliveries: int = 1) -> list[Ticked]:
        """Let time pass until the endpoint is up, and return what the ticks started."""
        return self._after(self.next(MORNING), timedelta(minutes=45), deliveries)

    def _after(self, at: datetime, minutes: timedelta, deliveries: int) -> list[Ticked]:
        known = {ticked.arn for ticked in self.ticked()}
        self.play(at + minutes, deliveries)
        return [ticked for ticked in self.ticked() if ticked.arn not in known]

    def ticked(self) -> list[Ticked]:
        """Executions that ticks of this endpoint started, in the order of their start, after their end."""
        machines = (self.slipway.machine_arn, self.slipway.removing_machine_arn)
        found = [self._ticked(arn) for machine in machines for arn in self._executions(machine)]
        return sorted((each for each in found if each), key=lambda each: datetime.strptime(each.at, "%Y-%m-%d %H:%M"))

    def _executions(self, machine_arn: str) -> list[str]:
        states = self.slipway.aws.client("stepfunctions")
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine_arn)
        return [
            str(each["executionArn"])
            for page in pages
            for each in page["executions"]
            if each["startDate"] >= self.began.replace(microsecond=0)
        ]

    def _ticked(self, arn: str) -> Ticked | None:
        states = self.slipway.aws.client("stepfunctions")
        given = json.loads(states.describe_execution(executionArn=arn)["input"])
        if given.get("endpointName") != self.name or "scheduled" not in given:
            return None
        ended = self.slipway.wait(arn)
        return Ticked(
            arn=arn,
            at=f"{ended['startDate'].astimezone(ZONE):%Y-%m-%d %H:%M}",
            wants=given["scheduled"]["wants"],
            status=ended["status"],
            output=json.loads(ended.get("output") or "null"),
            error=ended.get("error"),
            cause=ended.get("cause", ""),
        )

    def changes(self) -> list[str]:
        """When the endpoint was created and deleted, in the time of the zone."""
        calls = [call for call in self.slipway.aws.get("calls") if call["operation"] in CHANGES]
        found = (
            f"{datetime.fromisoformat(call['time']).astimezone(ZONE):%a %d %H:%M} {CHANGES[call['operation']]}"
            for call in calls
            if call["resource"].lower().endswith(f"endpoint/{self.name}") and not call.get("error")
        )
        return list(dict.fromkeys(found))  # a call has an entry for each of its resources

    def messages(self, *ticked: Ticked) -> list[dict[str, Any]]:
        """Notifications of the executions."""
        return [message for each in ticked for message in self.slipway.messages_of(each.arn)]

    def tick(self, wants: str) -> str:
        """Start the execution of a tick as a late delivery does, and return its ARN."""
        machine = self.slipway.machine_arn if wants == "up" else self.slipway.removing_machine_arn
        given = {"endpointName": self.name, "scheduled": {"wants": wants, "time": self.began.isoformat()}}
        states = self.slipway.aws.client("stepfunctions")
        return str(states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"])

    def is_up(self) -> bool:
        """Whether the endpoint is in service."""
        found = self.slipway.endpoint(self.name)
        return found is not None and found["EndpointStatus"] == "InService"

    def schedules(self) -> list[str]:
        """Names of the endpoint's schedules."""
        pages = self.slipway.aws.client("scheduler").get_paginator("list_schedules").paginate()
        return [
            each["Name"] for page in pages for each in page["Schedules"] if each["Name"].startswith(f"{self.name}-")
        ]

    def remove(self) -> None:
        """Remove the endpoint and its schedules."""
        run = self.slipway.remove({"endpointName": self.name, "confirm": self.name})
        assert run.status == "SUCCEEDED", run.cause
        until(lambda: self.slipway.endpoint(self.name) is None)
