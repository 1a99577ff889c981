"""Seconds of the parts of an operation. AWS publishes none, so that tests can set them.

``POST /_emulator/sagemaker/durations`` takes ``{"instance"?, "serverless"?, "activation"?, "termination"?, "scaleOut"?,
"scaleIn"?, "copy"?}``. They apply to operations that start later. The first two are the time until a fleet is in
service, unless a scripted outcome has a duration of its own; the next two are stages of a deployment with guardrails;
``scaleOut`` and ``scaleIn`` are changes of a size; ``copy`` is the start of a copy of an inference component. ``GET``
returns them. Traffic that plays has its own.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local_aws.core import control
from local_aws.core.control import BadControlRequestError

# Typical values: minutes for instances, less for serverless. Stages are long enough to be observed.
_USUAL = {
    "instance": 420.0,
    "serverless": 180.0,
    "activation": 10.0,
    "termination": 30.0,
    "scaleOut": 120.0,
    "scaleIn": 120.0,
    "copy": 137.0,  # AWS ML blog, "Unlock cost savings with the new scale down to zero feature": 2.28 minutes for 8B
}
SECONDS: ChainMap[str, float] = ChainMap({}, _USUAL)


@contextmanager
def replaced(seconds: dict[str, float]) -> Iterator[None]:
    """Use these durations for operations that start in the body."""
    SECONDS.maps[0] = seconds
    try:
        yield
    finally:
        SECONDS.maps[0] = {}


@control.route("GET", "sagemaker/durations")
def get_durations(_: None) -> dict[str, float]:
    return dict(SECONDS)


@control.route("POST", "sagemaker/durations")
def post_durations(body: Any) -> dict[str, float]:
    if not isinstance(body, dict):
        raise BadControlRequestError('the body must be an object such as {"instance": seconds}')
    for kind, seconds in body.items():
        if kind not in SECONDS:
            raise BadControlRequestError(f"/{kind}: unknown field. Use: {', '.join(SECONDS)}")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise BadControlRequestError(f"/{kind}: {seconds!r} is not a number of seconds above 0")
    _USUAL.update({kind: float(seconds) for kind, seconds in body.items()})
    return dict(SECONDS)
