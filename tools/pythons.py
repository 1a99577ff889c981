"""Other Pythons than the one that runs: the functions' runtime for `sam build`, a newer one for cross-checks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


def environment(python: Path, requirements: Path, folder: Path) -> Path:
    """The Python of a virtual environment in `folder` that has the `requirements`; made anew when they change.

    Raises
    ------
    subprocess.CalledProcessError
        When the environment cannot be made, or a requirement cannot be installed.
    """
    inside = folder / "bin" / "python"
    installed = folder / requirements.name
    if not installed.exists() or installed.read_text() != requirements.read_text():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        subprocess.run([*_install(inside), "-qq", "-r", requirements], check=True)
        shutil.copy(requirements, installed)
    return inside


def _install(inside: Path) -> list[str]:
    """What installs: uv where it is at hand, because it is ten times faster; else the environment's own pip."""
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        return [str(uv), "pip", "install", "--python", str(inside)]
    return [str(inside), "-m", "pip", "--disable-pip-version-check", "install"]


def _folders() -> Iterator[Path]:
    for folder in os.environ["PATH"].split(os.pathsep):
        yield Path(folder)
    # pyenv's commands on PATH run the selected versions only.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob("versions/*/bin"))


def _runs(candidate: Path) -> bool:
    return subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0
