"""Ticks: inputs with which the schedules of an endpoint start the state machines.

A tick asks for the state that the hours of the last deployment want now, so it changes nothing if it arrives twice, or
hours late.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from shared.aws import Json
from shared.errors import InvalidRequest
from shared.hours import MINUTES_BEFORE, hours_of
from shared.moments import moment
from shared.plan import SCHEDULED, Trigger
from shared.planning import names
from shared.planning.faults import Fault, message
from shared.planning.validation import schema_faults
from shared.records import REMOVAL, REMOVE, SCHEDULE, SUCCEEDED, Record, away_since

Wants = Literal["up", "away"]
UP: Wants = "up"
AWAY: Wants = "away"
HOSTED = "inferenceComponents"  # field of the request
# The state machine that each tick is for, by the output of the stack with its ARN.
MACHINES = {UP: "DeployEndpointStateMachineArn", AWAY: "RemoveEndpointStateMachineArn"}
SCHEMA: Json = {
    "type": "object",
    "properties": {
        "endpointName": {
            "type": "string",
            "pattern": "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$",
            "description": "letters, digits and hyphens, beginning and ending with a letter or digit, at most 63",
        },
        SCHEDULED: {
            "type": "object",
            "properties": {
                "wants": {"enum": [UP, AWAY], "description": '"up" or "away"'},
                "time": {"type": "string", "description": "the time of the schedule, ISO 8601"},
            },
            "required": ["wants", "time"],
            "additionalProperties": False,
        },
    },
    "required": ["endpointName", SCHEDULED],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Tick:
    """A valid tick.

    Attributes
    ----------
    time : str
        When the schedule was due, ISO 8601. It decides nothing: the tick can arrive later.
    """

    endpoint_name: str
    wants: Wants
    time: str

    @property
    def request_hash(self) -> str:
        """Equal for the ticks that want the same of an endpoint."""
        return names.digest([SCHEDULE, self.wants])

    @property
    def trigger(self) -> Trigger:
        """The plan's `trigger` as far as the tick knows it."""
        return {"kind": SCHEDULE, "wants": self.wants, "scheduledTime": self.time}


@dataclass(frozen=True)
class Due:
    """What a tick is to do: deploy again, or remove, what was deployed last.

    Attributes
    ----------
    deployment : Record
        The last deployment; ticks do not count.
    ticks : tuple of Record
        The ticks since, the newest first.
    """

    deployment: Record
    ticks: tuple[Record, ...]

    @property
    def config_names(self) -> set[str]:
        """Configs that the deployment and its ticks created the endpoint with, in lower case."""
        return {record.config_name.lower() for record in (self.deployment, *self.ticks) if record.config_name}

    @property
    def away_since(self) -> str | None:
        """When a tick removed the endpoint, ISO 8601; None if the last tick that succeeded did not."""
        return away_since(self.ticks)

    def is_interrupted(self, endpoint: Json) -> bool:
        """Whether a tick that failed can have left this endpoint incomplete.

        It was created, but perhaps not scaled; or its inference components, which a removal deletes before their
        endpoint, are perhaps not all there.
        """
        last = self.ticks[0] if self.ticks else None
        if last is None or last.outcome == SUCCEEDED:
            return False
        is_incomplete = last.action != REMOVE or HOSTED in (self.deployment.request or {})
        return is_incomplete and endpoint["EndpointConfigName"].lower() in self.config_names

    @property
    def trigger(self) -> Trigger:
        """Members of the plan's `trigger` that name the deployment."""
        named: Trigger = {
            "kind": SCHEDULE,
            "deploymentId": self.deployment.deployment_id,
            "startedAt": self.deployment.started_at,
        }
        return {**named, "awaySince": self.away_since} if self.away_since else named


@dataclass(frozen=True)
class NothingToDo:
    """Why a tick changes nothing, a sentence."""

    reason: str


def parse(document: Any, wants: Wants) -> Tick:
    """Return the tick in an execution's input.

    Parameters
    ----------
    wants : Wants
        What the ticks of this state machine want.

    Raises
    ------
    InvalidRequest
        With every fault.
    """
    faults = schema_faults(document, SCHEMA) or list(_faults(document[SCHEDULED], wants))
    if faults:
        raise InvalidRequest(message("The input of the schedule", faults))
    return Tick(document["endpointName"], wants, document[SCHEDULED]["time"])


def _faults(scheduled: Json, wants: Wants) -> Iterable[Fault]:
    given: Wants = scheduled["wants"]
    if given != wants:
        remedy = f"For this, start the state machine in the stack output {MACHINES[given]}"
        yield Fault(f"/{SCHEDULED}/wants", f'expected "{wants}", got "{given}"', remedy)
    try:
        moment(scheduled["time"])
    except ValueError:
        yield Fault(f"/{SCHEDULED}/time", "is not a date and time", "Give ISO 8601, such as 2026-03-30T04:45:00Z")


def due(tick: Tick, history: Iterable[Record], now: str) -> Due | NothingToDo:
    """Return what the tick is to do by the hours of the last deployment, whatever became of the endpoint since.

    Parameters
    ----------
    history : iterable of Record
        The endpoint's records, the newest first.
    now : str
        The time; ISO 8601.
    """
    found = last_deployment(tick.endpoint_name, history)
    if isinstance(found, NothingToDo):
        return found
    deployment = found.deployment
    schedule = (deployment.request or {}).get("schedule")
    if schedule is None:
        return NothingToDo(f"Deployment {deployment.deployment_id}, the last one, has no schedule.")
    hours = hours_of(schedule)
    if hours.cover(moment(now), MINUTES_BEFORE) != (tick.wants == UP):
        where = "outside" if tick.wants == UP else "within"
        return NothingToDo(
            f"{now} is {where} the hours of deployment {deployment.deployment_id}, which begin {MINUTES_BEFORE} "
            f"minutes early: {hours}."
        )
    return found


def last_deployment(endpoint_name: str, history: Iterable[Record]) -> Due | NothingToDo:
    """Return the last deployment with its ticks, unless the endpoint was removed since on request."""
    ticks = []
    for record in history:
        if record.kind == SCHEDULE:
            ticks.append(record)
        elif record.is_deployed:
            return Due(record, tuple(ticks))
        elif record.kind == REMOVAL and record.outcome == SUCCEEDED:
            return NothingToDo(f"Removal {record.deployment_id} removed endpoint {endpoint_name}.")
    return NothingToDo(f"The history of endpoint {endpoint_name} has no deployment.")
