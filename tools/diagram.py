"""A state machine as a Mermaid flowchart, drawn from its definition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools import graph

# Shapes say the kind: a task does, a choice decides, a wait and a pass do nothing, a fail ends.
SHAPES = {
    "Task": ("[", "]"),
    "Choice": ("{", "}"),
    "Wait": ("([", "])"),
    "Pass": ("([", "])"),
    "Succeed": ("[[", "]]"),
    "Fail": ("[[", "]]"),
}
START, END = "start", "finish"  # Mermaid has a word `end` of its own
CAUGHT = "failed"


def flowchart(machine: graph.Definition) -> str:
    """Mermaid source: states by kind, what is tried as a box, a caught failure as a dashed arrow.

    Raises
    ------
    KeyError
        When a state is of a kind that has no shape.
    """
    lines = ["flowchart TD", f'  {START}((" ")) --> {_id(machine["StartAt"])}']
    lines += _machine(machine, "  ")
    lines += [f'  {_id(name)} --> {END}((" "))' for name, state in machine["States"].items() if state.get("End")]
    return "\n".join(lines)


def label_of(condition: str) -> str:
    """A JSONata condition in a few words: ``{% $plan.action = 'create' %}`` → ``action = create``."""
    text = condition.removeprefix("{%").removesuffix("%}").strip()
    text = re.sub(r"\$not\(([^()]*)\)", r"not \1", text)
    text = re.sub(r"\$count\(([^()]*)\)", r"number of \1", text)
    text = re.sub(r"\$\w+\.(?:\w+\.)*", "", text)
    return text.replace("'", "").replace('"', "")


def _machine(machine: graph.Definition, indent: str) -> Iterator[str]:
    for name, state in machine["States"].items():
        yield from _state(name, state, indent)
    for edge in graph.edges(machine):
        yield f"{indent}{_id(edge.source)} {_arrow(machine, edge)} {_id(edge.target)}"


def _state(name: str, state: graph.Definition, indent: str) -> Iterator[str]:
    inner = graph.branches(state)
    if not inner:
        opening, closing = SHAPES[state["Type"]]
        yield f'{indent}{_id(name)}{opening}"{_caption(name, state)}"{closing}'
        return
    yield f'{indent}subgraph {_id(name)}["{name}"]'
    for machine in inner:
        yield from _machine(machine, f"{indent}  ")
    yield f"{indent}end"


def _caption(name: str, state: graph.Definition) -> str:
    """The state's name; below it the call of AWS, where it is no function that bears the state's name."""
    resource = state.get("Resource", "").partition(":aws-sdk:")[2]
    return f"{name}<br/><i>{resource}</i>" if resource else name


def _arrow(machine: graph.Definition, edge: graph.Edge) -> str:
    if edge.caught:
        return f'-. "{edge.label or CAUGHT}" .->'
    label = _answer(machine["States"][edge.source], edge)
    return f'-- "{label}" -->' if label else "-->"


def _answer(state: graph.Definition, edge: graph.Edge) -> str:
    """The label of a way out of a state; a question with one condition is answered with yes or no."""
    if len(state.get("Choices", [])) == 1:
        return "no" if edge.label == graph.OTHERWISE else "yes"
    return edge.label if edge.label == graph.OTHERWISE else label_of(edge.label)


def _id(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()
