"""How long SageMaker takes to provision a fleet, which it publishes nowhere: as the tester says.

``POST /_emulator/sagemaker/durations`` takes ``{"instance"?: seconds, "serverless"?: seconds}`` for every creation and
update that begins from then on, unless an outcome is scripted with its own; ``GET`` tells them.
"""

from __future__ import annotations

from typing import Any

from local_aws.core import control
from local_aws.core.control import BadControlRequestError

# Seconds until a fleet of that kind serves. Typical: minutes for instances, less for serverless.
PROVISION_SECONDS = {"instance": 420.0, "serverless": 180.0}


@control.route("GET", "sagemaker/durations")
def get_durations(_: None) -> dict[str, float]:
    return dict(PROVISION_SECONDS)


@control.route("POST", "sagemaker/durations")
def post_durations(body: Any) -> dict[str, float]:
    if not isinstance(body, dict):
        raise BadControlRequestError("the body is an object of seconds by kind of fleet")
    for kind, seconds in body.items():
        if kind not in PROVISION_SECONDS:
            raise BadControlRequestError(f"/{kind}: unknown; there are: {', '.join(PROVISION_SECONDS)}")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise BadControlRequestError(f"/{kind}: {seconds!r} is no number of seconds above 0")
    PROVISION_SECONDS.update({kind: float(seconds) for kind, seconds in body.items()})
    return dict(PROVISION_SECONDS)
