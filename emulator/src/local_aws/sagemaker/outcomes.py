"""Scripted outcomes of the next creation, update or deletion of an endpoint or component, and of the next training job.

``POST /_emulator/sagemaker/outcomes`` takes a list of
``{"endpointName", "operation": "create" | "update" | "delete", "outcome", "afterSeconds"?}``, or
``{"trainingJobName", "operation": "train", …}``, or ``{"inferenceComponentName", "operation", …}``.
An outcome is used once, by the next such operation that SageMaker accepts for the name. Several
outcomes of one operation are used in order. ``afterSeconds`` is the time from the operation to its outcome.
``update`` is UpdateEndpoint, not a change of weights or capacities.
``GET`` lists the unused outcomes, ``DELETE`` removes them.
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
    "train": ("succeeds", "fails", "never_finishes"),
}
ENDPOINT, COMPONENT, JOB = "endpointName", "inferenceComponentName", "trainingJobName"
_NOUNS = {ENDPOINT: "an endpoint", COMPONENT: "an inference component", JOB: "a training job"}
_FIELDS = {*_NOUNS, "operation", "outcome", "afterSeconds"}


@dataclass(frozen=True)
class Outcome:
    """Outcome of an operation, and the seconds until it (None: the usual duration)."""

    name: str
    operation: str
    outcome: str
    after_seconds: float | None = None
    field: str = ENDPOINT

    def as_json(self) -> dict[str, Any]:
        after = {} if self.after_seconds is None else {"afterSeconds": self.after_seconds}
        return {
            self.field: self.name,
            "operation": self.operation,
            "outcome": self.outcome,
            **after,
        }


_remaining: list[Outcome] = []


def take(name: str, operation: str, field: str = ENDPOINT) -> Outcome:
    """Return the scripted outcome of this operation and remove it. Without one, the operation succeeds."""
    for outcome in _remaining:
        if (outcome.name.lower(), outcome.operation, outcome.field) == (name.lower(), operation, field):
            _remaining.remove(outcome)
            return outcome
    return Outcome(name, operation, "succeeds", field=field)


def _name_field(item: dict[str, Any]) -> str:
    if item["operation"] == "train":
        return JOB
    return COMPONENT if COMPONENT in item else ENDPOINT


@control.route("GET", "sagemaker/outcomes")
def get_outcomes(_: None) -> list[dict[str, Any]]:
    with lock:
        return [outcome.as_json() for outcome in _remaining]


@control.route("POST", "sagemaker/outcomes")
def post_outcomes(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list):
        raise control.BadControlRequestError("the body must be a list of outcomes")
    parsed = [_parsed(position, item) for position, item in enumerate(body)]
    with lock:
        _remaining.extend(parsed)
        return [outcome.as_json() for outcome in _remaining]


@control.route("DELETE", "sagemaker/outcomes")
def delete_outcomes(_: None) -> list[dict[str, Any]]:
    with lock:
        _remaining.clear()
    return []


def _parsed(position: int, item: Any) -> Outcome:
    if not isinstance(item, dict):
        raise control.BadControlRequestError(f"/{position} is {item!r}; expected an object")
    for field in item:
        if field not in _FIELDS:
            raise _wrong(position, field, item, f"one of the fields {', '.join(sorted(_FIELDS))}")
    if item.get("operation") not in OUTCOMES:
        raise _wrong(position, "operation", item, f"one of {', '.join(OUTCOMES)}")
    named = _name_field(item)
    if not isinstance(item.get(named), str):
        raise _wrong(position, named, item, f"the name of {_NOUNS[named]}")
    possible = tuple(each for each in OUTCOMES[item["operation"]] if named == ENDPOINT or each != "rollback_fails")
    if item.get("outcome") not in possible:
        raise _wrong(position, "outcome", item, f"one of {', '.join(possible)} for {item['operation']}")
    after = item.get("afterSeconds")
    if after is not None and (isinstance(after, bool) or not isinstance(after, int | float) or after < 0):
        raise _wrong(position, "afterSeconds", item, "a number of seconds, 0 or more")
    return Outcome(item[named], item["operation"], item["outcome"], after, named)


def _wrong(position: int, field: str, item: dict[str, Any], expected: str) -> control.BadControlRequestError:
    return control.BadControlRequestError(f"/{position}/{field} is {item.get(field)!r}; expected {expected}")
