"""Groups and schedules, by account and Region. Groups and their tags are moto's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.scheduler.models import ScheduleGroup, scheduler_backends

from local_aws.scheduler import errors
from local_aws.scheduler.timetable import Timetable

Backend = Any
Request = dict[str, Any]

DEFAULT_GROUP = "default"


@dataclass
class Schedule:
    """A schedule.

    Attributes
    ----------
    content : dict
        The request, with the system's defaults.
    made_by : dict
        The request that created it, with its token.
    """

    name: str
    group: ScheduleGroup
    arn: str
    content: Request
    made_by: Request
    timetable: Timetable
    created: datetime
    modified: datetime

    @property
    def is_enabled(self) -> bool:
        return bool(self.content["State"] == "ENABLED")

    @property
    def deletes_itself(self) -> bool:
        return bool(self.content["ActionAfterCompletion"] == "DELETE")

    def delete(self) -> None:
        """Delete the schedule; nothing happens if it is gone."""
        self.group.schedules.pop(self.name, None)


def backend_of(account_id: str, region: str) -> Backend:
    """The backend of an account and Region."""
    return scheduler_backends[account_id][region]


def require_group(backend: Backend, name: str) -> ScheduleGroup:
    """The group of that name.

    Raises
    ------
    ApiError
        ResourceNotFoundException if it does not exist.
    """
    group: ScheduleGroup | None = backend.schedule_groups.get(name)
    if group is None:
        raise errors.not_found(f"Schedule group {name}")
    return group


def find(group: ScheduleGroup, name: str) -> Schedule | None:
    """The schedule of that name, or None."""
    found: Any = group.schedules.get(name)
    return found  # type: ignore[no-any-return]


def require(group: ScheduleGroup, name: str) -> Schedule:
    """The schedule of that name.

    Raises
    ------
    ApiError
        ResourceNotFoundException if it does not exist.
    """
    found = find(group, name)
    if found is None:
        raise errors.not_found(f"Schedule {name}")
    return found


def everywhere() -> Iterator[Schedule]:
    """The schedules of all accounts and Regions."""
    for regions in list(scheduler_backends.values()):
        for backend in list(regions.values()):
            for group in list(backend.schedule_groups.values()):
                schedules: list[Any] = list(group.schedules.values())
                yield from schedules
