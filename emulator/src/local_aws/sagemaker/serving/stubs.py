"""Stubs: answers that a test sets for a variant. They are given instead of the container's, and say so.

``POST /_emulator/sagemaker/answers`` takes a list of
``{"endpointName", "variantName"?, "inferenceComponentName"?, "status"?, "contentType"?, "body", "delaySeconds"?}``.
``body`` is text, or any JSON, which is answered as JSON. Without ``variantName`` the stub answers for all variants that
have none of their own, without ``inferenceComponentName`` for all components. A stub stays until another one for the
same replaces it. ``delaySeconds`` passes on the virtual clock. ``GET`` lists the stubs, ``DELETE`` removes them.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

from local_aws.core import control
from local_aws.core.clock import clock
from local_aws.core.control import BadControlRequestError
from local_aws.sagemaker.serving.messages import PRIMARY, Answer, HostTimeoutError

HEADER = "x-local-aws-stub"
_FIELDS = ("endpointName", "variantName", "inferenceComponentName", "status", "contentType", "body", "delaySeconds")
_Key = tuple[str, str | None, str | None]

_TEXTS = {
    "variantName": "the name of a variant",
    "inferenceComponentName": "the name of an inference component",
    "contentType": "a media type",
}

_lock = threading.Lock()
_stubs: dict[_Key, Stub] = {}


@dataclass(frozen=True)
class Stub:
    """The answer that a test sets, and the seconds until it is given."""

    definition: dict[str, Any]

    @property
    def key(self) -> _Key:
        """Endpoint name in lower case, variant name and component name, each None for all."""
        given = self.definition
        return given["endpointName"].lower(), given.get("variantName"), given.get("inferenceComponentName")

    def answer(self, container: str | None, timeout_seconds: float) -> Answer:
        """Give the answer, in the name of `container`.

        Raises
        ------
        HostTimeoutError
            If the delay is longer than `timeout_seconds`.
        """
        name, delay_seconds = container or PRIMARY, self.definition.get("delaySeconds", 0)
        if delay_seconds:
            clock.sleep(min(delay_seconds, timeout_seconds))
        if delay_seconds > timeout_seconds:
            raise HostTimeoutError(name)
        body = self.definition["body"]
        text = body if isinstance(body, str) else json.dumps(body)
        headers = {"Content-Type": self.definition.get("contentType", "application/json"), HEADER: "true"}
        return Answer(self.definition.get("status", 200), headers, text.encode(), name)


def find(endpoint_name: str, variant_name: str, component_name: str | None = None) -> Stub | None:
    """The stub of the component or of the variant, or of all variants of its endpoint, or None."""
    name = endpoint_name.lower()
    keys: list[_Key] = [(name, None, component_name)] if component_name else []
    with _lock:
        found = [_stubs.get(key) for key in (*keys, (name, variant_name, None), (name, None, None))]
        return next((stub for stub in found if stub), None)


@control.route("GET", "sagemaker/answers")
def get_answers(_: None) -> list[dict[str, Any]]:
    with _lock:
        return _listed()


@control.route("POST", "sagemaker/answers")
def post_answers(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list):
        raise BadControlRequestError("the body must be a list of answers")
    for position, item in enumerate(body):
        _check(position, item)
    with _lock:
        _stubs.update({stub.key: stub for stub in map(Stub, body)})
        return _listed()


@control.route("DELETE", "sagemaker/answers")
def delete_answers(_: None) -> list[dict[str, Any]]:
    with _lock:
        _stubs.clear()
    return []


def _listed() -> list[dict[str, Any]]:
    return [stub.definition for stub in _stubs.values()]


def _check(position: int, item: Any) -> None:
    if not isinstance(item, dict):
        raise BadControlRequestError(f"/{position} is {item!r}; expected an object")
    for field in item:
        if field not in _FIELDS:
            raise _wrong(position, field, item, f"one of the fields {', '.join(_FIELDS)}")
    if not isinstance(item.get("endpointName"), str):
        raise _wrong(position, "endpointName", item, "the name of an endpoint")
    if "body" not in item:
        raise BadControlRequestError(f"/{position}/body is missing; expected text or JSON")
    for field, expected in _TEXTS.items():
        if not isinstance(item.get(field, ""), str):
            raise _wrong(position, field, item, expected)
    status = item.get("status", 200)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise _wrong(position, "status", item, "an HTTP status from 200 to 599")
    delay = item.get("delaySeconds", 0)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or delay < 0:
        raise _wrong(position, "delaySeconds", item, "a number of seconds, 0 or more")


def _wrong(position: int, field: str, item: dict[str, Any], expected: str) -> BadControlRequestError:
    return BadControlRequestError(f"/{position}/{field} is {item.get(field)!r}; expected {expected}")
