"""Seconds until a fleet is in service. AWS publishes none, so that tests can set them.

``POST /_emulator/sagemaker/durations`` takes ``{"instance"?: seconds, "serverless"?: seconds}``. They apply to
creations and updates that start later and have no scripted outcome with a duration of its own. ``GET`` returns them.
"""

from __future__ import annotations

from typing import Any

from local_aws.core import control
from local_aws.core.control import BadControlRequestError

# Typical values: minutes for instances, less for serverless.
PROVISION_SECONDS = {"instance": 420.0, "serverless": 180.0}


@control.route("GET", "sagemaker/durations")
def get_durations(_: None) -> dict[str, float]:
    return dict(PROVISION_SECONDS)


@control.route("POST", "sagemaker/durations")
def post_durations(body: Any) -> dict[str, float]:
    if not isinstance(body, dict):
        raise BadControlRequestError('the body must be an object: {"instance": seconds, "serverless": seconds}')
    for kind, seconds in body.items():
        if kind not in PROVISION_SECONDS:
            raise BadControlRequestError(f"/{kind}: unknown field. Use: {', '.join(PROVISION_SECONDS)}")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise BadControlRequestError(f"/{kind}: {seconds!r} is not a number of seconds above 0")
    PROVISION_SECONDS.update({kind: float(seconds) for kind, seconds in body.items()})
    return dict(PROVISION_SECONDS)
