"""Scaling activities, and DescribeScalingActivities: what was scaled, why, and what was not.

User guide, application-auto-scaling-scaling-activities, and the examples of the AWS CLI's reference.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local_aws.applicationautoscaling.errors import ValidationError
from local_aws.applicationautoscaling.identity import Target
from local_aws.applicationautoscaling.pages import paged
from local_aws.core.clock import clock
from local_aws.core.operations import Request

Backend = Any

KEPT = timedelta(weeks=6)
LONGEST_PAGE = 50
NOT_SCALED = "Attempting to scale due to alarm triggered"


@dataclass
class Activity:
    """A scaling activity.

    Attributes
    ----------
    status : str
        StatusCode; ``Pending`` until SageMaker has answered.
    not_scaled : dict or None
        The reason of a decision that changed nothing.
    """

    target: Target
    description: str
    cause: str
    status: str = "Pending"
    message: str | None = None
    details: str | None = None
    not_scaled: dict[str, Any] | None = None
    start_time: datetime = field(default_factory=clock.utc)
    end_time: datetime | None = None
    activity_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def progress(self, message: str) -> None:
        """SageMaker has accepted the change."""
        self.status, self.message = "InProgress", message

    def end(self, status: str, message: str, details: str | None = None) -> None:
        """Set the status that stays."""
        self.status, self.message, self.details = status, message, details
        self.end_time = clock.utc()

    def succeed_at_once(self, message: str) -> None:
        """Nothing is left to wait for. The reference's examples of new bounds have no end time."""
        self.status, self.message = "Successful", message

    def describe(self) -> dict[str, Any]:
        """The activity as DescribeScalingActivities returns it."""
        optional = {
            "EndTime": self.end_time,
            "StatusMessage": self.message,
            "Details": self.details,
            "NotScaledReasons": [self.not_scaled] if self.not_scaled else None,
        }
        return {
            "ActivityId": self.activity_id,
            **self.target.members(),
            "Description": self.description,
            "Cause": self.cause,
            "StartTime": self.start_time,
            "StatusCode": self.status,
            **{member: value for member, value in optional.items() if value is not None},
        }


def begin(backend: Backend, target: Target, description: str, cause: str) -> Activity:
    """Record an activity that has not reached SageMaker yet."""
    activity = Activity(target, description, cause)
    _recorded(backend).append(activity)
    return activity


def record_not_scaled(backend: Backend, target: Target, cause: str, reason: dict[str, Any]) -> None:
    """Record why an alarm changed nothing, unless the target's last record says the same."""
    last = next((each for each in reversed(_recorded(backend)) if each.target == target), None)
    if last is not None and last.not_scaled == reason and last.cause == cause:
        return
    # The reference of the field: a failed activity. Nothing has failed if the capacity is already right.
    status = "Successful" if reason["Code"] == "AlreadyAtDesiredCapacity" else "Failed"
    _recorded(backend).append(Activity(target, NOT_SCALED, cause, status, not_scaled=reason))


def described(
    backend: Backend, resource_id: str | None = None, dimension: str | None = None, *, include_not_scaled: bool = False
) -> list[dict[str, Any]]:
    """The activities of the last six weeks, the newest first."""
    recorded = _recorded(backend)
    oldest = clock.utc() - KEPT
    recorded[:] = [activity for activity in recorded if activity.start_time >= oldest]
    return [
        activity.describe()
        for activity in reversed(recorded)
        if (not resource_id or activity.target.resource_id == resource_id)
        and (not dimension or activity.target.scalable_dimension == dimension)
        and (include_not_scaled or activity.not_scaled is None)
    ]


def _recorded(backend: Backend) -> list[Activity]:
    """The backend's activities; a reset of moto removes them."""
    found: list[Activity] = backend.__dict__.setdefault("scaling_activities", [])
    return found


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    resource_id, dimension = request.get("ResourceId"), request.get("ScalableDimension")
    if dimension and not resource_id:
        raise ValidationError("ResourceId must be specified when ScalableDimension is specified")
    include = request.get("IncludeNotScaledActivities", False)
    found = described(backend, resource_id, dimension, include_not_scaled=include)
    return paged("ScalingActivities", found, request, LONGEST_PAGE)


OPERATIONS = {"DescribeScalingActivities": _describe}
