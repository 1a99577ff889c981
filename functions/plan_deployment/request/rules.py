"""Every fault of a request, by its schema and by the rules across its fields. Nothing here needs AWS."""

from collections.abc import Iterator
from typing import Any

from plan_deployment.request import (
    endpoint_test_rules,
    guardrail_rules,
    instance_rules,
    model_rules,
    tag_rules,
    variant_rules,
)
from plan_deployment.request.autoscaling import is_scaled
from plan_deployment.request.fields import COMPONENTS, PRODUCTION, every_variant
from plan_deployment.request.schema import SCHEMA
from shared.aws import Json
from shared.planning.faults import Fault, of_another_machine
from shared.planning.validation import schema_faults, sound

REMOVAL_FIELDS = ("confirm", "deleteRecords")
NOT_IN_PROFILES = ("dryRun", "force", "planHash", "rollback", "rollbackTo")


def faults(document: Any, *, is_profile: bool, now: str | None = None) -> list[Fault]:
    """Return every fault of the request; none if it is valid.

    Parameters
    ----------
    is_profile : bool
        Whether the model comes from an approved package: then at least one variant names no model, otherwise all do.
    now : str or None
        The time, ISO 8601; None if schedules in the past are not faults.
    """
    found = of_another_machine(
        schema_faults(document, SCHEMA), REMOVAL_FIELDS, "a removal", "RemoveEndpointStateMachineArn"
    )
    sound_part = sound(document, found) if isinstance(document, dict) else {}
    return found + _rule_faults(sound_part, is_profile=is_profile, now=now) if sound_part else found


def _rule_faults(request: Json, *, is_profile: bool, now: str | None) -> list[Fault]:
    of_tests = endpoint_test_rules.RULES if "test" in request else ()
    rules = (
        variant_rules.RULES
        + model_rules.RULES
        + tag_rules.RULES
        + instance_rules.RULES
        + guardrail_rules.RULES
        + of_tests
    )
    faults = [fault for rule in rules for fault in rule(request)]
    if is_scaled(request):
        # Imported on demand: a cold start is CPU-bound.
        from plan_deployment.request import scaling_rules

        faults += scaling_rules.faults(request, now)
    if "schedule" in request:
        from plan_deployment.request import off_hours_rules  # on demand, as above

        faults += [fault for rule in off_hours_rules.RULES for fault in rule(request)]
    if COMPONENTS in request:
        from plan_deployment.request import component_rules  # on demand, as above

        faults += component_rules.faults(request, is_profile=is_profile)
    else:
        faults += _model_faults(request, is_profile=is_profile)
    if is_profile:
        faults += [
            Fault(f"/{field}", "is for a single request, and a profile is for every approval", "Remove it")
            for field in NOT_IN_PROFILES
            if field in request
        ]
    return faults


def _model_faults(request: Json, *, is_profile: bool) -> Iterator[Fault]:
    """Yield the faults about variants that name no model."""
    without_model = [pointer for pointer, variant in every_variant(request) if "ModelName" not in variant]
    if not is_profile:
        remedy = "Name a model that exists, or one of /models; only a profile leaves it out, for the approved model"
        yield from (Fault(f"{pointer}/ModelName", "is missing", remedy) for pointer in without_model)
    elif not without_model:
        problem = "every variant names its model, so none gets the approved one"
        yield Fault(f"/{PRODUCTION}", problem, "Remove a ModelName")
