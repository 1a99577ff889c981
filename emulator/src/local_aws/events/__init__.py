"""EventBridge: rules match and targets are called as on AWS.

moto has its own matching algorithm, accepts invalid patterns, and raises `NotImplementedError` for a target
that is a state machine, a function or a topic.
"""

from __future__ import annotations

from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from local_aws.core import control, principals
from local_aws.core.control import BadControlRequestError
from local_aws.core.errors import AccessDenied
from local_aws.core.partition import REGION
from local_aws.events import api, bus, policies

__all__ = ["emit", "install"]


def install() -> None:
    """Replace moto's rules, targets and bus policies."""
    api.install()
    policies.install()


def emit(source: str, detail_type: str, arn: str, detail: dict[str, Any]) -> None:
    """Put an AWS service's event about the resource `arn` on the default bus of the resource's account and Region.

    Return before any target is called. The event's time is the virtual clock's.
    """
    region, account_id = arn.split(":")[3:5]
    event = {"source": source, "detail-type": detail_type, "resources": [arn], "detail": detail, "account": account_id}
    bus.publish(bus.complete(event, region), bus.default_bus(account_id, region))


@control.route("POST", "events")
def post_events(body: Any) -> dict[str, list[str]]:
    """Put events on the default bus as AWS services emit them. Missing members such as id and time are added.

    An event of another account is treated as an event that a rule of that account sends: the bus must permit it.
    Answers after every target has been called once.
    """
    needed = {"source": str, "detail-type": str, "detail": dict}
    for event in body if isinstance(body, list) else [None]:
        if not isinstance(event, dict) or not all(isinstance(event.get(name), kind) for name, kind in needed.items()):
            raise BadControlRequestError('the body must be [{"source": "…", "detail-type": "…", "detail": {…}}, …]')
    events = [bus.complete(event, REGION) for event in body]
    buses = [bus.default_bus(DEFAULT_ACCOUNT_ID, event["region"]) for event in events]
    for index, (event, receiver) in enumerate(zip(events, buses, strict=True)):
        _require_permission(index, event, receiver.arn)
    for thread in [
        thread for event, receiver in zip(events, buses, strict=True) for thread in bus.publish(event, receiver)
    ]:
        thread.join()
    return {"eventIds": [event["id"] for event in events]}


def _require_permission(index: int, event: dict[str, Any], bus_arn: str) -> None:
    try:
        bus.require_permission(principals.administrator(event["account"]), event, bus_arn)
    except AccessDenied as denied:
        raise BadControlRequestError(
            f"/{index}/account: {bus_arn} does not accept events of account {event['account']}. Its policy must permit "
            f"that account (PutPermission, AWS::Events::EventBusPolicy). {denied.message}"
        ) from denied
