"""Figures of a rehearsal: the series that its pictures and tables show, computed from the result of the local AWS."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tools.rehearse.prices import Prices

MINUTES = 60
UNITS = {"variant": "instance", "component": "copy", "concurrency": "unit of concurrency"}
PLURALS = {"variant": "instances", "component": "copies", "concurrency": "units of concurrency"}
OWN = "slipway-"  # prefix of the names of policies and scheduled actions
TRIGGERED = re.compile(r"monitor alarm (?P<alarm>\S+) in state ALARM triggered policy (?P<policy>.+)")
SCHEDULED = re.compile(r"scheduled action name (?P<action>.+) was triggered")
BOUND = re.compile(r"(min|max) capacity to (\d+)")
COUNT = re.compile(r"Setting desired .* to (?P<count>\d+)\.")


@dataclass(frozen=True)
class Activity:
    """A scaling activity: its local time, what changed, its reason in words, and whether AWS refused it."""

    at: datetime
    change: str
    reason: str
    has_failed: bool


@dataclass(frozen=True)
class Load:
    """The metric that target tracking holds: its name with unit, a value per minute, and the target."""

    label: str
    values: Sequence[float | None]
    target: float | None


class Figures:
    """The figures of one variant, component or provisioned concurrency.

    Attributes
    ----------
    running, wanted, requests, capacity : list of float
        Units in service and requested; requests per second, and those that the units can serve. One value per minute.
    """

    def __init__(self, result: dict[str, Any], resource: dict[str, Any]) -> None:
        self._result = result
        self.resource = resource
        self.zone = ZoneInfo(result["timeZone"])
        self.start = datetime.fromisoformat(result["from"]).astimezone(self.zone)
        self.running: list[float] = resource["running"]
        self.wanted: list[float] = resource["wanted"]
        self.requests: list[float] = resource["requestsPerSecond"]
        self.bears: float = resource["unit"]["requestsPerSecond"]
        self.capacity = [count * self.bears for count in self.running]

    @property
    def units(self) -> str:
        """What is counted, in the plural."""
        return PLURALS[self.resource["kind"]]

    @property
    def unit(self) -> str:
        """What is counted, in the singular."""
        return UNITS[self.resource["kind"]]

    def at(self, minute: float) -> datetime:
        """The local time of a minute."""
        return (self.start.astimezone(ZoneInfo("UTC")) + timedelta(minutes=minute)).astimezone(self.zone)

    @cached_property
    def load(self) -> Load:
        """The load per unit and its target; the first target whose metric the result has."""
        per_minute = f"Requests per {self.unit} and minute"
        for target in self.resource["targets"]:
            metric, value = target["metric"], target["targetValue"]
            if metric.endswith(("InvocationsPerInstance", "InvocationsPerCopy")):
                return Load(per_minute, self.resource["loadPerUnit"], value)
            if metric.endswith("ProvisionedConcurrencyUtilization"):
                return Load("Utilization of the concurrency", self.resource["utilization"], value)
            if metric == "ApproximateBacklogSizePerInstance":
                pairs = zip(self.resource["backlog"], self.running, strict=True)
                return Load("Backlog per instance", [b / r if r else None for b, r in pairs], value)
        return Load(per_minute, self.resource["loadPerUnit"], None)

    @property
    def worst_load(self) -> float:
        """Highest requests in relation to capacity, while something runs."""
        pairs = zip(self.requests, self.capacity, strict=True)
        return max((asked / bears for asked, bears in pairs if bears), default=0.0)

    @property
    def minutes_above_target(self) -> int | None:
        """Minutes in which the load is above its target; None without a known target."""
        target = self.load.target
        return None if target is None else sum(each is not None and each > target for each in self.load.values)

    @property
    def minutes_above_capacity(self) -> int:
        """Minutes in which more is asked than the units can serve."""
        return sum(asked > bears for asked, bears in zip(self.requests, self.capacity, strict=True))

    @property
    def unit_hours(self) -> float:
        """Hours of all units that are paid for: of a component, those of its variant's instances."""
        paid: list[float] = self.running if self.resource["kind"] == "concurrency" else self.resource["instances"]
        return sum(paid) / MINUTES

    @property
    def fixed_fleet(self) -> int:
        """Least number of units that never has less capacity than requests."""
        return max(1, math.ceil(max(self.requests, default=0.0) / self.bears))

    @property
    def fixed_fleet_at_target(self) -> int | None:
        """The same for the target; None unless the target is one of requests per minute."""
        load = self.load
        if load.target is None or load.values is not self.resource["loadPerUnit"]:
            return None
        return max(1, math.ceil(max(self.requests, default=0.0) * MINUTES / load.target))

    @property
    def hours(self) -> float:
        """Hours of the rehearsal, which are those of one unit of a fixed fleet."""
        return len(self.requests) / MINUTES

    def cost(self, prices: Prices, hours: float) -> float | None:
        """The cost of some unit hours, if the table has the type."""
        return prices.cost(self.resource.get("instanceType"), hours)

    @cached_property
    def activities(self) -> list[Activity]:
        """Scaling activities, the oldest first."""
        own = [each for each in self._result["activities"] if each["resourceId"] == self.resource["resourceId"]]
        return [self._activity(each) for each in reversed(own)]  # the result has the newest first

    def _activity(self, found: dict[str, Any]) -> Activity:
        at = datetime.fromisoformat(found["StartTime"]).astimezone(self.zone)
        count = COUNT.fullmatch(found["Description"])
        default = f"{self._result['endpointName']}-{self.resource['name']}-target-tracking"
        change = f"to {count['count']}" if count else BOUND.sub(r"\1 \2", found["Description"]).removeprefix("Setting ")
        return Activity(at, change, reason(found["Cause"], default), found["StatusCode"] == "Failed")

    def minute_of(self, at: datetime) -> float:
        """Minutes from the start to a time."""
        return (at - self.start).total_seconds() / MINUTES

    def differs_from(self, other: Figures) -> bool:
        """Whether the units in service differ at some minute."""
        return self.running != other.running


def reason(cause: str, default_policy: str = "") -> str:
    """The cause of an activity in a few words; `default_policy` is the name of the policy that needs no name."""
    if found := TRIGGERED.fullmatch(cause):
        policy = "the policy" if found["policy"] == default_policy else found["policy"].removeprefix(OWN)
        tracked = re.search(r"-Alarm(High|Low)-", found["alarm"])
        if not tracked or not found["alarm"].startswith("TargetTracking-"):
            return f"alarm of {policy}"
        return f"{'above' if tracked[1] == 'High' else 'below'} target of {policy}"
    if found := SCHEDULED.fullmatch(cause):
        return f"schedule {found['action'].removeprefix(OWN)}"
    return cause
