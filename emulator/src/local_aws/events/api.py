"""EventBridge API where moto differs: patterns, targets and entries are checked as on AWS.

EventBridge API reference: PutRule, PutTargets, PutEvents, TestEventPattern.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.models import EventPattern, EventPatternParser, EventsBackend, Rule
from moto.events.responses import EventsHandler
from moto.events.utils import PAGINATION_MODEL

from local_aws.core import constraints
from local_aws.events import bus, targets, transform
from local_aws.events.operators import InvalidPatternError
from local_aws.events.patterns import Event, Pattern

_logger = logging.getLogger(__name__)

ENTRIES_LIMIT = 10
ENTRIES_LIMIT_BYTES = 1024 * 1024  # PutEvents API reference: size of all entries together
TARGETS_LIMIT = 5  # of a rule (EventBridge user guide, quotas)
_ENVELOPE = ("id", "account", "source", "time", "region", "detail-type")


def install() -> None:
    """Replace moto's matcher, deliveries and checks."""
    EventPatternParser.parse = _parse
    EventPattern.matches_event = _matches
    Rule.send_to_targets = lambda rule, event, transform_input=True: bus.send(rule, event)  # noqa: ARG005
    EventsBackend.put_events = _put_events
    EventsBackend._normalize_event_bus_arn = _own_bus_name
    PAGINATION_MODEL["list_targets_by_rule"]["unique_attribute"] = (
        "Id"  # moto's name is the ARN, which several may share
    )
    EventsBackend.create_archive = _create_archive
    EventsHandler.test_event_pattern = _test_event_pattern
    _check_rules_and_targets()


def _check_rules_and_targets() -> None:
    put_rule, put_targets = EventsBackend.put_rule, EventsBackend.put_targets

    def put_checked_rule(backend: EventsBackend, *arguments: Any, **named: Any) -> Rule:
        rule = put_rule(backend, *arguments, **named)
        if rule.scheduled_expression:
            _logger.warning("rule %s is kept, but the local AWS fires no schedules", rule.name)
        return rule

    def put_checked_targets(
        backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        for target in targets:
            _check_target(target)
        _check_count(backend, name, event_bus_arn, targets)
        put_targets(backend, name, event_bus_arn, targets)

    EventsBackend.put_rule = put_checked_rule
    EventsBackend.put_targets = put_checked_targets
    EventsHandler.put_rule = _constrained("PutRule", EventsHandler.put_rule)
    EventsHandler.put_targets = _constrained("PutTargets", EventsHandler.put_targets)


def _check_count(backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
    rule = backend.describe_event_bus(_own_bus_name(backend, event_bus_arn)).rules.get(name)
    present = [target["Id"] for target in rule.targets] if rule else []
    if len({*present, *(target["Id"] for target in targets)}) > TARGETS_LIMIT:
        raise JsonRESTError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def _constrained(operation: str, handle: Callable[[EventsHandler], Any]) -> Callable[[EventsHandler], Any]:
    def handle_checked(handler: EventsHandler) -> Any:
        constraints.check("events", operation, json.loads(handler.body))
        return handle(handler)

    return handle_checked


def _parse(parser: EventPatternParser) -> Any:
    """The pattern in moto's form, if it is valid."""
    if not parser.pattern:
        return {}
    _compiled(parser.pattern)
    return json.loads(parser.pattern)


def _matches(pattern: EventPattern, event: Event) -> bool:
    text = pattern.dump()
    return text is not None and _compiled(text).matches(event)


def _compiled(text: str) -> Pattern:
    try:
        return Pattern(text)
    except InvalidPatternError as error:
        raise InvalidEventPatternException(str(error)) from error


def _check_target(target: dict[str, Any]) -> None:
    """Refuse what AWS refuses and what is not modelled.

    Raises
    ------
    moto.events.exceptions.ValidationException
    NotImplementedError
        For a target that is not modelled.
    """
    service = targets.service_of(target)
    if service not in targets.CALLS:
        raise NotImplementedError(f"EventBridge targets of the service {service}")
    if service == "states" and not target.get("RoleArn"):
        raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
    if sum(key in target for key in ("Input", "InputPath", "InputTransformer")) > 1:
        raise ValidationException(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
        )
    paths = [target.get("InputPath", "$"), *target.get("InputTransformer", {}).get("InputPathsMap", {}).values()]
    for path in paths:
        if not transform.is_path(path):
            raise ValidationException(f"Parameter {path} is not valid. Reason: it is no JSONPath in dot notation.")
    unknown = transform.unknown_placeholders(target.get("InputTransformer", {}))
    if unknown:
        raise ValidationException(f"InputTemplate for target {target['Id']} contains invalid placeholder {unknown[0]}.")


def _put_events(backend: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The result of each entry. A refused entry does not affect the others."""
    if len(events) > ENTRIES_LIMIT:
        raise ValidationException(
            "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed to satisfy constraint: "
            f"Member must have length less than or equal to {ENTRIES_LIMIT}"
        )
    if sum(map(_size, events)) > ENTRIES_LIMIT_BYTES:
        raise ValidationException("Total size of the entries in the request is over the limit.")
    return [_put_event(backend, entry) for entry in events]


def _size(entry: dict[str, Any]) -> int:
    """EventBridge user guide, "Calculating PutEvents event entry size"."""
    texts = [*(entry.get(name) or "" for name in ("Source", "DetailType", "Detail")), *entry.get("Resources", [])]
    return sum(len(text.encode()) for text in texts) + (14 if entry.get("Time") else 0)


def _put_event(backend: EventsBackend, entry: dict[str, Any]) -> dict[str, Any]:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return _refusal("InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument.")
    if entry["Source"].startswith("aws."):
        return _refusal("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail = json.loads(entry["Detail"])
    except json.JSONDecodeError:
        detail = None
    if not isinstance(detail, dict):
        return _refusal("MalformedDetail", "Detail is malformed.")
    event = bus.complete(
        {
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": backend.account_id,
            "resources": entry.get("Resources", []),
            "detail": detail,
            **({"time": _time(entry["Time"])} if entry.get("Time") else {}),
        },
        backend.region_name,
    )
    receiver = bus.find(bus_arn(backend, entry.get("EventBusName", bus.DEFAULT_BUS)))
    if receiver:  # PutEvents does not report a missing bus
        bus.publish(event, receiver)
    return {"EventId": event["id"]}


def bus_arn(backend: EventsBackend, name_or_arn: str) -> str:
    """The ARN of a bus."""
    prefix = f"arn:{backend.partition}:events:{backend.region_name}:{backend.account_id}:event-bus/"
    return name_or_arn if name_or_arn.startswith("arn:") else prefix + name_or_arn


def _own_bus_name(backend: EventsBackend, name_or_arn: str | None) -> str:
    """The name of a bus of the caller's account and Region.

    Raises
    ------
    NotImplementedError
        For any other bus.
    """
    arn = bus_arn(backend, name_or_arn or bus.DEFAULT_BUS)
    if arn.split(":")[3:5] != [backend.region_name, backend.account_id]:
        raise NotImplementedError("rules on event buses of other accounts and Regions")
    return arn.rsplit("/", 1)[-1]


def _refusal(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}


def _time(timestamp: float | str) -> str:
    return datetime.fromtimestamp(float(timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _test_event_pattern(handler: EventsHandler) -> str:
    request = json.loads(handler.body)
    constraints.check("events", "TestEventPattern", request)
    try:
        event = json.loads(request["Event"])
    except json.JSONDecodeError:
        event = None
    if not isinstance(event, dict) or any(name not in event for name in _ENVELOPE):
        raise ValidationException("Parameter Event is not valid.")
    return json.dumps({"Result": _compiled(request["EventPattern"]).matches(event)})


def _create_archive(*_: Any, **__: Any) -> None:
    raise NotImplementedError("EventBridge archives and replays")
