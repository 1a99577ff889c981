"""Faults on demand: the next calls of an operation are refused, or what they answer is lost, as the tester chooses."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.model import Shape
from moto.core.utils import get_service_model

from local_aws.core import control
from local_aws.core.clock import clock
from local_aws.core.control import BadControlRequestError
from local_aws.core.errors import ApiError
from local_aws.core.wire import Call, Response

FIELDS = {"service", "operation", "match", "principal", "error", "answer", "times"}
ERROR_FIELDS = {"code", "message", "status"}
# A call whose answer is lost has been carried out.
ANSWERS = ("cut", "garbled", "late")
LATE_SECONDS = 3600
GARBLED = b"\x00 no answer of this service looks so"


@dataclass
class Fault:
    """What matching calls meet, `times` of them; all of them where that is None.

    `principal` is a part of the caller's ARN, such as the name of a role; None meets every caller. `error` refuses the
    call; else `answer` says what becomes of its answer: the connection is cut before it, it is garbled, or it comes
    `LATE_SECONDS` late. A late answer is for callers who give up in virtual time, as state machines do.
    """

    service: str
    operation: str
    match: dict[str, Any]
    principal: str | None
    error: ApiError | None
    answer: str | None
    times: int | None

    def meets(self, call: Call) -> bool:
        wanted = (self.service, self.operation) == (call.service, call.operation)
        return (
            wanted
            and self.times != 0
            and (self.principal is None or self.principal in call.principal.arn)
            and _contains(call.parameters, self.match)
        )

    def as_json(self) -> dict[str, Any]:
        error = {name: getattr(self.error, name) for name in sorted(ERROR_FIELDS)} if self.error else None
        optional = {"principal": self.principal, "error": error, "answer": self.answer, "times": self.times}
        given = {name: value for name, value in optional.items() if value is not None}
        return {"service": self.service, "operation": self.operation, "match": self.match, **given}

    def spoil(self, response: Response) -> Response:
        """What the caller gets of the answer.

        Raises
        ------
        ConnectionAbortedError
            When it gets nothing.
        """
        if self.answer == "cut":
            raise ConnectionAbortedError("cut by a fault")
        if self.answer == "late":
            clock.sleep(LATE_SECONDS)
            return response
        return Response(response.status, response.headers, GARBLED)


_lock = threading.Lock()
_faults: list[Fault] = []


def strike(call: Call) -> Fault | None:
    """The first fault that meets the call and is to spoil its answer; one of its times is used up.

    Raises
    ------
    ApiError
        When the fault refuses the call.
    """
    with _lock:
        fault = next((fault for fault in _faults if fault.meets(call)), None)
        if fault is None:
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                _faults.remove(fault)
    if fault.error:
        raise ApiError(fault.error.code, fault.error.message, fault.error.status)
    return fault


@control.route("GET", "faults")
def get_faults(_: None) -> list[dict[str, Any]]:
    with _lock:
        return [fault.as_json() for fault in _faults]


@control.route("POST", "faults")
def post_faults(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list):
        raise BadControlRequestError("the body is a list of faults")
    added = [_fault(each, f"/{index}") for index, each in enumerate(body)]
    with _lock:
        _faults.extend(added)
        return [fault.as_json() for fault in _faults]


@control.route("DELETE", "faults")
def delete_faults(_: None) -> list[dict[str, Any]]:
    with _lock:
        _faults.clear()
    return []


def _contains(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(_contains(actual.get(key), value) for key, value in wanted.items())
    return bool(actual == wanted)


def _fault(body: Any, pointer: str) -> Fault:
    """The fault that `body` describes, every name in it checked against botocore's model of the service."""
    _check_fields(body, pointer, allowed=FIELDS, required={"service", "operation"})
    if ("error" in body) == ("answer" in body):
        raise BadControlRequestError(f"{pointer}: either error or answer is expected")
    try:
        model = get_service_model(body["service"])
    except UnknownServiceError as unknown:
        raise BadControlRequestError(f"{pointer}/service: botocore knows no service {body['service']!r}") from unknown
    if body["operation"] not in model.operation_names:
        raise BadControlRequestError(f"{pointer}/operation: {body['service']} has no operation {body['operation']!r}")
    match = body.get("match", {})
    _check_match(model.operation_model(body["operation"]).input_shape, match, f"{pointer}/match")
    times, principal, answer = body.get("times"), body.get("principal"), body.get("answer")
    if not (times is None or (isinstance(times, int) and times >= 1)):
        raise BadControlRequestError(f"{pointer}/times: {times!r} is no number of times (1 or more)")
    if not (principal is None or isinstance(principal, str)):
        raise BadControlRequestError(f"{pointer}/principal: {principal!r} is no part of an ARN")
    if answer not in (None, *ANSWERS):
        raise BadControlRequestError(f"{pointer}/answer: {answer!r} is none of {', '.join(ANSWERS)}")
    error = _error(body["error"], f"{pointer}/error") if "error" in body else None
    return Fault(body["service"], body["operation"], match, principal, error, answer, times)


def _error(body: Any, pointer: str) -> ApiError:
    _check_fields(body, pointer, allowed=ERROR_FIELDS, required=ERROR_FIELDS)
    status = body["status"]
    if not (isinstance(status, int) and 400 <= status <= 599):
        raise BadControlRequestError(f"{pointer}/status: {status!r} is no HTTP error status (400..599)")
    return ApiError(str(body["code"]), str(body["message"]), status)


def _check_fields(body: Any, pointer: str, *, allowed: set[str], required: set[str]) -> None:
    if not isinstance(body, dict):
        raise BadControlRequestError(f"{pointer}: an object is expected, not {body!r}")
    for field in sorted(body.keys() - allowed):
        raise BadControlRequestError(f"{pointer}/{field}: unknown; there are: {', '.join(sorted(allowed))}")
    for field in sorted(required - body.keys()):
        raise BadControlRequestError(f"{pointer}/{field}: missing")


def _check_match(shape: Shape | None, match: Any, pointer: str) -> None:
    """Refuse a name that the parameters do not have; below lists, too."""
    if shape is not None and shape.type_name == "list" and isinstance(match, list):
        for index, each in enumerate(match):
            _check_match(shape.member, each, f"{pointer}/{index}")
        return
    if shape is not None and shape.type_name != "structure":
        return
    members = shape.members if shape is not None else {}
    if not isinstance(match, dict):
        raise BadControlRequestError(f"{pointer}: an object is expected, not {match!r}")
    for name, value in match.items():
        if name not in members:
            raise BadControlRequestError(f"{pointer}/{name}: no such parameter; there are: {', '.join(members)}")
        _check_match(members[name], value, f"{pointer}/{name}")
