"""Tests of an endpoint: golden requests, and what is expected of the answers."""

import json
from typing import Any, TypedDict

from shared.aws import Json

FIELD = "test"


class PlannedTest(TypedDict):
    """A test, for people; body and expectations are in the plan's request.

    Attributes
    ----------
    variants : list of str
        Production variants that get the request, one after the other; empty on an asynchronous endpoint, whose requests
        have no target.
    """

    name: str
    variants: list[str]


class PassedTest(TypedDict):
    """Outcome of a test that passed.

    Attributes
    ----------
    variant, latencyMilliseconds : str, int or None
        None on an asynchronous endpoint.
    """

    name: str
    variant: str | None
    status: int
    latencyMilliseconds: int | None


def planned(tests: list[Json], config: Json) -> list[PlannedTest]:
    """Return the plan's tests.

    Parameters
    ----------
    tests : list of Json
        The request's.
    config : Json
        CreateEndpointConfig's body.
    """
    every = [] if is_asynchronous(config) else [each["VariantName"] for each in config["ProductionVariants"]]
    return [{"name": test["name"], "variants": test.get("variants", every)} for test in tests]


def is_asynchronous(config: Json) -> bool:
    """Whether an endpoint with this config takes only asynchronous requests."""
    return "AsyncInferenceConfig" in config


def body_bytes(body: Any) -> bytes:
    """Return the body of a request as it is sent: a text as it is, any other value as JSON."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode(errors="replace")  # half a surrogate pair has no UTF-8
