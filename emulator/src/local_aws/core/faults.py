"""Faults: the next calls of an operation are refused, or their answer is lost, on request of a test."""

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
# A call whose answer is lost has been executed.
ANSWERS = ("cut", "garbled", "late")
LATE_SECONDS = 3600
GARBLED = b"\x00 no answer of this service looks so"


@dataclass
class Fault:
    """A fault for `times` matching calls, or for all if that is None.

    `principal` is a part of the caller's ARN, such as the name of a role; None matches every caller. `error` refuses
    the call. Otherwise `answer` is the fate of its answer: the connection is closed before it, it is garbled, or it
    comes `LATE_SECONDS` late. A late answer is for callers with time-outs in virtual time, such as state machines.
    """

    service: str
    operation: str
    match: dict[str, Any]
    principal: str | None
    error: ApiError | None
    answer: str | None
    times: int | None

    def applies_to(self, call: Call) -> bool:
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

    def lose(self, response: Response) -> Response:
        """The response that the caller gets.

        Raises
        ------
        ConnectionAbortedError
            If it gets none.
        """
        if self.answer == "cut":
            raise ConnectionAbortedError("cut by a fault")
        if self.answer == "late":
            clock.sleep(LATE_SECONDS)
            return response
        return Response(response.status, response.headers, GARBLED)


_lock = threading.Lock()
_faults: list[Fault] = []


def take(call: Call) -> Fault | None:
    """The next fault for the call's answer, or None; one of its times is used up.

    Raises
    ------
    ApiError
        If the fault refuses the call.
    """
    with _lock:
        fault = next((fault for fault in _faults if fault.applies_to(call)), None)
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
        raise BadControlRequestError("the body must be a list of faults")
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
    """The fault in `body`. All its names are checked against botocore's model of the service."""
    _check_fields(body, pointer, allowed=FIELDS, required={"service", "operation"})
    if ("error" in body) == ("answer" in body):
        raise BadControlRequestError(f"{pointer}: set either error or answer")
    try:
        model = get_service_model(body["service"])
    except UnknownServiceError as unknown:
        raise BadControlRequestError(f"{pointer}/service: unknown service {body['service']!r}") from unknown
    if body["operation"] not in model.operation_names:
        raise BadControlRequestError(
            f"{pointer}/operation: unknown operation {body['operation']!r} of {body['service']}"
        )
    match = body.get("match", {})
    _check_match(model.operation_model(body["operation"]).input_shape, match, f"{pointer}/match")
    times, principal, answer = body.get("times"), body.get("principal"), body.get("answer")
    if not (times is None or (isinstance(times, int) and times >= 1)):
        raise BadControlRequestError(f"{pointer}/times: {times!r} is not a whole number above 0")
    if not (principal is None or isinstance(principal, str)):
        raise BadControlRequestError(f"{pointer}/principal: {principal!r} is not a part of an ARN")
    if answer not in (None, *ANSWERS):
        raise BadControlRequestError(f"{pointer}/answer: unknown answer {answer!r}. Use: {', '.join(ANSWERS)}")
    error = _error(body["error"], f"{pointer}/error") if "error" in body else None
    return Fault(body["service"], body["operation"], match, principal, error, answer, times)


def _error(body: Any, pointer: str) -> ApiError:
    _check_fields(body, pointer, allowed=ERROR_FIELDS, required=ERROR_FIELDS)
    status = body["status"]
    if not (isinstance(status, int) and 400 <= status <= 599):
        raise BadControlRequestError(f"{pointer}/status: {status!r} is not an HTTP error status (400 to 599)")
    return ApiError(str(body["code"]), str(body["message"]), status)


def _check_fields(body: Any, pointer: str, *, allowed: set[str], required: set[str]) -> None:
    if not isinstance(body, dict):
        raise BadControlRequestError(f"{pointer}: expected an object, not {body!r}")
    for field in sorted(body.keys() - allowed):
        raise BadControlRequestError(f"{pointer}/{field}: unknown field. Use: {', '.join(sorted(allowed))}")
    for field in sorted(required - body.keys()):
        raise BadControlRequestError(f"{pointer}/{field}: missing")


def _check_match(shape: Shape | None, match: Any, pointer: str) -> None:
    """Refuse names that the parameters do not have, also within lists."""
    if shape is not None and shape.type_name == "list" and isinstance(match, list):
        for index, each in enumerate(match):
            _check_match(shape.member, each, f"{pointer}/{index}")
        return
    if shape is not None and shape.type_name != "structure":
        return
    members = shape.members if shape is not None else {}
    if not isinstance(match, dict):
        raise BadControlRequestError(f"{pointer}: expected an object, not {match!r}")
    for name, value in match.items():
        if name not in members:
            raise BadControlRequestError(
                f"{pointer}/{name}: unknown parameter. The parameters are: {', '.join(members)}"
            )
        _check_match(members[name], value, f"{pointer}/{name}")
