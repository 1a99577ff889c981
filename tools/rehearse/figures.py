"""Figures of a rehearsal: the series that its pictures and tables show, computed from the result of the local AWS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tools.rehearse import activities
from tools.rehearse.activities import Activity

MINUTES = 60
UNITS = {"variant": "instance", "component": "copy", "concurrency": "unit of concurrency"}
PLURALS = {"variant": "instances", "component": "copies", "concurrency": "units of concurrency"}


@dataclass(frozen=True)
class Load:
    """A metric that target tracking holds: its name with unit, a value per minute, and the target."""

    label: str
    values: Sequence[float | None]
    target: float | None


class Figures:
    """The figures of one variant, component or provisioned concurrency.

    Attributes
    ----------
    running, wanted, requests, capacity : list of float
        Units in service and requested; requests per second, and those that the units can serve. One value per minute.
    failed : list of float
        Requests per second that no unit served.
    """

    def __init__(self, result: dict[str, Any], resource: dict[str, Any]) -> None:
        self.result = result
        self.resource = resource
        self.zone = ZoneInfo(result["timeZone"])
        self.start = datetime.fromisoformat(result["from"]).astimezone(self.zone)
        self.running: list[float] = resource["running"]
        self.wanted: list[float] = resource["wanted"]
        self.requests: list[float] = resource["requestsPerSecond"]
        self.bears: float = resource["unit"]["requestsPerSecond"]
        self.capacity = [count * self.bears for count in self.running]
        self.failed = [count / MINUTES for count in resource["failed"]]

    @property
    def is_variant(self) -> bool:
        """Whether the units are instances, which are paid for."""
        return bool(self.resource["kind"] == "variant")

    @property
    def is_component(self) -> bool:
        """Whether the units are copies on the instances of a variant."""
        return bool(self.resource["kind"] == "component")

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

    def minute_of(self, at: datetime) -> float:
        """Minutes from the start to a time."""
        return (at - self.start).total_seconds() / MINUTES

    @property
    def hours(self) -> float:
        """Hours of the rehearsal, which are those of one unit of a fixed fleet."""
        return len(self.requests) / MINUTES

    @cached_property
    def loads(self) -> list[Load]:
        """The load per unit for each target whose metric the result has; requests without a target if it has none."""
        found = [self._load(each["metric"], each["targetValue"]) for each in self.resource["targets"]]
        known = [each for each in found if each]
        return known or [self._requests_per_unit(None)]

    @property
    def load(self) -> Load:
        """The load of the first target."""
        return self.loads[0]

    def _load(self, metric: str, target: float) -> Load | None:
        if metric.endswith(("InvocationsPerInstance", "InvocationsPerCopy")):
            return self._requests_per_unit(target)
        if "ConcurrentRequests" in metric:
            return Load(f"Concurrent requests per {self.unit}", self.resource["concurrency"], target)
        if metric.endswith("ProvisionedConcurrencyUtilization"):
            return Load("Utilization of the concurrency", self.resource["utilization"], target)
        if metric == "ApproximateBacklogSizePerInstance":
            pairs = zip(self.resource["backlog"], self.running, strict=True)
            return Load("Backlog per instance", [b / r if r else None for b, r in pairs], target)
        return None

    def _requests_per_unit(self, target: float | None) -> Load:
        return Load(f"Requests per {self.unit} and minute", self.resource["loadPerUnit"], target)

    @cached_property
    def without_unit(self) -> list[bool]:
        """For each minute whether requests come or wait and no unit is in service."""
        columns = zip(self.requests, self.resource["backlog"], self.running, strict=True)
        return [not running and (asked > 0 or waiting > 0) for asked, waiting, running in columns]

    def above_target(self, load: Load) -> list[bool]:
        """For each minute whether the load is above its target; without a unit, any request is."""
        target = math.inf if load.target is None else load.target
        pairs = zip(load.values, self.without_unit, strict=True)
        return [none or (value is not None and value > target) for value, none in pairs]

    @cached_property
    def above_capacity(self) -> list[bool]:
        """For each minute whether more is asked than the units can serve."""
        columns = zip(self.requests, self.capacity, self.without_unit, strict=True)
        return [none or asked > bears for asked, bears, none in columns]

    @property
    def worst_load(self) -> float:
        """Highest requests in relation to capacity, while something runs."""
        pairs = zip(self.requests, self.capacity, strict=True)
        return max((asked / bears for asked, bears in pairs if bears), default=0.0)

    @property
    def minutes_above_target(self) -> int | None:
        """Minutes in which the load is above the first target; None without a known target."""
        return None if self.load.target is None else sum(self.above_target(self.load))

    @property
    def instance_types(self) -> list[str]:
        """The type of the variant's instances, or those of its instance pools; empty without instances."""
        one = self.resource["instanceType"]
        return [one] if one else list(self.resource["instancePools"])

    @cached_property
    def instance_hours(self) -> dict[str, float]:
        """Hours by type of the instances that are paid for; empty for copies, which share their variant's."""
        if not self.is_variant:
            return {}
        one = self.resource["instanceType"]
        counts = {one: self.resource["instances"]} if one else self.resource["instancePools"]
        return {each: sum(values) / MINUTES for each, values in counts.items()}

    @property
    def unit_hours(self) -> float:
        """Hours of all units: of instances those that are paid for, otherwise those in service."""
        return sum(self.instance_hours.values()) if self.is_variant else sum(self.running) / MINUTES

    @property
    def fixed_fleet(self) -> int:
        """Least number of units that never has less capacity than requests."""
        return max(1, math.ceil(max(self.requests, default=0.0) / self.bears))

    @property
    def fixed_fleet_at_target(self) -> int | None:
        """The same for the target; None unless the first target is one of requests per minute."""
        load = self.load
        if load.target is None or load.values is not self.resource["loadPerUnit"]:
            return None
        return max(1, math.ceil(max(self.requests, default=0.0) * MINUTES / load.target))

    @cached_property
    def activities(self) -> list[Activity]:
        """Scaling activities, the oldest first."""
        default = f"{self.result['endpointName']}-{self.resource['name']}-target-tracking"
        own = [each for each in self.result["activities"] if each["resourceId"] == self.resource["resourceId"]]
        return [activities.activity(each, self.zone, default) for each in reversed(own)]  # the newest come first

    def differs_from(self, other: Figures) -> bool:
        """Whether the units in service differ at some minute."""
        return self.running != other.running
