"""The scaling in a request."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from plan_deployment.request.autoscaling import Policy, Resource, is_scaled, resources
from plan_deployment.request.fields import SHADOW
from plan_deployment.request.scaling_kinds import COMPONENT
from shared.aws import Json


@dataclass(frozen=True)
class RequestedResource:
    """How a variant or an inference component scales.

    Attributes
    ----------
    min_capacity, max_capacity : int
        Instances, copies, or provisioned concurrency of a serverless variant.
    policies : list of Json
        Each has a complete ``targetTracking``, or ``step`` and ``alarm``, in the form of the request. Its ``name`` is
        missing if it is the policy of the original fields.
    scheduled_actions : list of Json
        In the form of the request.
    suspended_state : Json or None
        None if the request has none.
    """

    min_capacity: int
    max_capacity: int
    policies: list[Json]
    scheduled_actions: list[Json] = field(default_factory=list)
    suspended_state: Json | None = None


@dataclass(frozen=True)
class Scaling:
    """The scaling of a request.

    Attributes
    ----------
    variants, components : dict of str to RequestedResource
        By the name of the variant or inference component; those that are not scaled are missing.
    """

    variants: dict[str, RequestedResource]
    components: dict[str, RequestedResource] = field(default_factory=dict)


def requested_scaling(request: Json) -> Scaling | None:
    """Return the scaling in a valid request; None if it has none."""
    if not is_scaled(request):
        return None
    found = [(resource, _requested(resource)) for resource in resources(request)]
    return Scaling(
        {resource.name: asked for resource, asked in found if resource.kind is not COMPONENT},
        {resource.name: asked for resource, asked in found if resource.kind is COMPONENT},
    )


def warnings(request: Json) -> Iterator[str]:
    """Yield warnings about the scaling of a valid request."""
    if not is_scaled(request):
        return
    # Imported on demand: a cold start is CPU-bound.
    from plan_deployment.request import scaling_warnings

    yield from dict.fromkeys(scaling_warnings.warnings(request))
    if SHADOW in request:
        yield f"/{SHADOW} is not scaled: only production variants are."


def _requested(resource: Resource) -> RequestedResource:
    least, most = resource.min_capacity or 0, int(resource.value("maxCapacity"))
    return RequestedResource(
        min_capacity=least,
        max_capacity=0 if _is_closed(resource) else most,
        policies=[_policy(resource, policy) for policy in resource.policies],
        scheduled_actions=[*(resource.value("scheduledActions") or []), *_office_hours(resource)],
        suspended_state=resource.value("suspendedState"),
    )


def _policy(resource: Resource, policy: Policy) -> Json:
    named: dict[str, Any] = {"name": policy.name} if policy.name is not None else {}
    if policy.tracking is not None:
        return named | {"targetTracking": resource.completed(policy.tracking)}
    return named | {"step": policy.step, "alarm": policy.alarm}


def _is_closed(resource: Resource) -> bool:
    """Whether the resource is off outside of the office hours, also if there are requests."""
    return bool(resource.value("preset") == "off-hours" and resource.min_capacity == 0)


def _office_hours(resource: Resource) -> Iterator[Json]:
    """Yield the scheduled actions that the office hours become: at the begin and at the end of each range."""
    given = resource.value("officeHours")
    if given is None:
        return
    # Imported on demand, as above.
    from shared.hours import action_names, hours_of

    most = int(resource.value("maxCapacity"))
    for each in hours_of(given).ranges:
        begin, end = action_names(each.days)
        zone = {"timeZone": given["timeZone"]}
        inside = {"minCapacity": given["minCapacity"], "maxCapacity": most}
        outside = {"minCapacity": resource.min_capacity, "maxCapacity": 0 if _is_closed(resource) else most}
        yield {"name": begin, "schedule": each.cron_of_begin()} | zone | inside
        yield {"name": end, "schedule": each.cron_of_end} | zone | outside
