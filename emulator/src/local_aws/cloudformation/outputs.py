"""Outputs of a stack, and those that other stacks import."""

from __future__ import annotations

from local_aws.cloudformation import intrinsics
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.stacks import Blueprint, Output, Registry, Stack


def evaluate(blueprint: Blueprint, scope: Scope) -> list[Output]:
    """The outputs whose condition holds.

    Raises
    ------
    ValidationError
        If one is not text.
    """
    outputs = []
    for key, output in blueprint.template.get("Outputs", {}).items():
        if "Condition" in output and not scope.condition(output["Condition"]):
            continue
        value = intrinsics.resolve(output["Value"], scope)
        if isinstance(value, list | dict) or value is intrinsics.NO_VALUE:
            raise ValidationError(
                f"Template format error: Output {key} is malformed. The Value field must be a string."
            )
        export = output.get("Export")
        name = None if export is None else str(intrinsics.resolve(export["Name"], scope))
        outputs.append(Output(key, _text(value), output.get("Description"), name))
    return outputs


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_exports(registry: Registry, stack: Stack, outputs: list[Output]) -> None:
    """Raise `ValidationError` if `outputs` export a name that is taken, or change an export that is in use."""
    exports = registry.exports()
    new = {output.export: output.value for output in outputs if output.export is not None}
    for name in new:
        if name in exports and exports[name][0] is not stack:
            raise ValidationError(f"Export with name {name} is already exported by stack {exports[name][0].name}.")
    for output in stack.outputs:
        if output.export is None or new.get(output.export) == output.value:
            continue
        importers = registry.importers(output.export)
        if importers:
            verb = "updated" if output.export in new else "deleted"
            raise ValidationError(
                f"Export {output.export} cannot be {verb} as it is in use by {' and '.join(importers)}"
            )


def in_use(registry: Registry, stack: Stack) -> str | None:
    """The reason why `stack` cannot be deleted: another stack imports one of its exports. None if no stack does."""
    for output in stack.outputs:
        importers = registry.importers(output.export) if output.export is not None else []
        if importers:
            return (
                f"Delete canceled. Cannot delete export {output.export} as it is in use by {' and '.join(importers)}."
            )
    return None
