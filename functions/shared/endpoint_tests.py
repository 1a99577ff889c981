"""Tests of an endpoint: golden requests, and what is expected of the answers."""

import json
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from shared.aws import Json

FIELD = "test"
COMPONENTS = "inferenceComponents"


class PlannedTest(TypedDict):
    """A test, for people; body and expectations are in the plan's request.

    Attributes
    ----------
    variants : list of str
        Production variants that get the request, one after the other; empty on an asynchronous endpoint, whose requests
        have no target.
    components : list of str
        Inference components that get the request, in place of variants; only on an endpoint that hosts components.
    """

    name: str
    variants: list[str]
    components: NotRequired[list[str]]


class PassedTest(TypedDict):
    """Outcome of a test that passed.

    Attributes
    ----------
    variant, latencyMilliseconds : str, int or None
        None on an asynchronous endpoint; the first also on one that hosts inference components.
    component : str
        Inference component that answered; only on an endpoint that hosts components.
    """

    name: str
    variant: str | None
    component: NotRequired[str]
    status: int
    latencyMilliseconds: int | None


def planned(tests: list[Json], config: Json, components: Sequence[str] = ()) -> list[PlannedTest]:
    """Return the plan's tests.

    Parameters
    ----------
    tests : list of Json
        The request's.
    config : Json
        CreateEndpointConfig's body.
    components : sequence of str
        Names of the endpoint's inference components, in their own spelling: InvokeEndpoint can compare case.
    """
    if components:
        spelled = {name.lower(): name for name in components}
        asked = [[name.lower() for name in test.get(COMPONENTS, components)] for test in tests]
        return [
            {"name": test["name"], "variants": [], "components": [spelled[name] for name in names]}
            for test, names in zip(tests, asked, strict=True)
        ]
    every = [] if is_asynchronous(config) else [each["VariantName"] for each in config["ProductionVariants"]]
    return [{"name": test["name"], "variants": test.get("variants", every)} for test in tests]


def is_asynchronous(config: Json) -> bool:
    """Whether an endpoint with this config takes only asynchronous requests."""
    return "AsyncInferenceConfig" in config


def body_bytes(body: Any) -> bytes:
    """Return the body of a request as it is sent: a text as it is, any other value as JSON."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode(errors="replace")  # half a surrogate pair has no UTF-8
