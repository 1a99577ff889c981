"""The event buses: which rules an event matches, and the handing over to their targets."""

from __future__ import annotations

import uuid
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import events_backends

from emulator.clock import clock

Event = dict[str, Any]

DEFAULT_BUS = "default"


def complete(event: Event, region: str = "us-east-1") -> Event:
    """The event with everything EventBridge adds to it where it is missing: id, time, account, region."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "account": DEFAULT_ACCOUNT_ID,
        "time": clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [],
        **event,
    }


def publish(event: Event, bus_name: str = DEFAULT_BUS) -> None:
    """Hand `event` to the targets of every enabled rule of the bus that it matches."""
    backend = events_backends[event["account"]][event["region"]]
    for rule in list(backend.event_buses[bus_name].rules.values()):
        rule.send_to_targets(event)
