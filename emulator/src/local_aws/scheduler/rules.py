"""Rules of a schedule beyond the API model.

API reference, CreateSchedule, Target and FlexibleTimeWindow; user guide, "Setting up Amazon EventBridge Scheduler".
"""

from __future__ import annotations

import json
import re
from typing import Any

from local_aws.core.authorization.trust import may_assume
from local_aws.core.errors import NotModelledError
from local_aws.scheduler import delivery, errors

MOST_INPUT_BYTES = 256 * 1024

_TARGET_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")


def check(content: dict[str, Any], group_arn: str) -> None:
    """Check the time window, the target, its input and its role.

    Raises
    ------
    ApiError
        ValidationException with the first violation.
    NotModelledError
        If the target is one that the local AWS does not invoke.
    """
    _check_window(content["FlexibleTimeWindow"])
    target = content["Target"]
    if not _TARGET_ARN.fullmatch(target["Arn"]):
        raise errors.invalid("Provided Arn is not in correct format.")
    service = delivery.service_of(target)
    if service not in delivery.CALLS:
        raise NotModelledError(f"targets of EventBridge Scheduler of the service {service}")
    _check_input(target.get("Input", "{}"), must_be_json=service in delivery.JSON_ONLY)
    if not may_assume(delivery.SERVICE, target["RoleArn"], group_arn):
        raise errors.invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


def _check_window(window: dict[str, Any]) -> None:
    is_flexible, has_length = window["Mode"] == "FLEXIBLE", "MaximumWindowInMinutes" in window
    if is_flexible and not has_length:
        raise errors.invalid("MaximumWindowInMinutes is required when FlexibleTimeWindow Mode is FLEXIBLE.")
    if has_length and not is_flexible:
        raise errors.invalid("MaximumWindowInMinutes must not be specified when FlexibleTimeWindow Mode is OFF.")


def _check_input(text: str, *, must_be_json: bool) -> None:
    if len(text.encode()) > MOST_INPUT_BYTES:
        raise errors.invalid(f"Input must not be longer than {MOST_INPUT_BYTES} bytes.")
    if must_be_json:
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            raise errors.invalid(f"Input must be well-formed JSON for this target: {error}.") from error
