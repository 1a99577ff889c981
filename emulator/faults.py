"""Faults on demand: the next calls of an operation are answered with an error of the tester's choice."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.model import Shape
from moto.core.utils import get_service_model

from emulator import control
from emulator.control import BadControlRequestError
from emulator.errors import ApiError
from emulator.wire import Call

FIELDS = {"service", "operation", "match", "principal", "error", "times"}
ERROR_FIELDS = {"code", "message", "status"}


@dataclass
class Fault:
    """An error that answers matching calls, `times` of them; all of them where that is None.

    `principal` is a part of the caller's ARN, such as the name of a role; None meets every caller.
    """

    service: str
    operation: str
    match: dict[str, Any]
    principal: str | None
    code: str
    message: str
    status: int
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
        error = {"code": self.code, "message": self.message, "status": self.status}
        optional = {"principal": self.principal, "times": self.times}
        given = {name: value for name, value in optional.items() if value is not None}
        return {"service": self.service, "operation": self.operation, "match": self.match, "error": error, **given}


_lock = threading.Lock()
_faults: list[Fault] = []


def strike(call: Call) -> None:
    """Raise the first fault that meets the call, and use up one of its times.

    Raises
    ------
    ApiError
        As the fault says.
    """
    with _lock:
        fault = next((fault for fault in _faults if fault.meets(call)), None)
        if fault is None:
            return
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                _faults.remove(fault)
    raise ApiError(fault.code, fault.message, fault.status)


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
    _check_fields(body, pointer, allowed=FIELDS, required={"service", "operation", "error"})
    _check_fields(body["error"], f"{pointer}/error", allowed=ERROR_FIELDS, required=ERROR_FIELDS)
    try:
        model = get_service_model(body["service"])
    except UnknownServiceError as unknown:
        raise BadControlRequestError(f"{pointer}/service: botocore knows no service {body['service']!r}") from unknown
    if body["operation"] not in model.operation_names:
        raise BadControlRequestError(f"{pointer}/operation: {body['service']} has no operation {body['operation']!r}")
    match = body.get("match", {})
    _check_match(model.operation_model(body["operation"]).input_shape, match, f"{pointer}/match")
    status, times = body["error"]["status"], body.get("times")
    if not (isinstance(status, int) and 400 <= status <= 599):
        raise BadControlRequestError(f"{pointer}/error/status: {status!r} is no HTTP error status (400..599)")
    if not (times is None or (isinstance(times, int) and times >= 1)):
        raise BadControlRequestError(f"{pointer}/times: {times!r} is no number of times (1 or more)")
    error, principal = body["error"], body.get("principal")
    if not (principal is None or isinstance(principal, str)):
        raise BadControlRequestError(f"{pointer}/principal: {principal!r} is no part of an ARN")
    code, message = str(error["code"]), str(error["message"])
    return Fault(body["service"], body["operation"], match, principal, code, message, status, times)


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
