"""The scaling in a request."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from plan_deployment.request import metric_rules
from plan_deployment.request.fields import SHADOW, production_variants
from plan_deployment.request.scaling_rules import CONCURRENCY_UTILIZATION, POLICY, is_scaled, tracked_metric
from plan_deployment.request.schema import given_or_default
from shared.aws import Json

DEFAULT_POLICY = {"ScaleOutCooldown": 60, "ScaleInCooldown": 300}


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
    asked = RequestedResource(
        min_capacity=given_or_default(request, "autoscalingMinCapacity"),
        max_capacity=request["autoscalingMaxCapacity"],
        policies=[{"targetTracking": _policy(request)}],
    )
    return Scaling({variant["VariantName"]: asked for _, variant in production_variants(request)})


def warnings(request: Json) -> Iterator[str]:
    """Yield warnings about the scaling of a valid request."""
    if not is_scaled(request):
        return
    least, most = given_or_default(request, "autoscalingMinCapacity"), request["autoscalingMaxCapacity"]
    for pointer, variant in production_variants(request):
        count = variant.get("InitialInstanceCount", least)
        if not least <= count <= most:
            yield (
                f"{pointer}/InitialInstanceCount is {count}, outside {least} to {most}: scaling changes it to fit when "
                "the variant is registered."
            )
    if least == 0:
        yield (
            "/autoscalingMinCapacity is 0: an endpoint without instances starts one only when the backlog exceeds the "
            "target. Add a step policy on HasBacklogWithoutCapacity if the first request must not wait."
        )
    yield from metric_rules.warnings(request)
    if SHADOW in request:
        yield f"/{SHADOW} is not scaled: only production variants are."


def _policy(request: Json) -> Json:
    tracked = tracked_metric(request)
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": tracked}} if tracked else {}
    given: Json = request.get(POLICY, {})
    return {"TargetValue": _target(request, tracked)} | DEFAULT_POLICY | metric | given


def _target(request: Json, tracked: str | None) -> float:
    """Return the target value for a policy that gives none.

    Invocations per instance and minute (SageMaker developer guide, Load testing your auto scaling configuration): the
    load that an instance can serve according to a test, with room to start another one; otherwise the default. A
    serverless variant has a utilization between 0 and 1 instead.
    """
    if "expectedPeakRps" in request:
        per_minute: float = request["expectedPeakRps"] * 60 * given_or_default(request, "safetyFactor")
        return round(per_minute, 6)
    return 0.5 if tracked == CONCURRENCY_UTILIZATION else 5000.0
