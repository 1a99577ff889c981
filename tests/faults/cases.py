"""The cases: every call that a deployment makes x everything that the call can meet x {once, always}.

What calls there are is not listed anywhere: each kind is run once, and the emulator's log tells. Creations, updates and
no-ops meet faults everywhere, the other kinds where these three do not come by. Which errors a call can meet is
botocore's model of the operation, and what any call can meet; of a function's forty, those that the state machine
names, and one for all that it does not.
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

# What every operation can answer, whatever its model says (API references, "Common Errors").
COMMON = {
    "ThrottlingException": (400, "Rate exceeded"),
    "AccessDeniedException": (403, "User is not authorized to perform this action"),
    "InternalFailure": (500, "We encountered an internal error. Please try again."),
    "ServiceUnavailable": (503, "Service is unavailable"),
    "ValidationException": (400, "1 validation error detected"),
}
INVOKE = ("EC2ThrottledException", "ResourceNotFoundException", "ServiceException", "TooManyRequestsException")
# What becomes of the answer to a call that has been carried out. Only state machines give up in virtual time; and what
# they make of a garbled answer the emulator, which calls by botocore, does not show.
ANSWERS_TO_FUNCTIONS, ANSWERS_TO_STATE_MACHINES = ("cut", "garbled"), ("cut", "late")
NOT_CALLS_OF_OURS = ("logs", "xray", "kms", "sts")
STATE_MACHINES = {project.role_of(machine) for machine in project.MACHINES}
SESSION = botocore.session.get_session()


@dataclass(frozen=True)
class Place:
    """A call that a kind of deployment makes.

    Attributes
    ----------
    role : str
        Logical id of the caller's role: the state machine, or one of its functions.
    match : tuple of (str, str)
        What tells it from other calls of the same operation.
    """

    role: str
    service: str
    operation: str
    match: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Case:
    """A fault that a kind of deployment meets.

    Attributes
    ----------
    what : str
        Code of an error, or what becomes of the answer.
    fault : dict
        The same as the control surface takes it.
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
        """Let the call meet it from now on."""
        place = self.place
        met_by = {"service": place.service, "operation": place.operation, "principal": place.role}
        times = {"times": 1} if self.is_once else {}
        slipway.aws.post("faults", [{**met_by, "match": dict(place.match), **self.fault, **times}])


def all_cases(slipway: Slipway) -> list[Case]:
    """Every case, in an order that chance made once."""
    met: set[Place] = set()
    cases = []
    for kind in KINDS:
        found = [place for place in places_of(unharmed(slipway, kind).calls) if kind.everywhere or place not in met]
        met.update(found)
        cases += [case for place in found for case in cases_at(kind, place)]
    random.Random(20261121).shuffle(cases)
    return cases


def cases_at(kind: Kind, place: Place) -> list[Case]:
    """Everything that the call can meet, once and always."""
    faults = {
        code: {"error": {"code": code, "message": message, "status": status}}
        for code, (status, message) in errors(place).items()
    }
    lost = {answer: {"answer": answer} for answer in answers(place)}
    return [
        Case(kind, place, what, fault, is_once)
        for what, fault in (faults | lost).items()
        for is_once in (True, False)
        if is_once or what not in lost or not _is_telling(place)
    ]


def answers(place: Place) -> tuple[str, ...]:
    """What can become of the answer to the call; SNS takes no token, so nobody can know whether it has published."""
    if place.operation == "Publish":
        return ()
    return ANSWERS_TO_STATE_MACHINES if place.role in STATE_MACHINES else ANSWERS_TO_FUNCTIONS


def _is_telling(place: Place) -> bool:
    """Whether it has the message sent: who never hears that it was can only say that it was not."""
    return place.operation == "Invoke" and "Notify" in dict(place.match)["FunctionName"]


def places_of(calls: list[dict[str, Any]]) -> list[Place]:
    """The calls of the stack's roles, each once."""
    return sorted(set(_places(calls)), key=str)


@cache
def unharmed(slipway: Slipway, kind: Kind) -> Run:
    """A deployment of this kind that meets no fault."""
    request = kind.prepare(slipway, "unharmed-" + kind.name.replace(" ", "-"))
    stack.make_models(slipway.aws, request)
    kind.spoil(slipway, request)
    with slipway.recorded() as finish:
        run: Run = finish(slipway.start(request))
    slipway.heal()
    return run


def _places(calls: list[dict[str, Any]]) -> Iterator[Place]:
    for call in calls:
        _, _, role = call["principal"].partition(":assumed-role/slipway-")
        if role and call["service"] not in NOT_CALLS_OF_OURS:
            yield Place(role.partition("Role-")[0] + "Role", call["service"], call["operation"], _match(call))


def _match(call: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    distinct = {"Invoke": "FunctionName", "UpdateItem": "UpdateExpression"}.get(call["operation"])
    return ((distinct, call["parameters"][distinct]),) if distinct else ()


def errors(place: Place) -> dict[str, tuple[int, str]]:
    """Codes that the call can meet: status and message of each."""
    model = SESSION.get_service_model(place.service).operation_model(place.operation)
    modelled = {
        shape.metadata.get("error", {}).get("code", shape.name): (
            shape.metadata.get("error", {}).get("httpStatusCode", 400),
            f"{shape.name}, says AWS",
        )
        for shape in model.error_shapes
        if place.operation != "Invoke" or shape.name in INVOKE
    }
    return modelled | COMMON
