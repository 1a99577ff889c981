"""How the packages of the local AWS depend on each other, read from their imports."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import local_aws

SOURCE = Path(local_aws.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
ROOT = local_aws.__name__
DEPENDENCIES = {
    "boto3",
    "botocore",
    "cryptography",
    "flask",
    "jlens",
    "jsonpath_ng",
    "moto",
    "samtranslator",
    "werkzeug",
    "yaml",
}


def module_of(file: Path) -> str:
    """``…/local_aws/kms/__init__.py`` → ``local_aws.kms``."""
    return ".".join([ROOT, *file.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it, and the names that it imports from them."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    """The package or module of the root that a module is in: ``local_aws.kms.key_policies`` → ``kms``."""
    return [*module.split("."), ""][1]


def dependencies() -> dict[str, set[str]]:
    """The packages and modules of the root, and those that each imports."""
    parts = {part_of(module_of(file)) for file in FILES} - {""}
    found: dict[str, set[str]] = {part: set() for part in parts}
    for file in FILES:
        importing = part_of(module_of(file))
        for name in imported(file):
            if importing and name.split(".")[0] == ROOT and part_of(name) in parts - {importing}:
                found[importing].add(part_of(name))
    return found


def test_packages_do_not_import_each_other_in_a_circle() -> None:
    TopologicalSorter(dependencies()).prepare()


def test_core_imports_no_service() -> None:
    assert dependencies()["core"] == set()


def test_every_package_of_the_root_is_the_core_or_an_installed_service() -> None:
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}

    assert packages - {"core"} <= {part_of(name) for name in imported(SOURCE / "services.py")}


def test_only_the_standard_library_and_the_dependencies_are_imported() -> None:
    names = {name.split(".")[0] for file in FILES for name in imported(file)}

    assert names - sys.stdlib_module_names == {ROOT, *DEPENDENCIES}
