"""RegisterScalableTarget and the other operations on scalable targets.

API reference, RegisterScalableTarget; user guide, security_iam_id-based-policy-examples (the caller's rights).
"""

from __future__ import annotations

from typing import Any

from local_aws.applicationautoscaling import capacity, registry, scaling, service_linked_role
from local_aws.applicationautoscaling.errors import LimitExceededError, ResourceNotFoundError, ValidationError
from local_aws.applicationautoscaling.identity import Target
from local_aws.applicationautoscaling.pages import paged
from local_aws.applicationautoscaling.registry import ScalableTarget
from local_aws.core.operations import Request

Backend = Any

MOST_TARGETS = 500
MOST_TAGS = 50
LONGEST_PAGE = 50


def register(backend: Backend, request: Request) -> dict[str, str]:
    """Answer RegisterScalableTarget: create or change the target, then scale the variant into its bounds.

    Raises
    ------
    ValidationError
        If the bounds are invalid, or the variant is missing or cannot be scaled in this dimension.
    LimitExceededError
        If there are 500 targets already.
    """
    target = Target.of(request)
    capacity.require_supported(target)
    resource = capacity.find(backend, target)
    resource.require_scalable_kind()
    known = registry.find(backend, target)
    minimum, maximum = _bounds(request, known)
    _validate_bounds(minimum, maximum, resource.minimum)
    service_linked_role.ensure(backend)
    registered = known or _create(backend, target, minimum, maximum, request.get("Tags", {}))
    registered.min_capacity, registered.max_capacity = minimum, maximum
    registered.suspended_state |= request.get("SuspendedState", {})
    if resource.is_scalable:  # API reference: the capacity of an inactive resource does not change
        scaling.fit_bounds(registered)
    return {"ScalableTargetARN": registered.arn}


def _bounds(request: Request, known: ScalableTarget | None) -> tuple[int, int]:
    if known is None:
        for member in ("MinCapacity", "MaxCapacity"):
            if member not in request:
                raise ValidationError(f"{member} is required when registering a new scalable target.")
        return request["MinCapacity"], request["MaxCapacity"]
    if "Tags" in request:
        raise ValidationError("Tags can only be specified when a scalable target is created. Use TagResource instead.")
    return request.get("MinCapacity", known.min_capacity), request.get("MaxCapacity", known.max_capacity)


def _validate_bounds(minimum: int, maximum: int, lowest: int) -> None:
    if minimum < lowest:
        raise ValidationError(f"Minimum capacity must be at least {lowest} for this resource.")
    if minimum > maximum:
        raise ValidationError("Maximum capacity cannot be less than minimum capacity")


def _create(backend: Backend, target: Target, minimum: int, maximum: int, tags: dict[str, str]) -> ScalableTarget:
    if len(registry.targets(backend)) >= MOST_TARGETS:
        raise LimitExceededError(f"The maximum number of scalable targets ({MOST_TARGETS}) has been reached.")
    _validate_tags(tags)
    created = ScalableTarget(backend, target, minimum, maximum, dict(tags))
    backend.targets.setdefault(target.scalable_dimension, {})[target.resource_id] = created
    return created


def _deregister(backend: Backend, request: Request) -> dict[str, Any]:
    registry.deregister(backend, Target.of(request))
    return {}


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    resource_ids, dimension = request.get("ResourceIds"), request.get("ScalableDimension")
    if dimension and not resource_ids:
        raise ValidationError("ResourceIds must be specified when ScalableDimension is specified")
    found = [
        target.describe()
        for target in registry.targets(backend)
        if (not resource_ids or target.resource_id in resource_ids)
        and (not dimension or target.scalable_dimension == dimension)
    ]
    return paged("ScalableTargets", found, request, LONGEST_PAGE)


def _tagged(backend: Backend, request: Request) -> ScalableTarget:
    for target in registry.targets(backend):
        if target.arn == request["ResourceARN"]:
            return target
    raise ResourceNotFoundError(f"The specified resource doesn't exist: {request['ResourceARN']}")


def _list_tags(backend: Backend, request: Request) -> dict[str, Any]:
    return {"Tags": _tagged(backend, request).tags}


def _tag(backend: Backend, request: Request) -> dict[str, Any]:
    target = _tagged(backend, request)
    tags = {**target.tags, **request["Tags"]}
    _validate_tags(tags)
    target.tags = tags
    return {}


def _untag(backend: Backend, request: Request) -> dict[str, Any]:
    target = _tagged(backend, request)
    target.tags = {key: value for key, value in target.tags.items() if key not in request["TagKeys"]}
    return {}


def _validate_tags(tags: dict[str, str]) -> None:
    if len(tags) > MOST_TAGS:
        raise ValidationError(f"A scalable target cannot have more than {MOST_TAGS} tags.")
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ValidationError(f"Tag keys cannot begin with aws:, as {key} does.")


OPERATIONS = {
    "RegisterScalableTarget": register,
    "DeregisterScalableTarget": _deregister,
    "DescribeScalableTargets": _describe,
}
TAG_OPERATIONS = {"ListTagsForResource": _list_tags, "TagResource": _tag, "UntagResource": _untag}
