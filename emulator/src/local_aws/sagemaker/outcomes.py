"""Scripted outcomes: what becomes of the next creation, update or deletion of an endpoint.

``POST /_emulator/sagemaker/outcomes`` takes a list of
``{"endpointName", "operation": "create" | "update" | "delete", "outcome", "afterSeconds"?}``.
An outcome is used once, by the next such operation that SageMaker accepts for that endpoint name;
several for one operation are used in the order in which they came. ``afterSeconds`` counts from
the operation to its outcome. ``update`` is UpdateEndpoint, not a change of weights or capacity.
``GET`` lists what is still to come, ``DELETE`` forgets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local_aws.core import control
from local_aws.core.operations import lock

OUTCOMES = {
    "create": ("succeeds", "fails", "never_finishes"),
    "update": ("succeeds", "fails", "rolls_back", "rollback_fails", "never_finishes"),
    "delete": ("succeeds", "fails", "never_finishes"),
}
_FIELDS = {"endpointName", "operation", "outcome", "afterSeconds"}


@dataclass(frozen=True)
class Outcome:
    """How an operation ends, and after how many seconds (None: as long as it usually takes)."""

    endpoint_name: str
    operation: str
    outcome: str
    after_seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        after = {} if self.after_seconds is None else {"afterSeconds": self.after_seconds}
        return {
            "endpointName": self.endpoint_name,
            "operation": self.operation,
            "outcome": self.outcome,
            **after,
        }


_to_come: list[Outcome] = []


def take(endpoint_name: str, operation: str) -> Outcome:
    """The outcome that is scripted for this operation, used up; success where none is."""
    for outcome in _to_come:
        if (outcome.endpoint_name.lower(), outcome.operation) == (endpoint_name.lower(), operation):
            _to_come.remove(outcome)
            return outcome
    return Outcome(endpoint_name, operation, "succeeds")


@control.route("GET", "sagemaker/outcomes")
def get_outcomes(_: None) -> list[dict[str, Any]]:
    with lock:
        return [outcome.as_json() for outcome in _to_come]


@control.route("POST", "sagemaker/outcomes")
def post_outcomes(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list):
        raise control.BadControlRequestError("the body is a list of outcomes")
    parsed = [_parsed(position, item) for position, item in enumerate(body)]
    with lock:
        _to_come.extend(parsed)
        return [outcome.as_json() for outcome in _to_come]


@control.route("DELETE", "sagemaker/outcomes")
def delete_outcomes(_: None) -> list[dict[str, Any]]:
    with lock:
        _to_come.clear()
    return []


def _parsed(position: int, item: Any) -> Outcome:
    if not isinstance(item, dict):
        raise control.BadControlRequestError(f"/{position} is {item!r}; expected an object")
    for field in item:
        if field not in _FIELDS:
            raise _wrong(position, field, item, f"one of the fields {', '.join(sorted(_FIELDS))}")
    if not isinstance(item.get("endpointName"), str):
        raise _wrong(position, "endpointName", item, "the name of an endpoint")
    if item.get("operation") not in OUTCOMES:
        raise _wrong(position, "operation", item, f"one of {', '.join(OUTCOMES)}")
    possible = OUTCOMES[item["operation"]]
    if item.get("outcome") not in possible:
        raise _wrong(position, "outcome", item, f"one of {', '.join(possible)} for {item['operation']}")
    after = item.get("afterSeconds")
    if after is not None and (isinstance(after, bool) or not isinstance(after, int | float) or after < 0):
        raise _wrong(position, "afterSeconds", item, "a number of seconds, 0 or more")
    return Outcome(item["endpointName"], item["operation"], item["outcome"], after)


def _wrong(position: int, field: str, item: dict[str, Any], expected: str) -> control.BadControlRequestError:
    return control.BadControlRequestError(f"/{position}/{field} is {item.get(field)!r}; expected {expected}")
