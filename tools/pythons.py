"""Other Python versions: the functions' runtime for `sam build`, a newer one for the cross-checks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path


class NoSuchPythonError(RuntimeError):
    """None of the requested versions is installed; the message has the versions and the places that were searched."""


def find(*versions: str) -> Path:
    """Return the first interpreter that runs, of the first installed version (``3.13``).

    Raises
    ------
    NoSuchPythonError
        If there is none.
    """
    for version in versions:
        for folder in _folders():
            candidate = folder / f"python{version}"
            if candidate.exists() and _runs(candidate):
                return candidate
    raise NoSuchPythonError(f"there is no Python {' or '.join(versions)} on PATH or among pyenv's versions")


def _folders() -> Iterator[Path]:
    for folder in os.environ["PATH"].split(os.pathsep):
        yield Path(folder)
    # pyenv's commands on PATH run the selected versions only.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob("versions/*/bin"))


def _runs(candidate: Path) -> bool:
    return subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0
