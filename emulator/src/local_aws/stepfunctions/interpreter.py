"""Runs the states of machines, branches and iterations.

`work` has a function per state type, `languages` a strategy per query language. Attempts and catchers are the same
for all types (`visit`). API calls are integrations (`tasks`).
"""

from __future__ import annotations

from typing import Any

from local_aws.stepfunctions.scope import Scope
from local_aws.stepfunctions.visit import Machine, Visit
from local_aws.stepfunctions.work import WORK


def run_machine(machine: Machine, value: Any, value_text: str, scope: Scope) -> str:
    """Output, as text, of the machine, branch or iteration for the input `value`, whose text is `value_text`.

    A redriven one resumes at the state that did not succeed, with that state's input.

    Raises
    ------
    StateError
        If a state fails and no catcher matches.
    StoppedError
        If the scope is stopped.
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
