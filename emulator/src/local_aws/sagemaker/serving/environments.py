"""Interpreters of containers: the server's own, or that of a virtual environment, which is made on first use.

The environments are kept in the user's cache folder, ``$XDG_CACHE_HOME/local-aws/environments``, for all servers.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local_aws.sagemaker.serving import images
from local_aws.sagemaker.serving.definitions import Definition
from local_aws.sagemaker.serving.images import Image
from local_aws.sagemaker.serving.scripts import Needs

_COMPLETE = "complete"  # a file in an environment that is ready


class RequirementsError(Exception):
    """The script's requirements cannot be installed; the message is the installer's output."""


class _InstallError(Exception):
    """The installer failed; the message is its output."""


def interpreter(definition: Definition, image: Image, needs: Needs) -> list[str]:
    """The command of Python for the scripts of a container.

    Raises
    ------
    NotRunnableError
        If the packages of the image cannot be installed.
    RequirementsError
        If the script's own requirements cannot be installed, which ends the container on AWS, too.
    """
    if needs.only_python:
        return [sys.executable, "-S"]  # without the packages of the local AWS
    missing = sorted(needs.packages & images.ONLY_IN_IMAGES)
    if missing:
        raise images.refusal(definition.image, f"the package {missing[0]} exists in AWS's image only")
    packages = image.packages_for(needs.packages)
    identity = "\n".join([sys.version, *packages, needs.requirements])
    folder = cache() / f"{image.kind}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    with _locked(folder):
        if not (folder / _COMPLETE).exists():
            _create(folder, definition, packages, needs.requirements)
    return [str(folder / "bin" / "python")]


def cache() -> Path:
    """The folder of all environments."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "local-aws" / "environments"


def _create(folder: Path, definition: Definition, packages: Sequence[str], requirements: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _make(folder)
        _install(folder, *packages)
    except _InstallError as error:
        last_line = str(error).strip().rpartition("\n")[2]
        raise images.refusal(definition.image, f"its packages cannot be installed ({last_line})") from error
    if requirements.strip():
        file = folder / "requirements.txt"
        file.write_text(requirements)
        try:
            _install(folder, "-r", str(file))
        except _InstallError as error:
            raise RequirementsError(str(error)) from error
    (folder / _COMPLETE).touch()


def _make(folder: Path) -> None:
    uv = _uv()
    _run([uv, "venv", "--python", sys.executable, str(folder)] if uv else [sys.executable, "-m", "venv", str(folder)])


def _install(folder: Path, *requirements: str) -> None:
    uv, inside = _uv(), str(folder / "bin" / "python")
    installer = [uv, "pip", "install", "--python", inside] if uv else [inside, "-m", "pip", "install"]
    _run([*installer, *requirements])


def _uv() -> str | None:
    """uv, which installs faster than pip, if it is beside this Python or on the path."""
    return shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise _InstallError(done.stdout)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one thread of one server at a time make the environment in `folder`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
