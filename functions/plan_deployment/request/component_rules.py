"""Rules on the inference components of a request. See `variant_rules` for what a rule is.

Conditions: SageMaker API reference, CreateInferenceComponent, InferenceComponentSpecification and
InferenceComponentRollingUpdatePolicy.
"""

import math
from collections.abc import Iterator

from plan_deployment.request import component_host_rules, component_room
from plan_deployment.request.fields import components, production_variants, specifications
from plan_deployment.request.instance_rules import instance_types
from shared.aws import Json
from shared.planning.faults import MISSING, Fault

BASE, MODEL, CONTAINER, COMPUTE = (
    "BaseInferenceComponentName",
    "ModelName",
    "Container",
    "ComputeResourceRequirements",
)
# An adapter is loaded by its base, and uses the resources of its base.
NOT_FOR_ADAPTERS = ("copyCount", "autoscaling")
NOT_IN_ADAPTERS = (MODEL, COMPUTE)
LEAST_PERCENT, MOST_PERCENT = 5, 50


def faults(request: Json, *, is_profile: bool) -> Iterator[Fault]:
    """Yield every fault of the components, and of the variants that host them.

    Parameters
    ----------
    is_profile : bool
        Whether at least one specification names no model, and gets that of an approved package.
    """
    for rule in (*RULES, *component_host_rules.RULES):
        yield from rule(request)
    without_model = list(_without_model(request))
    if not is_profile:
        remedy = "Give ModelName, Container or BaseInferenceComponentName; only a profile leaves them out"
        yield from (Fault(at, "does not say what a copy runs", remedy) for at in without_model)
    elif not without_model:
        problem = "every component says what it runs, so none gets the approved model"
        yield Fault("/inferenceComponents", problem, "Remove a ModelName")


def names_are_unique(request: Json) -> Iterator[Fault]:
    """SageMaker ignores the case of names."""
    seen: dict[str, str] = {}
    for pointer, component in components(request):
        name = component.get("name")
        if name is not None and seen.setdefault(name.lower(), pointer) != pointer:
            problem = f'"{name}" is already the name of {seen[name.lower()]}; SageMaker ignores case'
            yield Fault(f"{pointer}/name", problem, "Give every component a name of its own")


def each_has_one_specification(request: Json) -> Iterator[Fault]:
    for pointer, component in components(request):
        given = [name for name in ("Specification", "Specifications") if name in component]
        if len(given) > 1:
            yield Fault(pointer, f"has {' and '.join(given)}", "Keep one of them")
        elif not given:
            remedy = "Give it, with the model and ComputeResourceRequirements"
            yield Fault(f"{pointer}/Specification", MISSING, remedy)


def variants_exist(request: Json) -> Iterator[Fault]:
    names = [variant.get("VariantName") for _, variant in production_variants(request)]
    if not names or None in names:
        return
    for pointer, component in components(request):
        name, at = component.get("variantName"), f"{pointer}/variantName"
        if name is not None and name not in names:
            problem = f'"{name}" is not a production variant of the request'
            yield Fault(at, problem, f"Use {' or '.join(map(str, names))}")
        elif "variantName" not in component and len(names) > 1 and _base(component) is None:
            yield Fault(at, f"{MISSING}, and the request has several variants", f"Give {' or '.join(map(str, names))}")


def adapters_have_a_base(request: Json) -> Iterator[Fault]:
    named = {str(each.get("name")).lower(): each for _, each in components(request)}
    for pointer, component in components(request):
        for at, specification in specifications(pointer, component):
            name = specification.get(BASE)
            if name is None:
                continue
            base = named.get(name.lower())
            if base is None:
                problem = f'"{name}" is not an inference component of the request'
                yield Fault(f"{at}/{BASE}", problem, "Add the base to inferenceComponents, or correct the name")
            elif _base(base) is not None:
                problem = f'"{name}" is an adapter itself' if base is not component else "names the component itself"
                yield Fault(f"{at}/{BASE}", problem, "Name a component with a model of its own")
            elif component.get("variantName") not in (None, base.get("variantName")) and base.get("variantName"):
                problem = f"an adapter is on the variant of its base, {base['variantName']}"
                yield Fault(f"{pointer}/variantName", problem, "Remove it")


def adapters_use_their_base(request: Json) -> Iterator[Fault]:
    for pointer, component in components(request):
        if _base(component) is None:
            continue
        for member in NOT_FOR_ADAPTERS:
            if member in component:
                yield Fault(f"{pointer}/{member}", "an adapter has no copies of its own", "Give it to the base")
        if "Specifications" in component:
            problem = "the base of an adapter decides the instances"
            yield Fault(f"{pointer}/Specifications", problem, "Give Specification in place of it")
        for at, specification in specifications(pointer, component):
            yield from _adapter_faults(at, specification)


def _adapter_faults(at: str, specification: Json) -> Iterator[Fault]:
    for member in NOT_IN_ADAPTERS:
        if member in specification:
            yield Fault(f"{at}/{member}", "comes from the base of the adapter", "Remove it")
    container = specification.get(CONTAINER, {})
    if container is not None and "ArtifactUrl" not in container:
        problem = f"{MISSING}; it is the adapter itself"
        yield Fault(f"{at}/{CONTAINER}/ArtifactUrl", problem, "Give the S3 URI of the adapter's archive")


def copies_say_what_they_run_and_need(request: Json) -> Iterator[Fault]:
    for at, specification in _of_copies(request):
        if MODEL in specification and CONTAINER in specification:
            yield Fault(at, f"has {MODEL} and {CONTAINER}", "Keep one of them")
        container = specification.get(CONTAINER)
        if container is not None and "Image" not in container:
            yield Fault(f"{at}/{CONTAINER}/Image", f"{MISSING}; only an adapter has none", "Give the image in ECR")
        if COMPUTE not in specification:
            yield Fault(f"{at}/{COMPUTE}", MISSING, "Give it, with MinMemoryRequiredInMb")
        yield from _resource_faults(f"{at}/{COMPUTE}", specification.get(COMPUTE) or {})


def _resource_faults(at: str, required: Json) -> Iterator[Fault]:
    least, most = required.get("MinMemoryRequiredInMb"), required.get("MaxMemoryRequiredInMb")
    if least is not None and most is not None and least > most:
        problem = f"{least} is more than MaxMemoryRequiredInMb, {most}"
        yield Fault(f"{at}/MinMemoryRequiredInMb", problem, "Lower it or raise MaxMemoryRequiredInMb")
    devices = required.get("NumberOfAcceleratorDevicesRequired")
    if "AcceleratorPartitionType" in required and devices != 1:
        problem = "must be 1 with AcceleratorPartitionType"
        yield Fault(f"{at}/NumberOfAcceleratorDevicesRequired", problem, "Give 1")


def instance_types_are_those_of_the_variant(request: Json) -> Iterator[Fault]:
    for pointer, component in components(request):
        variant = _variant(request, component)
        known = {name for _, name in instance_types("", variant)} if variant else set()
        seen: dict[str, str] = {}
        are_several = len(component.get("Specifications") or []) > 1
        for at, specification in specifications(pointer, component):
            name = specification.get("InstanceType")
            if "InstanceType" not in specification and are_several:
                problem = f"{MISSING}; each of several Specifications is for one type"
                yield Fault(f"{at}/InstanceType", problem, "Give an instance type of the variant")
            elif name is not None and known and name not in known:
                problem = f"variant {variant['VariantName'] if variant else ''} has no {name}"
                yield Fault(f"{at}/InstanceType", problem, f"Give {' or '.join(sorted(known))}")
            elif name is not None and seen.setdefault(name, at) != at:
                problem = f"{name} is already the type of {seen[name]}"
                yield Fault(f"{at}/InstanceType", problem, "Give each type one specification")


def batches_are_possible(request: Json) -> Iterator[Fault]:
    for pointer, component in components(request):
        copies = component.get("copyCount") if "autoscaling" not in component else None
        yield from batch_faults(pointer, component.get("DeploymentConfig") or {}, copies)


def batch_faults(pointer: str, deployment: Json, copies: int | None) -> Iterator[Fault]:
    """Yield batches of an update of so many copies that SageMaker refuses.

    Parameters
    ----------
    pointer : str
        JSON pointer of the component.
    deployment : Json
        Its DeploymentConfig.
    copies : int or None
        None if their number is not known.
    """
    policy = deployment.get("RollingUpdatePolicy") or {}
    for member in ("MaximumBatchSize", "RollbackMaximumBatchSize"):
        size, at = policy.get(member), f"{pointer}/DeploymentConfig/RollingUpdatePolicy/{member}/Value"
        least = LEAST_PERCENT if member == "MaximumBatchSize" else 1
        most = MOST_PERCENT if member == "MaximumBatchSize" else 100
        if size and size.get("Value") is not None:
            yield from _batch_faults(at, size, copies, (least, most))


def _batch_faults(at: str, size: Json, copies: int | None, percent: tuple[int, int]) -> Iterator[Fault]:
    value, (least, most) = size["Value"], percent
    if size.get("Type") == "CAPACITY_PERCENT" and not least <= value <= most:
        yield Fault(at, f"{value} is not between {least} and {most} percent", f"Give {least} to {most}")
    elif size.get("Type") == "COPY_COUNT" and copies is not None:
        # How SageMaker rounds half of one copy is not documented, so 1 is always allowed.
        low, high = max(1, math.ceil(copies * least / 100)), max(1, copies * most // 100)
        if not low <= value <= high:
            problem = f"{value} of {copies} copies is not between {least} and {most} percent"
            yield Fault(at, problem, f"Give {low}" + (f" to {high}" if high > low else ""))


def _base(component: Json) -> str | None:
    """Return the base of an adapter; "" if the schema does not accept it, and None for any other component."""
    found = [each[BASE] for _, each in specifications("", component) if BASE in each]
    return (found[0] or "") if found else None


def _variant(request: Json, component: Json) -> Json | None:
    found = [variant for _, variant in production_variants(request)]
    if "variantName" not in component and len(found) == 1:
        return found[0] if found[0].get("VariantName") else None
    return next((each for each in found if each.get("VariantName") == component.get("variantName")), None)


def _of_copies(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield JSON pointer and content of each specification that is not an adapter's."""
    for pointer, component in components(request):
        if _base(component) is None:
            yield from specifications(pointer, component)


def _without_model(request: Json) -> Iterator[str]:
    for at, specification in _of_copies(request):
        if MODEL not in specification and CONTAINER not in specification:
            yield at


RULES = (
    names_are_unique,
    each_has_one_specification,
    variants_exist,
    adapters_have_a_base,
    adapters_use_their_base,
    copies_say_what_they_run_and_need,
    instance_types_are_those_of_the_variant,
    component_room.a_copy_fits_on_an_instance,
    batches_are_possible,
)
