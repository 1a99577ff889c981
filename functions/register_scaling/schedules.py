"""Reads back the schedules of the endpoint, and compares them with the plan."""

from collections.abc import Iterator

from shared import off_hours
from shared.execute import Clients
from shared.plan import SCALE, Call, DeploymentPlan, Service, in_effect, steps_of
from shared.registered import differences_of_schedule

SCHEDULER: Service = "scheduler"


def differences_of_schedules(plan: DeploymentPlan, clients: Clients) -> list[str]:
    """Return each difference between the planned schedules and the existing ones, as a sentence without a full stop."""
    calls: list[Call] = [*steps_of(plan, SCALE), *in_effect(plan)]
    return [line for call in calls if call["service"] == SCHEDULER for line in _of_call(call, clients)]


def _of_call(call: Call, clients: Clients) -> Iterator[str]:
    found, what = off_hours.find(clients[SCHEDULER], call["request"]), call["what"]
    if call["operation"] == "DeleteSchedule":
        if found is not None:
            yield f"{what}: it still exists, and is expected to be deleted"
    elif found is None:
        yield f"{what}: it does not exist"
    else:
        yield from (f"{what}: {each}" for each in differences_of_schedule(call["request"], found))
