"""Other Pythons than the one that runs: the functions' runtime for `sam build`, a newer one for cross-checks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path


class NoSuchPythonError(RuntimeError):
    """None of the versions asked for is on this machine; the message says what was looked for, and where."""


def find(*versions: str) -> Path:
    """The first interpreter that runs, of the first of the versions (``3.13``) that there is.

    Raises
    ------
    NoSuchPythonError
        When there is none.
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
