"""What the state machine's definition says of a state, for people who meet it in the console."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools import graph, markdown

ENDS = {"Succeed": "SUCCEEDED", "Fail": "FAILED"}


def of(machine: graph.Definition) -> dict[str, str]:
    """For each state by name: its Comment, and what it calls, retries, catches and leads to."""
    return dict(_facts(machine, "the execution: SUCCEEDED"))


def _facts(machine: graph.Definition, ends: str) -> Iterator[tuple[str, str]]:
    """Name and facts of each state; `ends` says what ends with a state that has no next one."""
    for name, state in machine["States"].items():
        edges = [edge for edge in graph.edges(machine) if edge.source == name]
        yield name, "\n".join([state["Comment"].strip(), "", *_lines(state, edges, ends)])
        for inner in graph.branches(state):
            yield from _facts(inner, f"[{name}](#{markdown.anchor(name)})")


def _lines(state: graph.Definition, edges: list[graph.Edge], ends: str) -> Iterator[str]:
    yield f"- Kind: {state['Type']}."
    if "Resource" in state:
        yield f"- Calls: {_called(state)}; {_bound(state['TimeoutSeconds'])}."
    if "Seconds" in state:
        yield f"- Waits: `{state['Seconds']}` seconds."
    for retrier in state.get("Retry", []):
        yield _tries(retrier)
    for edge in edges:
        yield _way(edge)
    if state.get("End"):
        yield f"- Ends {ends}."
    if state["Type"] in ENDS:
        yield f"- Ends the execution: {ENDS[state['Type']]}."


def is_function(resource: str) -> bool:
    """Whether a task calls a function, be it that it waits for the function's answer or for its token."""
    return ":lambda:invoke" in resource


def function_of(state: graph.Definition) -> str:
    """Folder of the function that a task calls: ``${CheckEndpointFunctionArn}`` → ``check_endpoint``."""
    name = str(state["Arguments"]["FunctionName"]).removeprefix("${").removesuffix("FunctionArn}")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _called(state: graph.Definition) -> str:
    if not is_function(state["Resource"]):
        return f"`{state['Resource'].rpartition(':aws-sdk:')[2]}`, natively"
    return f"the function in `functions/{function_of(state)}`"


def _bound(timeout: int | str) -> str:
    return f"{timeout} s an attempt" if isinstance(timeout, int) else "waits for its task token"


def _tries(retrier: graph.Definition) -> str:
    names = ", ".join(map(markdown.code, retrier["ErrorEquals"]))
    return (
        f"- Retries: up to {retrier['MaxAttempts']} times, after up to {retrier['IntervalSeconds']} s, then up to "
        f"{retrier['BackoffRate']} times as long each time, up to {retrier['MaxDelaySeconds']} s; on {names}."
    )


def _way(edge: graph.Edge) -> str:
    target = f"[{edge.target}](#{markdown.anchor(edge.target)})"
    if edge.caught:
        return f"- On {markdown.code(edge.label) if edge.label else 'any other failure'}: {target}."
    if edge.label == graph.OTHERWISE:
        return f"- Otherwise: {target}."
    return f"- If `{edge.label}`: {target}." if edge.label else f"- Then: {target}."
