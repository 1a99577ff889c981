"""The event buses: which rules an event matches, and the handing over to their targets."""

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


def default_bus(account_id: str, region: str) -> EventBus:
    """The bus of an account that AWS's services put their events on."""
    bus: EventBus = events_backends[account_id][region].event_buses[DEFAULT_BUS]
    return bus


def find(bus_arn: str) -> EventBus | None:
    """The bus of that ARN, of whatever account."""
    region, account_id, name = bus_arn.split(":")[3:6]
    bus: EventBus | None = events_backends[account_id][region].event_buses.get(name.removeprefix("event-bus/"))
    return bus


def publish(event: Event, bus: EventBus) -> list[Thread]:
    """Hand `event` to the targets of every enabled rule of the bus that it matches.

    Returns the threads that do so.
    """
    return [thread for rule in list(bus.rules.values()) for thread in send(rule, event)]


def require_permission(sender: Principal, event: Event, bus_arn: str) -> None:
    """Check that the sender may put the event on the bus; across accounts the policy of the bus has to permit it.

    EventBridge user guide, "Permissions for event buses" and its condition keys.

    Raises
    ------
    local_aws.core.errors.AccessDenied
    """
    context = {"events:source": event["source"], "events:detail-type": event["detail-type"]}
    gateway.authorize(sender, "events:PutEvents", [bus_arn], context)


def forward(target: targets.Target, rule_arn: str, event: Event, payload: str) -> None:  # noqa: ARG001  # as it came
    """Send the event on to another bus, unchanged, as the target's role.

    A rule of another account than the bus may do without a role, as its account then.

    Raises
    ------
    botocore.exceptions.ClientError
        Where the role may not, the policy of the bus does not permit it, or there is no such bus.
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
    """Start a delivery to each target of the rule, if it is enabled and has a pattern that the event matches."""
    if rule.state == "DISABLED" or rule.event_pattern.dump() is None or not rule.event_pattern.matches_event(event):
        return []
    return [delivery.start(rule.arn, dict(target), event) for target in list(rule.targets)]
