"""All workflow tests of a worker share one local AWS, so two tests must not use the same endpoint."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support import project

FOLDER = project.ROOT / "tests" / "workflow"


# Functions that tests create endpoints with, and the position of the endpoint's name.
CREATING = {"request_for": 0, "hosting": 0, "hosting_request": 1, "ExternalComponents": 1, "foreign_endpoint": 1}


def created(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the endpoint name that a call is given, if it creates an endpoint."""
    if isinstance(call.func, ast.Name) and call.func.id in CREATING:
        yield from call.args[CREATING[call.func.id] :][:1]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "create_endpoint":
        yield from (each.value for each in call.keywords if each.arg == "EndpointName")


def named(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the endpoint names that are given as literals, with their tests."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            for call in ast.walk(function):
                for name in created(call) if isinstance(call, ast.Call) else ():
                    if isinstance(name, ast.Constant):
                        yield str(name.value).lower(), f"{path.name}::{function.name}"


def test_each_workflow_test_has_its_own_endpoints() -> None:
    tests: dict[str, set[str]] = defaultdict(set)
    for path in FOLDER.glob("test_*.py"):
        for name, test in named(path):
            tests[name].add(test)

    assert len(tests) > 50
    assert {name: found for name, found in tests.items() if len(found) > 1} == {}
