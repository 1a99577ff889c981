"""Checks of a state machine's definition: all problems at once, with their positions.

Amazon States Language (states-language.net), the Step Functions developer guide, and API reference,
ValidateStateMachineDefinitionDiagnostic. The valid fields by type and query language are data (`fields`).
"""

from __future__ import annotations

import json
from functools import lru_cache

from local_aws.stepfunctions import strict_json
from local_aws.stepfunctions.definition.machine import Checker
from local_aws.stepfunctions.definition.problem import ERROR, WARNING, Problem, schema

__all__ = ["ERROR", "WARNING", "Problem", "problems", "waits_for_executions"]

LONGEST_DEFINITION_BYTES = 1024 * 1024
_WAITS = ":states:startExecution.sync"


@lru_cache(maxsize=64)
def problems(definition: str, *, is_express: bool = False) -> tuple[Problem, ...]:
    """All problems of the definition. Without errors, it is accepted.

    Raises
    ------
    NotModelledError
        If the definition has a feature of AWS that is not modelled.
    """
    if len(definition.encode()) > LONGEST_DEFINITION_BYTES:
        return (schema(f"The definition is longer than {LONGEST_DEFINITION_BYTES} bytes", "/"),)
    try:
        machine = strict_json.loads(definition)
    except json.JSONDecodeError as error:
        return (Problem("INVALID_JSON_DESCRIPTION", f"{error}", None),)
    return tuple(Checker(is_express=is_express).check(machine))


def waits_for_executions(definition: str) -> bool:
    """Whether a task waits for the end of an execution that it starts."""
    return _WAITS in definition
