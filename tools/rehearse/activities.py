"""Scaling activities of a rehearsal in a few words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

OWN = "slipway-"  # prefix of the names of policies and scheduled actions
TRIGGERED = re.compile(r"monitor alarm (?P<alarm>\S+) in state ALARM triggered policy (?P<policy>.+)")
SCHEDULED = re.compile(r"scheduled action name (?P<action>.+) was triggered")
BOUND = re.compile(r"(min|max) capacity to (\d+)")
COUNT = re.compile(r"Setting desired .* to (?P<count>\d+)\.")


@dataclass(frozen=True)
class Activity:
    """A scaling activity: its local time, what changed, its reason in words, and whether AWS refused it."""

    at: datetime
    change: str
    reason: str
    has_failed: bool


def activity(found: dict[str, Any], zone: ZoneInfo, default_policy: str) -> Activity:
    """An activity of the result; `default_policy` is the name of the policy that needs no name."""
    at = datetime.fromisoformat(found["StartTime"]).astimezone(zone)
    count = COUNT.fullmatch(found["Description"])
    change = f"to {count['count']}" if count else _bounds(found["Description"])
    return Activity(at, change, reason(found["Cause"], default_policy), found["StatusCode"] == "Failed")


def _bounds(description: str) -> str:
    return BOUND.sub(r"\1 \2", description).removeprefix("Setting ").replace(" and ", ", ")


def reason(cause: str, default_policy: str = "") -> str:
    """The cause of an activity in a few words."""
    if found := TRIGGERED.fullmatch(cause):
        policy = "the policy" if found["policy"] == default_policy else found["policy"].removeprefix(OWN)
        tracked = re.search(r"-Alarm(High|Low)\b", found["alarm"])
        if not tracked or not found["alarm"].startswith("TargetTracking-"):
            return f"alarm of {policy}"
        return f"{'above' if tracked[1] == 'High' else 'below'} target of {policy}"
    if found := SCHEDULED.fullmatch(cause):
        return f"schedule {found['action'].removeprefix(OWN)}"
    return cause
