"""Ticks of a schedule under faults: a morning is a kind of deployment, a night a kind of removal."""

from datetime import datetime
from typing import Any

from local_aws import until
from tests.support.deployment import Slipway
from tools import stack

Request = dict[str, Any]
LOCAL_HOUR = 12
DAY = "01:00-23:00"


def hours(slipway: Slipway, daily: str) -> Request:
    """The field `schedule` in a time zone in which it is noon now."""
    now = datetime.fromisoformat(slipway.aws.get("clock")["now"])
    # The names of these zones have the sign of POSIX (tz database, etcetera).
    zone = f"Etc/GMT{now.hour - LOCAL_HOUR:+d}"
    return {"weekdays": daily, "weekends": daily, "timeZone": zone}


def morning(slipway: Slipway, request: Request) -> Request:
    """Deploy the request with hours around now, delete the endpoint, and return the tick that brings it back."""
    _deploy(slipway, request | {"schedule": hours(slipway, DAY)})
    name = request["endpointName"]
    slipway.aws.client("sagemaker").delete_endpoint(EndpointName=name)
    until(lambda: slipway.endpoint(name) is None)
    return tick(name, "up")


def night(slipway: Slipway, request: Request) -> Request:
    """Deploy the request with hours that ended in the morning, and return the tick that removes the endpoint."""
    _deploy(slipway, request | {"schedule": hours(slipway, "01:00-03:00")})
    return tick(request["endpointName"], "away")


def tick(endpoint_name: str, wants: str) -> Request:
    return {"endpointName": endpoint_name, "scheduled": {"wants": wants, "time": "2026-11-21T05:12:59Z"}}


def _deploy(slipway: Slipway, request: Request) -> None:
    stack.make_models(slipway.aws, request)
    described = slipway.wait(slipway.start(request))
    assert described["status"] == "SUCCEEDED", described.get("cause")
