"""Checks of filter policies (SNS developer guide, "Subscription filter policies" and their constraints)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from typing import Any

from moto.sns.exceptions import InternalError
from moto.sns.models import SNSBackend
from moto.sns.responses import SNSResponse

from local_aws.core import gateway
from local_aws.events.operators import InvalidPatternError
from local_aws.events.patterns import Pattern
from local_aws.sns.checks import InvalidParameterError

KEYS_LIMIT = 5
COMBINATIONS_LIMIT = 150
NUMBERS_LIMIT = 10**9


def install() -> None:
    """Check filter policies. A refused policy creates no subscription."""
    subscribe, set_attributes = SNSResponse.subscribe, SNSBackend.set_subscription_attributes

    def subscribe_checked(response: SNSResponse) -> Any:
        attributes = gateway.current().parameters.get("Attributes", {})
        check(attributes.get("FilterPolicy"), attributes.get("FilterPolicyScope"))
        return subscribe(response)

    def set_checked_attributes(backend: SNSBackend, arn: str, name: str, value: Any) -> None:
        subscription = backend.subscriptions.get(arn)
        if name == "FilterPolicy" and subscription:
            check(value, subscription.attributes.get("FilterPolicyScope"))
        set_attributes(backend, arn, name, value)

    SNSResponse.subscribe = subscribe_checked
    SNSBackend.set_subscription_attributes = set_checked_attributes
    SNSBackend._validate_filter_policy = lambda *_, **__: None  # moto's check does not know cidr and miscounts $or


def check(text: str | None, scope: str | None) -> None:
    """Refuse a policy that AWS refuses. Patterns are those of EventBridge without ``wildcard``.

    Raises
    ------
    InvalidParameterError
    moto.sns.exceptions.InternalError
        AWS's answer to numbers that are too large.
    """
    policy = _parsed(text or "{}")
    if len(policy) > KEYS_LIMIT:
        raise _invalid("Filter policy can not have more than 5 keys")
    if scope != "MessageBody" and any(isinstance(value, dict) for value in policy.values()):
        raise InvalidParameterError("Filter policy scope MessageAttributes does not support nested filter policy")
    if policy:
        _check_pattern(policy)
    if _combinations(policy, 1) > COMBINATIONS_LIMIT:
        raise _invalid("Filter policy is too complex")


def _parsed(text: str) -> dict[str, Any]:
    try:
        policy = json.loads(text)
    except json.JSONDecodeError as error:
        raise _invalid("failed to parse JSON.") from error
    if not isinstance(policy, dict):
        raise _invalid("Filter is not an object")
    return policy


def _check_pattern(policy: dict[str, Any]) -> None:
    try:
        Pattern(json.dumps(policy))
    except InvalidPatternError as error:
        raise _invalid(str(error)) from error
    for value in _values(policy):
        if isinstance(value, dict) and "wildcard" in value:
            raise _invalid("Unrecognized match type wildcard")
        if isinstance(value, int | float) and abs(value) >= NUMBERS_LIMIT:
            raise InternalError("Unknown")


def _invalid(reason: str) -> InvalidParameterError:
    of_subscribe = gateway.current().operation == "Subscribe"
    return InvalidParameterError(f"{'Attributes Reason: ' if of_subscribe else ''}FilterPolicy: {reason}")


def _values(node: Any) -> Iterator[Any]:
    """Every value and operator of a policy."""
    for name, value in node.items():
        if isinstance(value, dict):
            yield from _values(value)
        elif name == "$or":
            for branch in value:
                yield from _values(branch) if isinstance(branch, dict) else (branch,)
        else:
            yield from value


def _combinations(node: dict[str, Any], depth: int) -> int:
    """The values of each key times its depth, multiplied. Each branch of ``$or`` counts alone."""
    return prod(_of_member(name, value, depth) for name, value in node.items())


def _of_member(name: str, value: Any, depth: int) -> int:
    if isinstance(value, dict):
        return _combinations(value, depth + 1)
    if name == "$or" and all(isinstance(branch, dict) for branch in value):
        return sum(_combinations(branch, depth) for branch in value)
    return len(value) * depth
