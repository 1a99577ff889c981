"""Libraries of a package that were compiled for another processor or Python.

On AWS a package is built for the function's architecture and runtime. Here it runs on this machine with this
Python. If the same release of the library is installed in the local AWS's environment, it is used instead.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from pathlib import Path

# PEP 3149 and PEP 491: the part between a module's name and `.so`.
_TAG = re.compile(r"\.(cpython-\d+|cp\d+)[\w-]*\.so$")
_ELF = b"\x7fELF"


class MisfitError(Exception):
    """A package that cannot run on this machine; the message says why, and the remedy."""


def fit(folder: Path) -> None:
    """Remove compiled libraries from the folder that this machine cannot load, if the same release is installed.

    Raises
    ------
    MisfitError
        If another release or none is installed, or a library belongs to no distribution.
    """
    misfits = {file for file in folder.rglob("*.so") if not _loads(file)}
    for found in _distributions(folder) if misfits else ():
        files = [Path(str(found.locate_file(file))) for file in found.files or ()]
        own = sorted(misfits.intersection(files))
        if own:
            _require_same_release(found, own[0].relative_to(folder))
            _remove(files, folder)
            misfits.difference_update(own)
    if misfits:
        raise MisfitError(
            f"{_not_for_this_machine(sorted(misfits)[0].relative_to(folder))} Build the package for this machine."
        )


def _require_same_release(found: Distribution, library: Path) -> None:
    name, wanted = found.metadata["Name"], found.version
    try:
        installed = version(name)
    except PackageNotFoundError:
        installed = "not installed"
    if installed != wanted:
        raise MisfitError(
            f"{_not_for_this_machine(library)} The local AWS takes the same release from its own environment instead, "
            f"but {name} is {installed} there and {wanted} in the package. Install it with `{sys.executable} -m pip "
            f"install {name}=={wanted}`, deploy the source without `sam build`, or build the package for this machine."
        )


def _not_for_this_machine(library: Path) -> str:
    here = f"{platform.machine()} with Python {platform.python_version()}"
    return f"{library} in the package cannot be loaded by the local AWS, which runs functions on {here}."


def _loads(file: Path) -> bool:
    """Whether this Python can load the extension module, judged by its name and header."""
    tagged = _TAG.search(file.name)
    if tagged and not file.name.endswith(tuple(EXTENSION_SUFFIXES)):
        return False
    with file.open("rb") as library:
        header = library.read(20)
    return not header.startswith(_ELF) or header[18:20] == _own_machine()


@cache
def _own_machine() -> bytes | None:
    """The field e_machine of this Python's ELF header; None if it is not an ELF file."""
    with Path(sys.executable).open("rb") as executable:
        header = executable.read(20)
    return header[18:20] if header.startswith(_ELF) else None


def _distributions(folder: Path) -> Iterator[Distribution]:
    """The distributions in the folder and, of a layer, below it."""
    for parent in sorted({found.parent for found in folder.rglob("*.dist-info")}):
        yield from distributions(path=[str(parent)])


def _remove(files: list[Path], folder: Path) -> None:
    """Delete the files of a distribution and the folders that become empty."""
    inside = [file for file in files if file.is_relative_to(folder)]
    for file in inside:
        file.unlink(missing_ok=True)
    parents = {
        parent for file in inside for parent in file.parents if parent.is_relative_to(folder) and parent != folder
    }
    for parent in sorted(parents, key=lambda each: len(each.parts), reverse=True):
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
