"""The event buses: which rules an event matches, and the handing over to their targets."""

from __future__ import annotations

import uuid
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import Rule, events_backends

from emulator.clock import clock
from emulator.events import delivery
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


def publish(event: Event, bus_name: str = DEFAULT_BUS) -> None:
    """Hand `event` to the targets of every enabled rule of the bus that it matches."""
    backend = events_backends[event["account"]][event["region"]]
    for rule in list(backend.event_buses[bus_name].rules.values()):
        send(rule, event)


def send(rule: Rule, event: Event) -> None:
    """Start a delivery to each target of the rule, if it is enabled and has a pattern that the event matches."""
    if rule.state == "DISABLED" or rule.event_pattern.dump() is None or not rule.event_pattern.matches_event(event):
        return
    for target in list(rule.targets):
        delivery.start(rule.arn, dict(target), event)
