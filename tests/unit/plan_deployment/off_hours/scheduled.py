"""An account with an endpoint that has hours."""

import copy
import dataclasses
import json
from typing import Any

from shared import records
from shared.execute import send
from shared.plan import SCALE, steps_of
from tests.unit.conftest import RECORD
from tests.unit.plan_deployment.world import OFF_HOURS, World, original

BERLIN = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}
NAME = "test-endpoint-efd0b756-weekdays-"
TUESDAY_NOON = "2026-11-24T11:00:00.000Z"
TUESDAY_NIGHT = "2026-11-24T21:00:00.000Z"


class Scheduled(World):
    """An account in which requests are deployed with their records and schedules."""

    def plan(self, request: Any, now: str = TUESDAY_NOON) -> Any:
        return super().plan(request, now)

    def deployed(self, request: Any, **record: Any) -> Any:
        made = super().deployed(request)
        for step in steps_of(made, SCALE):
            if step["service"] == "scheduler":
                send(copy.deepcopy(step), self.scheduler)
        self.record(made["request"], **record)
        return made

    def record(self, request: Any, **changes: Any) -> None:
        record = dataclasses.replace(RECORD, endpoint_name="test-endpoint", request=request, **changes)
        assert records.write(self.dynamodb, "deployments", record) is None

    @property
    def schedules(self) -> dict[str, Any]:
        """The schedules of the endpoint by the ends of their names."""
        assert {group for group, _ in self.scheduler.schedules} <= {OFF_HOURS.group_name}
        return {name.removeprefix(NAME): body for (_, name), body in self.scheduler.schedules.items()}


def scheduled(schedule: Any = BERLIN, **changes: Any) -> Any:
    return original(schedule=schedule, **changes)


def of_schedules(made: Any) -> list[tuple[str, str]]:
    """Operation and end of the name of each step on a schedule."""
    return [
        (step["operation"], step["request"]["Name"].rpartition("-")[2])
        for step in made["steps"]
        if step["service"] == "scheduler"
    ]


def tick(body: Any) -> Any:
    return json.loads(body["Target"]["Input"])
