"""Runs state machines, branches and iterations: their states, one after the other.

A state's work is a function of its type (`work`), its query language a strategy (`languages`), its attempts and what
catches its failure are the same for all (`visit`), its API call is an integration (`tasks`).
"""

from __future__ import annotations

from typing import Any

from local_aws.stepfunctions.scope import Scope
from local_aws.stepfunctions.visit import Machine, Visit
from local_aws.stepfunctions.work import WORK


def run_machine(machine: Machine, value: Any, value_text: str, scope: Scope) -> str:
    """Output, as text, of the machine, or branch, or iteration, for the input `value`, which is `value_text` as text.

    One that is redriven resumes at the state that did not succeed, with the input that this state had.

    Raises
    ------
    StateError
        When a state fails and nothing catches it.
    StoppedError
        When the scope is stopped.
    """
    following: str | None = machine["StartAt"]
    if scope.is_resuming and scope.place is not None:
        following, value, value_text = scope.place.name, scope.place.value, scope.place.value_text
    while following is not None:
        scope.check_running()
        state = machine["States"][following]
        visit = Visit(following, state, value, value_text, scope, run_machine)
        value, value_text, following = visit.run(WORK[state["Type"]])
    return value_text
