"""All workflow tests of a worker share one local AWS, so two tests must not use the same endpoint."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support import project

FOLDER = project.ROOT / "tests" / "workflow"


def named(path: Path) -> Iterator[tuple[str, str]]:
    """Endpoint names passed to `request_for` as literals, with their tests."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "request_for":
                    name = call.args[0]
                    if isinstance(name, ast.Constant):
                        yield str(name.value), f"{path.name}::{function.name}"


def test_each_workflow_test_has_its_own_endpoints() -> None:
    tests: dict[str, set[str]] = defaultdict(set)
    for path in FOLDER.glob("test_*.py"):
        for name, test in named(path):
            tests[name].add(test)

    assert len(tests) > 50
    assert {name: found for name, found in tests.items() if len(found) > 1} == {}
