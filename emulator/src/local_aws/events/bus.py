"""Event buses: match events with rules and start the deliveries to their targets."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from threading import Thread
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import EventBus, Rule, events_backends

from local_aws.core import gateway, principals
from local_aws.core.clock import clock
from local_aws.core.errors import AccessDenied
from local_aws.core.principals import Principal
from local_aws.events import delivery, targets
from local_aws.events.patterns import Event

_logger = logging.getLogger(__name__)

DEFAULT_BUS = "default"


def complete(given: Event, region: str) -> Event:
    """The event with the members that EventBridge adds: id, time, account, Region."""
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


def default_bus(account_id: str, region: str) -> EventBus:
    """The account's bus that AWS services put their events on."""
    bus: EventBus = events_backends[account_id][region].event_buses[DEFAULT_BUS]
    return bus


def find(bus_arn: str) -> EventBus | None:
    """The bus of that ARN, in any account."""
    region, account_id, name = bus_arn.split(":")[3:6]
    bus: EventBus | None = events_backends[account_id][region].event_buses.get(name.removeprefix("event-bus/"))
    return bus


def publish(event: Event, bus: EventBus) -> list[Thread]:
    """Deliver `event` to the targets of each enabled rule of the bus that matches it.

    Return the threads of the deliveries.
    """
    return [thread for rule in list(bus.rules.values()) for thread in send(rule, event)]


def require_permission(sender: Principal, event: Event, bus_arn: str) -> None:
    """Check that the sender may put the event on the bus. Across accounts, the bus policy must permit it.

    EventBridge user guide, "Permissions for event buses" and its condition keys.

    Raises
    ------
    local_aws.core.errors.AccessDenied
    """
    context = {"events:source": event["source"], "events:detail-type": event["detail-type"]}
    gateway.authorize(sender, "events:PutEvents", [bus_arn], context)


def forward(target: targets.Target, rule_arn: str, event: Event, payload: str) -> None:  # noqa: ARG001  # as it came
    """Send the event unchanged to another bus, as the target's role.

    A rule of another account than the bus needs no role: its account sends the event.

    Raises
    ------
    botocore.exceptions.ClientError
        If the role or the bus policy does not permit it, or the bus is missing.
    """
    bus_arn = target["Arn"]
    sending, receiving = rule_arn.split(":")[4], bus_arn.split(":")[4]
    if event["account"] not in (sending, receiving):
        # EventBridge user guide, "Sending and receiving events between AWS accounts": not to a third account
        _logger.warning("event %s is not sent on by %s to a third account", event["id"], rule_arn)
        return
    if "RoleArn" in target or sending == receiving:
        sender = principals.caller(targets.credentials(target, rule_arn, event)["aws_access_key_id"])
    else:
        sender = principals.administrator(sending)
    try:
        require_permission(replace(sender, source_arn=rule_arn), event, bus_arn)
    except AccessDenied as denied:
        raise targets.refusal("PutEvents", denied.message) from denied
    bus = find(bus_arn)
    if bus is None:
        raise targets.refusal("PutEvents", f"Event bus {bus_arn} does not exist.", "ResourceNotFoundException")
    publish(event, bus)


targets.CALLS["events"] = forward


def send(rule: Rule, event: Event) -> list[Thread]:
    """Start a delivery to each target of the rule, if the rule is enabled and its pattern matches the event."""
    if rule.state == "DISABLED" or rule.event_pattern.dump() is None or not rule.event_pattern.matches_event(event):
        return []
    return [delivery.start(rule.arn, dict(target), event) for target in list(rule.targets)]
