"""What the command may import: its dependencies, and nothing of the deployed application."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import slipway

SOURCE = Path(slipway.__file__).parent
FUNCTIONS = SOURCE / "functions"  # links to the code of the functions
CODE = {path.name for path in FUNCTIONS.iterdir()}
FILES = [file for file in SOURCE.rglob("*.py") if FUNCTIONS not in file.parents]
PROJECT = SOURCE.parents[1] / "pyproject.toml"
# Import names of the declared dependencies.
IMPORTS = {
    "botocore": {"botocore"},
    "click": {"click"},
    "jsonschema": {"jsonschema"},
    "pyyaml": {"yaml"},
    "rich": {"rich"},
}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield str(node.module)


def test_only_the_standard_library_and_the_declared_dependencies_are_imported() -> None:
    declared = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    names = {requirement.partition(">")[0] for requirement in declared}
    assert names == set(IMPORTS)

    roots = {name.split(".")[0] for file in FILES for name in imported(file)}

    assert roots - sys.stdlib_module_names <= {"slipway", *CODE}.union(*IMPORTS.values())


def test_only_the_validation_uses_the_code_of_the_functions() -> None:
    users = {str(file.relative_to(SOURCE)) for file in FILES for name in imported(file) if name.split(".")[0] in CODE}

    assert users == {"validation.py"}
