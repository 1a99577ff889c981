"""Rules on the scaling of a request. See `variant_rules` for what a rule is."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from plan_deployment.request import metric_rules, tracking_rules
from plan_deployment.request.autoscaling import (
    EVERY,
    FIELD,
    ORIGINAL,
    Given,
    Resource,
    entries,
    original_level,
    resources,
)
from plan_deployment.request.fields import COMPONENTS, PRODUCTION, production_variants
from plan_deployment.request.instance_rules import instance_types, is_burstable
from plan_deployment.request.scaling_kinds import ASYNCHRONOUS, CONCURRENCY, INSTANCES
from shared.aws import Json
from shared.planning.faults import MISSING, Fault, pointer_to

MOST_POLICIES, MOST_ACTIONS = 50, 200  # Application Auto Scaling quotas for each target; they cannot be raised
ZERO_REMEDY = "Give 1 or more"


def faults(request: Json, now: str | None) -> Iterator[Fault]:
    """Yield every fault of the scaling fields, each once.

    Parameters
    ----------
    now : str or None
        The time, ISO 8601; None if times in the past are not faults.
    """
    scaled = list(resources(request)) or list(_without_variants(request))
    found = [*_name_faults(request), *_shared_faults(request, scaled), *tracking_rules.unused_faults(request, scaled)]
    for resource in scaled:
        found += [fault for rule in RULES for fault in rule(resource)]
        found += _policy_faults(request, resource)
        if resource.given("scheduledActions") or resource.given("officeHours"):
            # Imported on demand: most requests have no schedule, and a cold start is CPU-bound.
            from plan_deployment.request import schedule_rules

            found += schedule_rules.faults(resource, now)
    yield from dict.fromkeys(found)


def _without_variants(request: Json) -> Iterator[Resource]:
    """Yield a resource for the original fields of a request without a sound variant, so that they are checked."""
    if original_level(request) and not request.get(COMPONENTS):
        yield Resource("", INSTANCES, f"/{PRODUCTION}", {}, [original_level(request)])


def _policy_faults(request: Json, resource: Resource) -> Iterator[Fault]:
    for policy in resource.policies:
        if policy.tracking is not None:
            for rule in metric_rules.RULES:
                yield from rule(request, policy)
            for tracking_rule in tracking_rules.RULES:
                yield from tracking_rule(resource, policy)
    yield from tracking_rules.repeated_metrics(resource)
    if any(policy.step is not None or policy.alarm is not None for policy in resource.policies):
        from plan_deployment.request import step_rules  # on demand, as above

        for policy in resource.policies:
            yield from step_rules.faults(request, policy)


def _name_faults(request: Json) -> Iterator[Fault]:
    """Yield faults about entries that no variant has, and about scaling beside inference components."""
    names = [str(variant.get("VariantName")) for _, variant in production_variants(request)]
    if request.get(COMPONENTS):
        remedy = "Give autoscaling to an inference component, and ManagedInstanceScaling to the variant"
        given = [pointer_to([field]) for field in (FIELD, *ORIGINAL) if field in request]
        yield from (Fault(at, "a variant of inference components is not scaled itself", remedy) for at in given)
        return
    for name in entries(request):
        if name != EVERY and name not in names:
            close = get_close_matches(name, names, n=1, cutoff=0.6)
            remedy = f'Did you mean "{close[0]}"?' if close else f"Use {' or '.join([EVERY, *names])}"
            yield Fault(pointer_to([FIELD, name]), f'"{name}" is not a production variant of the request', remedy)


def _shared_faults(request: Json, scaled: list[Resource]) -> Iterator[Fault]:
    """Yield faults about members of one place that exclude each other, and about what variants share."""
    for name, level in entries(request).items():
        yield from _exclusive(pointer_to([FIELD, name]), level)
    for resource in scaled:
        yield from _exclusive(resource.at, resource.levels[0])
    asynchronous = [resource for resource in scaled if resource.kind is ASYNCHRONOUS]
    if len(asynchronous) > 1:
        problem = "the metrics of an asynchronous endpoint do not say which variant they belong to"
        yield Fault(asynchronous[1].at or "/autoscalingMaxCapacity", problem, "Scale only one variant")


def _exclusive(at: str, level: Iterable[str]) -> Iterator[Fault]:
    if "policies" in level and "preset" in level:
        yield Fault(f"{at}/preset", "stands for policies, and policies are given as well", "Keep one of them")


def capacity_has_bounds(resource: Resource) -> Iterator[Fault]:
    most = resource.given("maxCapacity")
    if most is None:
        at = f"{resource.at}/maxCapacity" if resource.at else "/autoscalingMaxCapacity"
        problem = f"{MISSING}, but other fields ask for scaling"
        yield Fault(at, problem, f"Give the maximum number of {resource.kind.unit} of {_a_resource(resource)}")
    least = resource.given("minCapacity")
    if least and most and least.value is not None and most.value is not None and least.value > most.value:
        problem = f"{least.value} is more than {most.name}, {most.value}"
        yield Fault(least.pointer, problem, f"Lower it or raise {most.name}")


def zero_is_possible(resource: Resource) -> Iterator[Fault]:
    least, preset = resource.given("minCapacity"), resource.preset
    name = preset.value if preset else None
    if name == "to-zero":
        yield from _to_zero_faults(resource, preset, least)
    elif least and least.value == 0 and not resource.kind.can_be_zero:
        problem = "only an asynchronous endpoint can scale to 0 instances"
        if resource.kind is CONCURRENCY:
            problem = "provisioned concurrency cannot scale to 0"
        yield Fault(least.pointer, problem, ZERO_REMEDY)
    elif least and least.value == 0 and name in ("steady", "bursty"):
        problem = f"the preset {name} keeps at least one, because nothing would start the first"
        yield Fault(least.pointer, problem, f"{ZERO_REMEDY}, or use the preset to-zero")


def _to_zero_faults(resource: Resource, preset: Given | None, least: Given | None) -> Iterator[Fault]:
    if preset and not resource.kind.can_be_zero:
        problem = f"{resource.kind.noun} cannot scale to zero: only an asynchronous endpoint or a component can"
        yield Fault(preset.pointer, problem, "Use the preset off-hours, or schedule to remove the endpoint at night")
    elif least and least.value:
        yield Fault(least.pointer, f"{least.value} contradicts the preset to-zero", "Give 0, or use the preset steady")


def initial_count_fits(resource: Resource) -> Iterator[Fault]:
    """Refuse a count that scaling would change at once; with the original fields it is a warning, as it always was."""
    member, (least, most) = resource.initial_member, resource.widest_bounds
    count, bound = resource.content.get(member), resource.given("maxCapacity")
    if count is None or least is None or most is None or bound is None or not resource.at or least > most:
        return
    if not least <= count <= most:
        problem = f"{count} is outside {least} to {most}, between which the scaling keeps it"
        yield Fault(f"{resource.pointer}/{member}", problem, f"Give {least} to {most}, or change {bound.name}")


def variant_can_be_scaled(resource: Resource) -> Iterator[Fault]:
    for at, instance_type in instance_types(resource.pointer, resource.content):
        if is_burstable(instance_type):
            problem = f"{instance_type} cannot be scaled: Application Auto Scaling refuses burstable instances"
            remedy = "Choose a type that is not burstable, such as ml.m5.large, or remove the scaling fields"
            yield Fault(at, problem, remedy)
    config = resource.content.get("ServerlessConfig")
    if config is None:
        return
    if "ProvisionedConcurrency" not in config:
        problem = "is missing. Without it there is nothing to scale: SageMaker scales on demand by itself"
        remedy = "Give ProvisionedConcurrency, or remove the scaling fields"
        yield Fault(f"{resource.pointer}/ServerlessConfig/ProvisionedConcurrency", problem, remedy)
    most, ceiling = resource.given("maxCapacity"), config.get("MaxConcurrency")
    if most and most.value is not None and ceiling is not None and most.value > ceiling:
        problem = f"{most.value} is more provisioned concurrency than the variant's MaxConcurrency, {ceiling}"
        yield Fault(most.pointer, problem, "Lower it or raise MaxConcurrency")


def policies_are_few_and_named(resource: Resource) -> Iterator[Fault]:
    found = resource.policy_member
    if found is None or not isinstance(found.value, list):
        return
    if len(found.value) > MOST_POLICIES:
        problem = f"has {len(found.value)} policies; Application Auto Scaling allows {MOST_POLICIES}"
        yield Fault(found.pointer, problem, "Keep fewer")
    yield from repeated(found.pointer, found.value, "policy")
    for index, policy in enumerate(found.value):
        if policy is not None and not {"targetTracking", "step", "alarm"} & policy.keys():
            yield Fault(f"{found.pointer}/{index}", "has neither targetTracking nor step", "Give one of them")


def off_hours_have_hours(resource: Resource) -> Iterator[Fault]:
    if resource.preset and resource.preset.value == "off-hours" and resource.given("officeHours") is None:
        problem = f"{MISSING}; the preset off-hours needs the hours with the higher minimum"
        yield Fault(f"{resource.preset.pointer.rpartition('/')[0]}/officeHours", problem, "Give officeHours")


def repeated(pointer: str, named: list[Json | None], what: str) -> Iterator[Fault]:
    """Yield a fault for each name in a list that another one has already."""
    seen: dict[str, int] = {}
    for index, each in enumerate(named):
        name = (each or {}).get("name")
        if name is not None and seen.setdefault(name, index) != index:
            problem = f'"{name}" is already the name of {pointer}/{seen[name]}'
            yield Fault(f"{pointer}/{index}/name", problem, f"Give every {what} a name of its own")


def _a_resource(resource: Resource) -> str:
    return "a component" if resource.kind.unit == "copies" else "a variant"


def different_values(request: Json) -> Iterator[str]:
    """Yield a sentence for each member that the request gives a variant twice, with different values."""
    if FIELD not in request:
        return
    general = original_level(request)
    for resource in resources(request):
        for member in dict.fromkeys(name for level in resource.levels for name in level):
            given = [level[member] for level in resource.levels if member in level]
            others = [each for each in given[1:] if each.value != given[0].value]
            if others and (len(resource.levels) > 1 or general):
                yield (
                    f"Variant {resource.name} takes {member} from {given[0].pointer}, "
                    f"which is more specific than {others[0].pointer}."
                )


RULES = (
    capacity_has_bounds,
    zero_is_possible,
    initial_count_fits,
    variant_can_be_scaled,
    policies_are_few_and_named,
    off_hours_have_hours,
)
