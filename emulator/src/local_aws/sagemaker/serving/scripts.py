"""What the user's scripts need of their environment, read from their source without running it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class Needs:
    """Needs of the scripts in a folder.

    Attributes
    ----------
    packages : frozenset of str
        Imported modules that are neither of the standard library nor in the folder.
    default_hooks : bool
        Whether the script relies on the framework's hooks, which need its packages.
    requirements : str
        Text of ``requirements.txt``; empty without one.
    """

    packages: frozenset[str]
    default_hooks: bool
    requirements: str

    @property
    def only_python(self) -> bool:
        """Whether any Python can run the scripts."""
        return not (self.packages or self.default_hooks or self.requirements.strip())


def needs(folder: Path, program: str) -> Needs:
    """The needs of `program` in `folder`. A script that is missing or broken has none: it fails wherever it runs."""
    files = list(folder.rglob("*.py"))
    own = {file.stem for file in files} | {each.name for each in folder.rglob("*") if each.is_dir()}
    imported = {name for file in files for name in _imports(_parsed(file))}
    requirements = folder / REQUIREMENTS
    return Needs(
        packages=frozenset(imported - own - sys.stdlib_module_names),
        default_hooks=_relies_on_defaults(_parsed(folder / f"{program.removesuffix('.py')}.py")),
        requirements=requirements.read_text() if requirements.is_file() else "",
    )


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return ast.Module(body=[], type_ignores=[])


def _imports(module: ast.Module) -> Iterator[str]:
    """First parts of the names of the modules that are imported anywhere in `module`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _relies_on_defaults(module: ast.Module) -> bool:
    defined = set(_defined(module))
    if not defined or "*" in defined or "model_fn" not in defined or "transform_fn" in defined:
        return False
    return not {"input_fn", "output_fn"} <= defined  # the default predict_fn is Python


def _defined(module: ast.Module) -> Iterator[str]:
    """Names that the module defines at its top level; ``*`` for those of another module."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
