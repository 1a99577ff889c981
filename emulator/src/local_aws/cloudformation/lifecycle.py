"""Operations on a stack from the first to the last event: create, update, delete and roll back.

On AWS the caller gets an answer at once while the operation continues. Here the operation ends before the answer,
unless it is the execution of a change set that takes longer than a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from local_aws.cloudformation import engine, outputs, references
from local_aws.cloudformation.engine import ApplyError, Engine, Step
from local_aws.cloudformation.stacks import STACK_TYPE, Blueprint, Resource, Stack, registry
from local_aws.core.clock import clock

OnFailure = Literal["DELETE", "DO_NOTHING", "ROLLBACK"]


def create(stack: Stack, blueprint: Blueprint, on_failure: OnFailure) -> None:
    """Create the resources of `blueprint`. `on_failure` decides about them if that fails."""
    stack.blueprint = blueprint
    stack.enter("CREATE_IN_PROGRESS", "User Initiated")
    why = _deploy(stack, blueprint)
    if why is None:
        stack.enter("CREATE_COMPLETE")
    elif on_failure == "DO_NOTHING":
        stack.enter("CREATE_FAILED", why)
    elif on_failure == "DELETE":
        stack.enter("DELETE_IN_PROGRESS", f"{why}Delete requested by user.")
        _delete_all(stack, "DELETE")
    else:
        stack.enter("ROLLBACK_IN_PROGRESS", f"{why}Rollback requested by user.")
        _delete_all(stack, "ROLLBACK")


def fail_to_transform(stack: Stack, why: str) -> None:
    """Fail the creation or update, without a change set, of a stack whose macros fail."""
    if stack.blueprint is None:
        stack.enter("CREATE_IN_PROGRESS", "User Initiated")
        stack.enter("ROLLBACK_IN_PROGRESS", f"{why}. Rollback requested by user.")
        stack.enter("ROLLBACK_COMPLETE")
    else:
        stack.enter("UPDATE_IN_PROGRESS", "User Initiated")
        stack.enter("UPDATE_ROLLBACK_IN_PROGRESS", why)
        stack.enter("UPDATE_ROLLBACK_COMPLETE")


def update(stack: Stack, blueprint: Blueprint, *, disable_rollback: bool) -> None:
    """Update the stack to `blueprint`, or roll it back if that fails."""
    before = stack.blueprint
    assert before is not None
    stack.updated_at = clock.utc()
    stack.enter("UPDATE_IN_PROGRESS", "User Initiated")
    engine_ = Engine(stack, blueprint)
    why = _run(stack, engine_, blueprint)
    if why is None:
        stack.blueprint = blueprint
        stack.enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        _clean_up(stack, before, blueprint, engine_.steps, set(engine_.scope.active()))
        stack.enter("UPDATE_COMPLETE")
    elif disable_rollback:
        stack.blueprint = blueprint
        stack.enter("UPDATE_FAILED", why)
    else:
        _roll_back(stack, engine_.steps, why)


def delete(stack: Stack, retained: Iterable[str] = ()) -> None:
    """Delete the stack's resources except `retained`. A stack whose exports are in use does not change."""
    used = outputs.in_use(registry(stack.account_id, stack.region), stack)
    if used:
        stack.enter(stack.status, used)
        return
    for logical_id in retained:
        resource = stack.resources.pop(logical_id)
        stack.gone[logical_id] = stack.note(resource, "DELETE_SKIPPED")
    stack.enter("DELETE_IN_PROGRESS", "User Initiated")
    _delete_all(stack, "DELETE")


def _deploy(stack: Stack, blueprint: Blueprint) -> str | None:
    return _run(stack, Engine(stack, blueprint), blueprint)


def _run(stack: Stack, engine_: Engine, blueprint: Blueprint) -> str | None:
    """The reason of a failed deployment; None if it succeeded and outputs and imports are those of `blueprint`."""
    try:
        engine_.apply()
    except ApplyError as error:
        return str(error)
    try:
        evaluated = outputs.evaluate(blueprint, engine_.scope)
        outputs.check_exports(registry(stack.account_id, stack.region), stack, evaluated)
    except engine.FAILURES as error:
        return f"{engine.reason(error, STACK_TYPE).rstrip('.')}. "
    stack.outputs, stack.imports = evaluated, engine_.scope.imports
    stack.description = blueprint.template.get("Description")
    return None


def _delete_all(stack: Stack, operation: Literal["DELETE", "ROLLBACK"]) -> None:
    blueprint = stack.blueprint
    failed = []
    for logical_id in _reversed_order(blueprint, stack.resources) if blueprint else []:
        resource = stack.resources.pop(logical_id)
        if not resource.physical_id:
            stack.gone[logical_id] = resource
        elif not engine.remove(stack, resource, _deletion_policy(resource, operation)):
            failed.append(logical_id)
    if failed:
        stack.enter(f"{operation}_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    stack.outputs, stack.imports = [], set()
    if operation == "DELETE":
        stack.deleted_at = clock.utc()
    stack.enter(f"{operation}_COMPLETE")


def _reversed_order(blueprint: Blueprint, resources: Iterable[str]) -> list[str]:
    """Dependent resources first; before them, resources that are no longer in the template."""
    known = [name for name in resources if name in blueprint.template["Resources"]]
    return [name for name in resources if name not in known] + references.order(blueprint.template, known)[::-1]


def _deletion_policy(resource: Resource, operation: str) -> str | None:
    policy: str | None = resource.definition.get("DeletionPolicy")
    return None if operation == "ROLLBACK" and policy == "RetainExceptOnCreate" else policy


def _clean_up(stack: Stack, before: Blueprint, after: Blueprint, steps: list[Step], active: set[str]) -> None:
    """Delete replaced resources and those that are no longer in the template. Failures are only recorded."""
    replaced = {step.after.logical_id: step.before for step in steps if step.replaced}
    removed = [name for name in stack.resources if name not in active]
    template = {**after.template, "Resources": {**before.template["Resources"], **after.template["Resources"]}}
    old_ones = replace(before, template=template)
    for logical_id in _reversed_order(old_ones, [*replaced, *removed]):
        if logical_id in replaced:
            old = replaced[logical_id]
            assert old is not None
            engine.remove(stack, old, old.definition.get("UpdateReplacePolicy"))
        else:
            gone = stack.resources.pop(logical_id)
            engine.remove(stack, gone, gone.definition.get("DeletionPolicy"))


def _roll_back(stack: Stack, steps: list[Step], why: str) -> None:
    """Undo `steps`, the last one first: reverse updates, then delete new resources."""
    stack.enter("UPDATE_ROLLBACK_IN_PROGRESS", why)
    failed, new = [], []
    for step in reversed(steps):
        if step.before is None or step.replaced:
            new.append(step)
        elif not _undo(stack, step.before, step.after):
            failed.append(step.after.logical_id)
    if failed:
        stack.enter("UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{', '.join(failed)}]. ")
        return
    stack.enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    for step in new:
        stack.resources.pop(step.after.logical_id, None)
        if step.before is not None:
            stack.resources[step.before.logical_id] = step.before
        engine.remove(stack, step.after, None)
    for logical_id in [name for name, resource in stack.resources.items() if not resource.physical_id]:
        del stack.resources[logical_id]
    stack.enter("UPDATE_ROLLBACK_COMPLETE")


def _undo(stack: Stack, before: Resource, after: Resource) -> bool:
    current = stack.note(before, "UPDATE_IN_PROGRESS")
    try:
        undone = engine.change(stack, after, current)
    except engine.FAILURES as error:
        failed = stack.note(before, "UPDATE_FAILED", engine.reason(error, before.type))
        stack.resources[before.logical_id] = failed
        return False
    stack.resources[before.logical_id] = stack.note(undone, "UPDATE_COMPLETE")
    return True
