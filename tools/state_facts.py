"""Facts of each state from the definition of its state machine, for the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slipway import graph
from tools import diagram, markdown

ENDS = {"Succeed": "SUCCEEDED", "Fail": "FAILED"}


def of(machine: graph.Definition) -> dict[str, str]:
    """Return the Comment, kind, call and next states of each state, by name."""
    return dict(_facts(machine, "the execution"))


def _facts(machine: graph.Definition, ends: str) -> Iterator[tuple[str, str]]:
    """Yield name and facts of each state; `ends` is the fact for a final state."""
    for name, state in machine["States"].items():
        edges = [edge for edge in graph.edges(machine) if edge.source == name]
        ways = list(_ways(state, edges)) + [f"- Then {ends} ends."] * bool(state.get("End"))
        yield name, "\n".join([state["Comment"].strip(), "", f"- {_kind(state)}.", *ways])
        for inner in graph.branches(state):
            yield from _facts(inner, f"[{name}](#{markdown.anchor(name)})")


def _kind(state: graph.Definition) -> str:
    kind: str = state["Type"]
    if kind == "Task":
        retries = sum(retrier["MaxAttempts"] for retrier in state.get("Retry", []))
        return f"{kind}: calls {_called(state)}; {_bound(state['TimeoutSeconds'])}, up to {retries} retries"
    if kind == "Wait":
        return f"{kind}: {markdown.code(str(state['Seconds']))} seconds"
    return f"{kind}: the execution ends {ENDS[kind]}" if kind in ENDS else kind


def function_of(state: graph.Definition) -> str:
    """Folder of the function that a task calls: ``${CheckEndpointFunctionArn}`` → ``check_endpoint``."""
    name = str(state["Arguments"]["FunctionName"]).removeprefix("${").removesuffix("FunctionArn}")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _called(state: graph.Definition) -> str:
    if graph.is_function(state["Resource"]):
        return f"the function {markdown.code(function_of(state))}"
    service, operation = state["Resource"].split(":")[-2:]
    return f"`{service}:{operation}` natively"


def _bound(timeout: int | str) -> str:
    return f"{timeout} s an attempt" if isinstance(timeout, int) else "waits for its task token"


def _ways(state: graph.Definition, edges: list[graph.Edge]) -> Iterator[str]:
    plain, caught = ([edge for edge in edges if edge.caught is each] for each in (False, True))
    for edge in plain:
        if edge.label:
            yield f"- *{diagram.answer(state, edge)}*: {_link(edge)}."
        else:
            also = ", also after a failure" if any(each.target == edge.target for each in caught) else ""
            yield f"- Next{also}: {_link(edge)}."
    other = "any other failure" if any(edge.label for edge in caught) else "failure"
    for edge in caught:
        if edge.target not in [each.target for each in plain]:
            yield f"- On {markdown.code(edge.label) or other}: {_link(edge)}."


def _link(edge: graph.Edge) -> str:
    return f"[{edge.target}](#{markdown.anchor(edge.target)})"
