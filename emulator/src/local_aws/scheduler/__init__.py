"""EventBridge Scheduler: schedules are checked as on AWS, and fire in time that is played.

``POST /_emulator/scheduler`` with ``{"until": "2026-12-08T08:00:00Z"}`` moves the clock from due time to due time and
answers with what was fired. ``"deliveries": 2`` invokes each target twice, because AWS delivers at least once. moto
checks no schedule, and fires none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.serialize import get_serializer_class

from local_aws import traffic
from local_aws.core import constraints, control, handlers
from local_aws.core.clock import clock
from local_aws.core.control import BadControlRequestError
from local_aws.core.errors import ApiError
from local_aws.core.operations import lock
from local_aws.core.wire import Call, Response
from local_aws.scheduler import operations, registry
from local_aws.scheduler.runs import Runs

SERVICE = "scheduler"
MOST_DELIVERIES = 10

_runs = Runs()


def install() -> None:
    """Replace moto's operations on schedules and groups; fire schedules while traffic plays."""
    for operation, function in operations.OPERATIONS.items():
        handlers.register(SERVICE, operation, partial(_answer, function))
    traffic.each_step(_runs.step)


def _answer(function: operations.Operation, call: Call) -> Response:
    try:
        constraints.check(call.service, call.operation, _in_json(call.parameters))
    except ServiceException as violated:
        raise ApiError(violated.code, violated.message) from violated
    with lock:
        result = function(registry.backend_of(call.account_id, call.region), call.parameters)
    serializer: Any = get_serializer_class(call.service, call.protocol)(operation_model=call.model)
    serialized = serializer.serialize(result)
    body: str = serialized["body"]
    return Response(HTTPStatus.OK, list(serialized["headers"].items()), body.encode())


def _in_json(value: Any) -> Any:
    """The parameters as JSON has them: times are numbers."""
    if isinstance(value, dict):
        return {name: _in_json(member) for name, member in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


@control.route("POST", "scheduler")
def post_scheduler(body: Any) -> dict[str, Any]:
    """Fire what is due until a time; the clock is there afterwards."""
    end, deliveries = _end(body), _deliveries(body)
    if clock.mode == "real":
        raise BadControlRequestError("schedules fire on the virtual clock only, or while traffic plays")
    with clock.busy():
        fired = _runs.until(end, deliveries)
    return {"fired": fired}


def _end(body: Any) -> float:
    expected = 'the body must be {"until": "2026-12-08T08:00:00Z"}, not earlier than the clock\'s time'
    try:
        end = datetime.fromisoformat(body["until"])
    except (TypeError, KeyError, ValueError) as error:
        raise BadControlRequestError(expected) from error
    at = (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()
    if at < clock.now():
        raise BadControlRequestError(f"{expected}, which is {clock.utc().isoformat()}")
    return at


def _deliveries(body: dict[str, Any]) -> int:
    deliveries = body.get("deliveries", 1)
    if deliveries not in range(1, MOST_DELIVERIES + 1) or isinstance(deliveries, bool):
        raise BadControlRequestError(f"deliveries must be 1 to {MOST_DELIVERIES}")
    return int(deliveries)
