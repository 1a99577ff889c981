"""A state machine as a Mermaid flowchart, drawn from its definition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slipway import graph

# The shape shows the kind of a state.
SHAPES = {
    "Task": ("[", "]"),
    "Choice": ("{", "}"),
    "Wait": ("([", "])"),
    "Pass": ("([", "])"),
    "Succeed": ("[[", "]]"),
    "Fail": ("[[", "]]"),
}
YES, NO = "yes", "no"
# A condition of a choice in words; a condition without words cannot be drawn.
WORDS = {
    "$exists($plan.report)": "dry run, nothing to do",
    "$plan.busy = null": "now",
    "$plan.busy.waitSeconds > 0": "later",
    "$plan.busy.waitSeconds = 0": "busy",
    "'CreateModel' in $plan.steps.operation": "models",
    "'CreateEndpointConfig' in $plan.steps.operation": "config",
    "$not('create' in $plan.steps.phase)": "nothing",
    "$not($prepared.done)": "not ready yet",
    "$plan.action = 'create'": "create",
    "$plan.action = 'update'": "update",
    "$plan.action = 'shift'": "shift",
    "$plan.action in ['none', 'join']": "none, join",
    "$count($plan.components) = 0 or $components.done": YES,
    "$components = null": "not deployed yet",
    "$components.done = false": "not all",
    "$count($plan.tests) > 0": "tests",
    "$count($plan.tests) = 0": "nothing",
    "$tested.done": YES,
    "$removal.done": YES,
    "$rollBack.done": YES,
    "$exists($rollBack.Error)": NO,
}
START, END = "start", "finish"  # `end` is a word of Mermaid
ERRORS = {"": "failure", "States.Timeout": "no event yet", "ExecutionRedriven": "redriven"}


def flowchart(machine: graph.Definition) -> str:
    """Return Mermaid source: the shape of a state shows its kind, a dashed arrow is a caught failure.

    Raises
    ------
    KeyError
        If a kind of state has no shape, or a condition or a caught error no words.
    """
    lines = ["flowchart TD", f'  {START}((" ")) --> {_id(machine["StartAt"])}']
    lines += _machine(machine, "  ")
    lines += [f'  {_id(name)} --> {END}((" "))' for name, state in machine["States"].items() if state.get("End")]
    return "\n".join(lines)


def answer(state: graph.Definition, edge: graph.Edge) -> str:
    """Return the words for a way out of a state: ``{% $plan.action = 'create' %}`` → ``create``.

    They are empty if it is the only way.

    Raises
    ------
    KeyError
        If a condition has no words.
    """
    if not edge.label:
        return ""
    choices = state["Choices"]
    if edge.label == graph.OTHERWISE and len(choices) == 1:
        return YES if _words(choices[0]["Condition"]) == NO else NO
    return _words(edge.label)


def _machine(machine: graph.Definition, indent: str) -> Iterator[str]:
    for name, state in machine["States"].items():
        yield from _state(name, state, indent)
    edges = list(graph.edges(machine))
    plain = {(edge.source, edge.target) for edge in edges if not edge.caught}
    for edge in edges:
        if edge.caught and (edge.source, edge.target) in plain:
            continue
        for source in [edge.source] if edge.caught else _last(edge.source, machine):
            yield f"{indent}{_id(source)} {_arrow(machine, edge)} {_id(_first(edge.target, machine))}"


def _first(name: str, machine: graph.Definition) -> str:
    """Return the first state inside a Parallel state, else the state itself: arrows to a box would cross it."""
    inner = graph.branches(machine["States"][name])
    return str(inner[0]["StartAt"]) if inner else name


def _last(name: str, machine: graph.Definition) -> list[str]:
    """Return the last states inside a Parallel state, else the state itself."""
    inner = graph.branches(machine["States"][name])
    return [last for each in inner for last, state in each["States"].items() if state.get("End")] if inner else [name]


def _state(name: str, state: graph.Definition, indent: str) -> Iterator[str]:
    inner = graph.branches(state)
    if not inner:
        opening, closing = SHAPES[state["Type"]]
        yield f'{indent}{_id(name)}{opening}"{name}"{closing}'
        return
    yield f'{indent}subgraph {_id(name)}["{name}"]'
    for machine in inner:
        yield from _machine(machine, f"{indent}  ")
    yield f"{indent}end"


def _arrow(machine: graph.Definition, edge: graph.Edge) -> str:
    if edge.caught:
        return f'-. "{ERRORS[edge.label]}" .->'
    label = answer(machine["States"][edge.source], edge)
    return f'-- "{label}" -->' if label else "-->"


def _words(condition: str) -> str:
    return WORDS[condition.removeprefix("{%").removesuffix("%}").strip()]


def _id(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()
