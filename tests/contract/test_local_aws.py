"""Slipway uses the local AWS through its public interface only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import local_aws
import local_aws.offline
from tests.support.project import ROOT

MODULES = (local_aws, local_aws.offline)
PUBLIC = {module.__name__ for module in MODULES} | {
    f"{module.__name__}.{name}" for module in MODULES for name in module.__all__
}
FOLDERS = ("bench", "functions", "tests", "tools")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_public_names_of_the_local_aws_are_imported() -> None:
    names = {
        (str(file.relative_to(ROOT)), name)
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*.py")
        if "node_modules" not in file.parts
        for name in imported(file)
        if name.split(".")[0] == "local_aws" and name not in PUBLIC
    }

    assert names == set()
