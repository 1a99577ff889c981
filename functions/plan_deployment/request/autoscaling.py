"""The scaling fields of a request, merged for each variant and inference component, with their JSON pointers.

The entry of a name takes precedence over `autoscaling["*"]`, and that over the original fields, member by member. A
preset stands for the policies that it becomes, so the two are one member.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plan_deployment.request.fields import COMPONENTS, components, production_variants, runs_serverless
from plan_deployment.request.scaling_kinds import ASYNCHRONOUS, COMPONENT, CONCURRENCY, INSTANCES, PER_MINUTE, Kind
from shared.aws import Json
from shared.planning.faults import pointer_to

FIELD, EVERY = "autoscaling", "*"
POLICY = "targetTrackingScalingPolicyConfiguration"
# The original fields, and the members of `autoscaling` that they mean.
ORIGINAL = {
    "autoscalingMinCapacity": "minCapacity",
    "autoscalingMaxCapacity": "maxCapacity",
    POLICY: POLICY,
    "expectedPeakRps": "expectedPeakRps",
    "safetyFactor": "safetyFactor",
}
POLICY_MEMBERS = ("policies", "preset", POLICY)
DEFAULT_MIN_CAPACITY = 1
DEFAULT_SAFETY_FACTOR = 0.5
DEFAULT_COOLDOWNS = {"ScaleOutCooldown": 60, "ScaleInCooldown": 300}
PREDEFINED, PREDEFINED_TYPE = "PredefinedMetricSpecification", "PredefinedMetricType"


@dataclass(frozen=True)
class Given:
    """A value of the request; None if the schema does not accept it."""

    value: Any
    pointer: str

    @property
    def name(self) -> str:
        """What a message calls it: the name of an original field, otherwise the pointer."""
        return self.pointer[1:] if self.pointer.count("/") == 1 else self.pointer


Level = dict[str, Given]


@dataclass(frozen=True)
class Policy:
    """A scaling policy.

    Attributes
    ----------
    name : str or None
        None for the policy of the original fields, and for the default one.
    pointer : str
        JSON pointer of the policy, or of the preset that it belongs to.
    tracking_pointer : str
        JSON pointer of its TargetTrackingScalingPolicyConfiguration.
    tracking, step, alarm : Json or None
        As requested.
    is_given : bool
        Whether the request has the policy itself, so that a pointer can go into it.
    """

    name: str | None
    pointer: str
    tracking_pointer: str
    tracking: Json | None = None
    step: Json | None = None
    alarm: Json | None = None
    is_given: bool = True

    def within(self, inner: str) -> str:
        """Return the JSON pointer of a member of its target tracking, or of what it comes from."""
        return self.tracking_pointer + inner if self.is_given else self.tracking_pointer


@dataclass(frozen=True)
class Resource:
    """A variant or an inference component that is scaled.

    Attributes
    ----------
    pointer : str
        JSON pointer of the variant or inference component.
    levels : list of Level
        The given members, the most specific first.
    """

    name: str
    kind: Kind
    pointer: str
    content: Json
    levels: list[Level]

    def given(self, member: str) -> Given | None:
        """Return the most specific value; None if there is none."""
        return next((level[member] for level in self.levels if member in level), None)

    def value(self, member: str) -> Any:
        """Return the most specific value that the schema accepts; None if there is none."""
        found = self.given(member)
        return found.value if found else None

    @property
    def at(self) -> str:
        """JSON pointer of the most specific entry; "" for the original fields."""
        first = next(iter(self.levels[0].values()), None)
        return first.pointer.rpartition("/")[0] if first else f"/{FIELD}"

    @property
    def min_capacity(self) -> int | None:
        """The minimum; None if the schema does not accept it."""
        given = self.given("minCapacity")
        if given:
            return given.value if given.value is None else int(given.value)
        return 0 if self.value("preset") == "to-zero" else DEFAULT_MIN_CAPACITY

    @property
    def initial_member(self) -> str:
        """The member of the variant or inference component with the count to begin with."""
        return "copyCount" if self.kind is COMPONENT else "InitialInstanceCount"

    @property
    def widest_bounds(self) -> tuple[int | None, int | None]:
        """The lowest minimum and the highest maximum at any time; None if the schema does not accept one."""
        actions = [each or {} for each in self.value("scheduledActions") or []]
        mins = [self.min_capacity, *(action.get("minCapacity") for action in actions)]
        maxs = [self.value("maxCapacity"), *(action.get("maxCapacity") for action in actions)]
        known = [[bound for bound in bounds if bound is not None] for bounds in (mins, maxs)]
        return min(known[0], default=None), max(known[1], default=None)

    @cached_property
    def policy_member(self) -> Given | None:
        """The member that says which policies there are; None for the default one."""
        for level in self.levels:
            for member in POLICY_MEMBERS:
                if member in level:
                    return level[member]
        return None

    @property
    def preset(self) -> Given | None:
        """The preset, unless a more specific entry has policies."""
        found = self.policy_member
        return found if found is not None and found.pointer.endswith("/preset") else None

    @cached_property
    def policies(self) -> list[Policy]:
        """The policies; those that the schema does not accept are missing."""
        found = self.policy_member
        if found is None:
            pointer = self.at or f"/{POLICY}"
            return [Policy(None, pointer, pointer, {}, is_given=not self.at)]
        if found.pointer == f"/{POLICY}":
            return [Policy(None, found.pointer, found.pointer, found.value or {})]
        if self.preset:
            # Imported on demand: most requests name no preset, and a cold start is CPU-bound.
            from plan_deployment.request.presets import policies_of

            made = policies_of(self) if found.value else []
            return [_policy(found.pointer, each, is_given=False) for each in made]
        return [_policy(f"{found.pointer}/{index}", each) for index, each in enumerate(found.value or []) if each]

    @property
    def target_of_load_test(self) -> float | None:
        """Invocations per unit and minute by `expectedPeakRps`; None if it is not given.

        The load that a unit can serve according to a test, with room to start another one (SageMaker developer guide,
        Load testing your auto scaling configuration).
        """
        peak, factor = self.value("expectedPeakRps"), self.given("safetyFactor")
        if peak is None:
            return None
        fraction = factor.value if factor and factor.value else DEFAULT_SAFETY_FACTOR
        return round(float(peak) * 60 * fraction, 6)

    def tracked(self, tracking: Json) -> str | None:
        """Return the predefined metric that a policy tracks, given or default; None for a customized metric."""
        if "CustomizedMetricSpecification" in tracking:
            return None
        given = (tracking.get(PREDEFINED) or {}).get(PREDEFINED_TYPE)
        return str(given or self.kind.default_metric)

    def completed(self, tracking: Json) -> Json:
        """Return the TargetTrackingScalingPolicyConfiguration with its defaults."""
        metric = self.tracked(tracking)
        target = self.kind.default_target
        if metric in PER_MINUTE and self.target_of_load_test is not None:
            target = self.target_of_load_test
        predefined = {PREDEFINED: {PREDEFINED_TYPE: metric}} if metric else {}
        return {"TargetValue": target} | DEFAULT_COOLDOWNS | predefined | tracking


def is_scaled(request: Json) -> bool:
    """Whether the request configures scaling."""
    return (
        FIELD in request
        or any(field in request for field in ORIGINAL)
        or any("autoscaling" in component for _, component in components(request))
    )


def original_level(request: Json) -> Level:
    """Return what the original fields give to every variant."""
    return {member: Given(request[field], f"/{field}") for field, member in ORIGINAL.items() if field in request}


def entries(request: Json) -> dict[str, Level]:
    """Return the entries of `autoscaling` by their name."""
    return {name: _level(pointer_to([FIELD, name]), entry) for name, entry in (request.get(FIELD) or {}).items()}


def resources(request: Json) -> Iterator[Resource]:
    """Yield the variants and inference components that the request scales."""
    named, general = entries(request), original_level(request)
    for pointer, component in components(request):
        if "autoscaling" in component:
            level = _level(f"{pointer}/autoscaling", component["autoscaling"])
            yield Resource(str(component.get("name")), COMPONENT, pointer, component, [level])
    if request.get(COMPONENTS):
        return
    for pointer, variant in production_variants(request):
        name = variant.get("VariantName")
        found = [named.get(str(name)), named.get(EVERY), general or None]
        levels = [level for level in found if level is not None]
        if levels and name is not None:
            yield Resource(name, _kind(request, variant), pointer, variant, levels)


def _kind(request: Json, variant: Json) -> Kind:
    if runs_serverless(variant):
        return CONCURRENCY
    return ASYNCHRONOUS if "asyncInferenceConfig" in request else INSTANCES


def _level(pointer: str, entry: Json | None) -> Level:
    return {name: Given(value, f"{pointer}/{name}") for name, value in (entry or {}).items()}


def _policy(pointer: str, policy: Json, *, is_given: bool = True) -> Policy:
    tracking_pointer = f"{pointer}/targetTracking" if is_given else pointer
    return Policy(
        policy.get("name"),
        pointer,
        tracking_pointer,
        policy.get("targetTracking"),
        policy.get("step"),
        policy.get("alarm"),
        is_given=is_given,
    )
