"""The result of a play: for each resource one value per minute, scaling activities, and changes of alarms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local_aws.cloudwatch import Change
from local_aws.traffic import flows, local_time, scaling
from local_aws.traffic.description import MINUTE, Description
from local_aws.traffic.flows import Minute
from local_aws.traffic.serving import Kind, Serving

Key = tuple[Kind, str]

# At the begin of a minute, and about what happened in it.
_AT_BEGIN = ("running", "wanted", "minimum", "maximum", "instances")
_POOLS = "pools"
_DURING = ("requestsPerSecond", "loadPerUnit", "utilization", "concurrency", "backlog", "failed")
_UNKNOWN = {"minimum": None, "maximum": None, "loadPerUnit": None, "utilization": None, "concurrency": None}


class Resource:
    """The columns of a resource."""

    def __init__(self, serving: Serving, minutes_before: int) -> None:
        self.serving = serving
        self._columns: dict[str, list[Any]] = {
            name: [_UNKNOWN.get(name, 0)] * minutes_before for name in (*_AT_BEGIN, *_DURING)
        }
        self._pools: list[dict[str, int]] = [{}] * minutes_before

    def add(self, values: dict[str, Any]) -> None:
        """Add a minute; members without a value are those of a resource that is not there."""
        for name, column in self._columns.items():
            column.append(values.get(name, _UNKNOWN.get(name, 0)))
        self._pools.append(values.get(_POOLS, {}))

    def as_json(self, seconds: list[int], targets: list[dict[str, Any]]) -> dict[str, Any]:
        serving = self.serving
        return {
            "resourceId": serving.resource_id,
            "kind": serving.kind,
            "name": serving.name,
            "variantName": serving.variant_name,
            "unit": serving.unit.as_json(),
            "instanceType": serving.instance_type,
            "instancePools": {
                each: [counts.get(each, 0) for counts in self._pools[: len(seconds)]] for each in serving.pools
            },
            "unitsPerInstance": serving.units_per_instance,
            "seconds": seconds,
            **{name: column[: len(seconds)] for name, column in self._columns.items()},
            "targets": targets,
        }


class Result:
    """What was recorded until now."""

    def __init__(self, account_id: str, region: str, described: Description) -> None:
        self._account_id, self._region, self._described = account_id, region, described
        self._seconds: list[int] = []
        self._resources: dict[Key, Resource] = {}
        self._changes: list[Change] = []

    def begin(self, serving: Serving) -> dict[str, Any]:
        """The values of a resource at the begin of a minute."""
        bounds = scaling.view.bounds(self._account_id, self._region, serving.resource_id)
        minimum, maximum = bounds or (None, None)
        values = (serving.running, serving.wanted, minimum, maximum, serving.instances)
        return {**dict(zip(_AT_BEGIN, values, strict=True)), _POOLS: serving.pools}

    def add(self, rows: dict[Key, tuple[Serving, dict[str, Any], Minute, float]], rate: float) -> None:
        """Add a minute: for each resource its values at the begin, what happened, and its backlog at the end.

        Without any resource the endpoint is gone, and the described requests, `rate` a second, fail.
        """
        for key, (serving, begun, minute, backlog) in rows.items():
            resource = self._resources.setdefault(key, Resource(serving, len(self._seconds)))
            resource.serving = serving
            happened = (
                round(minute.requests / MINUTE, 4),
                flows.load_per_unit(minute, serving),
                flows.utilization(minute),
                flows.concurrency(minute),
                round(backlog, 3),
                round(minute.failed, 3),
            )
            resource.add({**begun, **dict(zip(_DURING, happened, strict=True))})
        for key, resource in self._resources.items():
            if key not in rows:
                lost = 0.0 if rows else rate * resource.serving.share
                resource.add({"requestsPerSecond": round(lost, 4), "failed": round(lost * MINUTE, 3)})
        self._seconds.append(len(self._seconds) * MINUTE)

    def change(self, change: Change) -> None:
        """Add a change of an alarm."""
        self._changes.append(change)

    def as_json(self) -> dict[str, Any]:
        """The answer of ``GET /_emulator/traffic``, as far as it has been played."""
        described = self._described
        start = datetime.fromtimestamp(described.start, UTC)
        of_endpoint = {each.serving.resource_id for each in list(self._resources.values())}
        return {
            "endpointName": described.endpoint_name,
            "from": local_time.iso(described.start, described.zone),
            "to": local_time.iso(described.start + len(self._seconds) * MINUTE, described.zone),
            "timeZone": described.zone.key,
            "stepSeconds": MINUTE,
            "assumptions": described.assumptions.as_json(),
            "launchSeconds": described.launch_seconds,
            "releaseSeconds": described.release_seconds,
            "resources": [
                each.as_json(list(self._seconds), self._targets(each)) for each in list(self._resources.values())
            ],
            "activities": [
                {"resourceId": each["ResourceId"], **{name: _json(value) for name, value in each.items()}}
                for each in scaling.view.activities(self._account_id, self._region, start)
                if each["ResourceId"] in of_endpoint
            ],
            "alarms": [self._alarm(change) for change in list(self._changes)],
        }

    def _targets(self, resource: Resource) -> list[dict[str, Any]]:
        return scaling.view.targets(self._account_id, self._region, resource.serving.resource_id)

    def _alarm(self, change: Change) -> dict[str, Any]:
        return {
            "alarmName": change.alarm_name,
            "at": local_time.iso(change.at, self._described.zone),
            "from": change.before,
            "to": change.after,
            "reason": change.reason,
        }


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
