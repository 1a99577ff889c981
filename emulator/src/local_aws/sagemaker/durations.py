"""Seconds of the parts of an operation. AWS publishes none, so that tests can set them.

``POST /_emulator/sagemaker/durations`` takes ``{"instance"?, "serverless"?, "activation"?, "termination"?}``. They
apply to creations and updates that start later. The first two are the time until a fleet is in service, unless a
scripted outcome has a duration of its own; the others are stages of a deployment with guardrails. ``GET`` returns them.
"""

from __future__ import annotations

from typing import Any

from local_aws.core import control
from local_aws.core.control import BadControlRequestError

# Typical values: minutes for instances, less for serverless. Stages are long enough to be observed.
SECONDS = {"instance": 420.0, "serverless": 180.0, "activation": 10.0, "termination": 30.0}


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
    SECONDS.update({kind: float(seconds) for kind, seconds in body.items()})
    return dict(SECONDS)
