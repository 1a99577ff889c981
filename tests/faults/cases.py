"""The cases: every call of a deployment x every fault of the call x {once, always}.

The calls are not listed by hand: each kind runs once, and the emulator's call log has them. Creations, updates and
no-ops meet faults at every call, the other kinds only at calls that these three do not make. The errors of a call are
those of botocore's model of the operation and the common errors; for Lambda's Invoke, with about forty, those that the
state machines name and one that they do not name.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session

from tests.faults.kinds import KINDS, Kind
from tests.support import project
from tests.support.deployment import Run, Slipway
from tools import stack

# Every operation can return these, whatever its model says (API references, "Common Errors").
COMMON = {
    "ThrottlingException": (400, "Rate exceeded"),
    "AccessDeniedException": (403, "User is not authorized to perform this action"),
    "InternalFailure": (500, "We encountered an internal error. Please try again."),
    "ServiceUnavailable": (503, "Service is unavailable"),
    "ValidationException": (400, "1 validation error detected"),
}
INVOKE = ("EC2ThrottledException", "ResourceNotFoundException", "ServiceException", "TooManyRequestsException")
# Faults of the response to a call that was carried out. Only state machines time out in virtual time. The emulator
# calls AWS with botocore, therefore it cannot show how Step Functions handles a garbled response.
RESPONSES_TO_FUNCTIONS, RESPONSES_TO_STATE_MACHINES = ("cut", "garbled"), ("cut", "late")
# By operation, the error that is an answer: a caller has to believe that the schedule does not exist.
ANSWERS = {"GetSchedule": "ResourceNotFoundException"}
IGNORED_SERVICES = ("logs", "xray", "kms", "sts")
STATE_MACHINES = {project.role_of(machine) for machine in project.MACHINES}
SESSION = botocore.session.get_session()


@dataclass(frozen=True)
class Place:
    """A call of a kind of deployment.

    Attributes
    ----------
    role : str
        Logical ID of the caller's role: of a state machine or a function.
    match : tuple of (str, str)
        Parameter that distinguishes it from other calls of the same operation.
    """

    role: str
    service: str
    operation: str
    match: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Case:
    """A fault in a kind of deployment.

    Attributes
    ----------
    what : str
        Error code or response fault.
    fault : dict
        The fault as the control API takes it.
    """

    kind: Kind
    place: Place
    what: str
    fault: dict[str, Any] = field(compare=False)
    is_once: bool

    def __str__(self) -> str:
        what = dict(self.place.match)
        which = "".join(f" {value.rpartition(':slipway-')[2].rpartition('-')[0] or value}" for value in what.values())
        times = "once" if self.is_once else "always"
        return f"{self.kind.name}: {self.place.role} {self.place.operation}{which}: {self.what} {times}"

    def inject(self, slipway: Slipway) -> None:
        """Inject the fault into the call from now on."""
        place = self.place
        target = {"service": place.service, "operation": place.operation, "principal": place.role}
        times = {"times": 1} if self.is_once else {}
        slipway.aws.post("faults", [{**target, "match": dict(place.match), **self.fault, **times}])


def all_cases(slipway: Slipway) -> list[Case]:
    """Every case, shuffled with a fixed seed."""
    met: set[Place] = set()
    cases = []
    for kind in KINDS:
        found = [
            place for place in places_of(without_faults(slipway, kind).calls) if kind.everywhere or place not in met
        ]
        met.update(found)
        cases += [case for place in found for case in cases_at(kind, place)]
    random.Random(20261121).shuffle(cases)
    return cases


def cases_at(kind: Kind, place: Place) -> list[Case]:
    """Every fault of the call, once and always."""
    faults = {
        code: {"error": {"code": code, "message": message, "status": status}}
        for code, (status, message) in errors(place).items()
    }
    lost = {answer: {"answer": answer} for answer in lost_responses(place)}
    return [
        Case(kind, place, what, fault, is_once)
        for what, fault in (faults | lost).items()
        for is_once in (True, False)
        if is_once or what not in lost or not _is_notification(place)
    ]


def lost_responses(place: Place) -> tuple[str, ...]:
    """Possible faults of the response; none for SNS Publish: without a token, a caller cannot know whether it published."""
    if place.operation == "Publish":
        return ()
    return RESPONSES_TO_STATE_MACHINES if place.role in STATE_MACHINES else RESPONSES_TO_FUNCTIONS


def _is_notification(place: Place) -> bool:
    """Whether the call sends the notification: without its response, "not sent" is the only possible report."""
    return place.operation == "Invoke" and "Notify" in dict(place.match)["FunctionName"]


def places_of(calls: list[dict[str, Any]]) -> list[Place]:
    """Distinct calls of the stack's roles."""
    return sorted(set(_places(calls)), key=str)


@cache
def without_faults(slipway: Slipway, kind: Kind) -> Run:
    """Run a deployment of this kind without faults."""
    request = kind.prepare(slipway, "no-faults-" + kind.name.replace(" ", "-"))
    stack.make_models(slipway.aws, request)
    kind.inject_failure(slipway, request)
    with slipway.recorded() as finish:
        run: Run = finish(slipway.start(request))
    slipway.clear_faults()
    return run


def _places(calls: list[dict[str, Any]]) -> Iterator[Place]:
    for call in calls:
        _, _, role = call["principal"].partition(":assumed-role/slipway-")
        if role and call["service"] not in IGNORED_SERVICES:
            yield Place(role.partition("Role-")[0] + "Role", call["service"], call["operation"], _match(call))


def _match(call: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    distinct = {"Invoke": "FunctionName", "UpdateItem": "UpdateExpression"}.get(call["operation"])
    return ((distinct, call["parameters"][distinct]),) if distinct else ()


def errors(place: Place) -> dict[str, tuple[int, str]]:
    """Status and message of each error code of the call."""
    model = SESSION.get_service_model(place.service).operation_model(place.operation)
    modelled = {
        shape.metadata.get("error", {}).get("code", shape.name): (
            shape.metadata.get("error", {}).get("httpStatusCode", 400),
            f"{shape.name}, from AWS",
        )
        for shape in model.error_shapes
        if (place.operation != "Invoke" or shape.name in INVOKE) and ANSWERS.get(place.operation) != shape.name
    }
    return modelled | COMMON
