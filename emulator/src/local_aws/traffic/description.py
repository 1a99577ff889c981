"""Descriptions of traffic: what clients would send to an endpoint, for how long, and what one unit of it bears."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from local_aws.traffic import local_time, patterns
from local_aws.traffic.assumptions import Assumptions
from local_aws.traffic.patterns import Pattern, Times
from local_aws.traffic.reading import Members, fault

MOST_HOURS = 31 * 24
MINUTE = 60
_MEMBERS = (
    "endpointName",
    "start",
    "timeZone",
    "hours",
    "unit",
    "launchSeconds",
    "releaseSeconds",
    "requestsPerSecond",
    "variants",
    "inferenceComponents",
    "assumptions",
)


@dataclass(frozen=True)
class Unit:
    """What an instance, a copy of a component, or one of provisioned concurrency bears."""

    requests_per_second: float
    latency_seconds: float

    @classmethod
    def parsed(cls, value: Any, pointer: str) -> Unit:
        """The unit. Its latency is by default that of one request at a time."""
        given = Members(value, pointer, ("requestsPerSecond", "latencyMilliseconds"))
        rate = given.number("requestsPerSecond", above=0)
        return cls(rate, given.number("latencyMilliseconds", 1000 / rate, above=0) / 1000)

    def as_json(self) -> dict[str, float]:
        return {
            "requestsPerSecond": self.requests_per_second,
            "latencyMilliseconds": self.latency_seconds * 1000,
        }


@dataclass(frozen=True)
class Component:
    """An inference component: its part of the requests in relation to the others, and its unit."""

    share: float
    unit: Unit


@dataclass(frozen=True)
class Description:
    """Traffic from `start` to `end`, in seconds since the epoch, both on a full minute.

    Attributes
    ----------
    launch_seconds, release_seconds : float or None
        Time until a larger and a smaller fleet is in service; None for that of the local AWS.
    """

    endpoint_name: str
    start: int
    end: int
    zone: ZoneInfo
    requests_per_second: Pattern
    unit: Unit
    variants: dict[str, Unit]
    components: dict[str, Component]
    launch_seconds: float | None
    release_seconds: float | None
    assumptions: Assumptions

    def unit_of_variant(self, name: str) -> Unit:
        return self.variants.get(name, self.unit)

    def component(self, name: str) -> Component:
        """The component of that name: with a share of 1 unless it is described."""
        return self.components.get(name) or Component(1.0, self.unit)


def parsed(body: Any, now: float) -> Description:
    """The description in the body of a request at the time `now`.

    Raises
    ------
    BadControlRequestError
        If a member is missing, unknown or invalid, or the start has passed.
    """
    given = Members(body, "", _MEMBERS)
    zone = local_time.zone(given.text("timeZone", "UTC"), given.at("timeZone"))
    start = _start(given, zone, now)
    hours = given.number("hours", above=0)
    if hours > MOST_HOURS:
        raise fault(given.at("hours"), f"{hours:g} is more than {MOST_HOURS}: play at most 31 days")
    if round(hours * 60) < 1:
        raise fault(given.at("hours"), f"{hours:g} is less than a minute")
    unit = Unit.parsed(given.get("unit"), given.at("unit"))
    return Description(
        endpoint_name=given.text("endpointName"),
        start=start,
        end=start + round(hours * 60) * MINUTE,
        zone=zone,
        requests_per_second=patterns.parsed(
            given.get("requestsPerSecond"), given.at("requestsPerSecond"), Times(zone, start)
        ),
        unit=unit,
        variants=_variants(given),
        components=_components(given, unit),
        launch_seconds=given.number("launchSeconds", above=0) if "launchSeconds" in given else None,
        release_seconds=given.number("releaseSeconds", above=0) if "releaseSeconds" in given else None,
        assumptions=Assumptions.parsed(given.get("assumptions", {}), given.at("assumptions")),
    )


def _start(given: Members, zone: ZoneInfo, now: float) -> int:
    earliest = math.ceil(now / MINUTE) * MINUTE
    if "start" not in given:
        return earliest
    text = given.text("start")
    start = local_time.moment(text, zone, given.at("start"))
    if start % MINUTE:
        raise fault(given.at("start"), f"{text} is not a full minute")
    if start < now:
        possible = local_time.iso(earliest, zone)
        raise fault(given.at("start"), f"{text} has passed on the clock; the earliest start is {possible}")
    return int(start)


def _variants(given: Members) -> dict[str, Unit]:
    found = given.objects("variants", ("unit",))
    return {name: Unit.parsed(each.get("unit"), each.at("unit")) for name, each in found.items()}


def _components(given: Members, unit: Unit) -> dict[str, Component]:
    found = given.objects("inferenceComponents", ("share", "unit"))
    return {
        name: Component(
            each.number("share", 1.0, above=0),
            Unit.parsed(each.get("unit"), each.at("unit")) if "unit" in each else unit,
        )
        for name, each in found.items()
    }
