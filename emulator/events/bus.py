"""The event buses: which rules an event matches, and the handing over to their targets."""

from __future__ import annotations

import uuid
from threading import Thread
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import EventBus, Rule, events_backends

from emulator import gateway, principals
from emulator.clock import clock
from emulator.errors import AccessDenied
from emulator.events import delivery, targets
from emulator.events.patterns import Event

DEFAULT_BUS = "default"


def complete(given: Event, region: str) -> Event:
    """The event with everything EventBridge adds to it where it is missing: id, time, account, region."""
    added: dict[str, Any] = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "",
        "source": "",
        "account": DEFAULT_ACCOUNT_ID,
        "time": clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [],
        "detail": {},
    }
    return {**added, **given}


def publish(event: Event, bus_name: str = DEFAULT_BUS) -> list[Thread]:
    """Hand `event` to the targets of every enabled rule of a bus in its account and Region that it matches.

    Returns the threads that do so.
    """
    return _publish(event, events_backends[event["account"]][event["region"]].event_buses[bus_name])


def forward(target: targets.Target, rule_arn: str, event: Event, payload: str) -> None:  # noqa: ARG001  # as it came
    """Send the event on to another bus, unchanged, as the target's role.

    Raises
    ------
    botocore.exceptions.ClientError
        Where the role may not, or there is no such bus.
    """
    bus_arn = target["Arn"]
    region, account_id, name = bus_arn.split(":")[3:6]
    access_key_id = targets.credentials(target, rule_arn, event)["aws_access_key_id"]
    try:
        gateway.authorize(principals.caller(access_key_id, account_id), "events:PutEvents", [bus_arn])
    except AccessDenied as denied:
        raise targets.refusal("PutEvents", denied.message) from denied
    bus = events_backends[account_id][region].event_buses.get(name.removeprefix("event-bus/"))
    if bus is None:
        raise targets.refusal("PutEvents", f"Event bus {bus_arn} does not exist.", "ResourceNotFoundException")
    _publish(event, bus)


targets.CALLS["events"] = forward


def _publish(event: Event, bus: EventBus) -> list[Thread]:
    return [thread for rule in list(bus.rules.values()) for thread in send(rule, event)]


def send(rule: Rule, event: Event) -> list[Thread]:
    """Start a delivery to each target of the rule, if it is enabled and has a pattern that the event matches."""
    if rule.state == "DISABLED" or rule.event_pattern.dump() is None or not rule.event_pattern.matches_event(event):
        return []
    return [delivery.start(rule.arn, dict(target), event) for target in list(rule.targets)]
