"""The steps for the schedules of an endpoint, each with its undo."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from plan_deployment.environment import Services, Settings
from plan_deployment.situation import Situation
from shared import records
from shared.aws import Json
from shared.plan import Call, Step
from shared.planning import calls
from shared.planning.scaling_snapshot import Snapshot
from shared.registered import differences_of_schedule

FIELD = "schedule"
# Records that are read to find out whether schedules can exist: with more, they are looked for.
MOST_RECORDS = 100


@dataclass(frozen=True)
class OffHoursPlan:
    """Steps for the schedules of the endpoint.

    Attributes
    ----------
    in_effect : list of Call
        Calls that would create the schedules that exist as requested.
    sentence : str or None
        The hours for people; None for all hours.
    """

    steps: list[Step] = field(default_factory=list)
    in_effect: list[Call] = field(default_factory=list)
    sentence: str | None = None
    warnings: list[str] = field(default_factory=list)


def plan_off_hours(
    situation: Situation, registered: Snapshot, now: str, services: Services, settings: Settings
) -> OffHoursPlan:
    """Return the steps that create, update and delete the schedules of the endpoint.

    Parameters
    ----------
    registered : Snapshot
        The scaling that is registered before the deployment.
    now : str
        The time; ISO 8601.
    """
    schedule, name = situation.source.request.schedule, situation.endpoint_name
    if schedule is None and not _can_exist(name, services, settings):
        return OffHoursPlan()
    # Imported on demand: most requests have no schedule, and a cold start is CPU-bound.
    from shared import off_hours

    existing = off_hours.read(services.scheduler(), settings.off_hours.group_name, name)
    if schedule is None:
        return OffHoursPlan(steps=[_deletion(each) for each in existing])
    from plan_deployment.off_hours.requested import requested_schedules, sentence
    from plan_deployment.off_hours.warnings import warnings
    from shared.hours import hours_of

    hours = hours_of(schedule)
    comparison = Comparison(requested_schedules(name, hours, settings.off_hours), existing)
    return OffHoursPlan(
        steps=list(comparison.steps()),
        in_effect=[calls.create_schedule(each) for each in comparison.in_effect()],
        sentence=sentence(hours),
        warnings=list(warnings(situation, hours, registered, now)),
    )


def _can_exist(endpoint_name: str, services: Services, settings: Settings) -> bool:
    """Whether schedules can exist, by the records up to the last deployment that succeeded.

    A deployment that failed, or was stopped, can have left some. Most endpoints have none, so this saves most plans the
    client of EventBridge Scheduler.
    """
    found = records.newest_first(services.dynamodb, settings.deployments_table, endpoint_name)
    for number, record in enumerate(found):
        if record.request is None or FIELD in record.request or number == MOST_RECORDS:
            return True
        if record.is_deployed:
            return False
    return False


@dataclass(frozen=True)
class Comparison:
    """Requested and existing schedules, as bodies of CreateSchedule."""

    requested: list[Json]
    existing: list[Json]

    def in_effect(self) -> Iterator[Json]:
        """Yield the requested schedules that exist as requested."""
        for body in self.requested:
            if any(each["Name"] == body["Name"] and not differences_of_schedule(body, each) for each in self.existing):
                yield body

    def steps(self) -> Iterator[Step]:
        """Yield the steps that make the existing schedules the requested ones."""
        existing = {each["Name"]: each for each in self.existing}
        for body in self.requested:
            found = existing.pop(body["Name"], None)
            if found is None:
                yield calls.step("scale", calls.create_schedule(body), [calls.delete_schedule(body)])
            elif differences_of_schedule(body, found):
                yield calls.step("scale", calls.update_schedule(body), [calls.update_schedule(found)])
        yield from map(_deletion, existing.values())


def _deletion(schedule: Json) -> Step:
    return calls.step("scale", calls.delete_schedule(schedule), [calls.create_schedule(schedule)])
