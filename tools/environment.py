"""Set up the virtual environments, or bring them up to date with their requirements.

`make` runs it with the user's own Python before any environment exists, so it needs the standard library only.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from tools import progress

ROOT = Path(__file__).resolve().parent.parent
UV_VERSION = "0.13.8"
BASE = ROOT / ".venv"
UV = BASE / "bin" / "uv"
REQUIREMENTS = ROOT / "requirements"
EDITABLE = re.compile(r"^-e (?P<folder>\S+)", re.MULTILINE)
CHANGED = re.compile(r"^(Installed|Uninstalled) (?P<packages>\d+ packages?)", re.MULTILINE)


class SetupError(RuntimeError):
    """A command of the set-up failed; the message is its output."""


def base() -> Path:
    """Python of ``.venv``, which has the requirements of the demo, the local AWS and the tests."""
    return set_up(BASE, REQUIREMENTS / "dev.txt")


def check() -> Path:
    """Python of ``.venv-check``, which adds the linters and the AWS CLI to ``.venv``."""
    folder = ROOT / ".venv-check"
    inside = set_up(folder, REQUIREMENTS / "check.txt")
    # mypy has to see the packages that the checked code imports
    (_packages(folder) / "base.pth").write_text(f"{_packages(BASE)}\n")
    return inside


def set_up(folder: Path, requirements: Path, python: Path | None = None) -> Path:
    """Return the Python of the virtual environment in `folder`, set up with exactly the pinned `requirements`.

    An environment of another Python, another uv or another place is created again; changed requirements are installed.

    Raises
    ------
    SetupError
        If the environment cannot be created, or a requirement cannot be installed.
    """
    python = (python or Path(sys.executable)).resolve()
    inside = folder / "bin" / "python"
    made, installed = folder / "made-with", folder / "installed"
    maker = f"{python} uv {UV_VERSION} {folder}"
    if not inside.exists() or _text(made) != maker:
        _create(folder, python)
        made.write_text(maker)
    wanted = _wanted(requirements)
    if _text(installed) != wanted:
        with progress.step(folder.name, f"install {requirements.relative_to(ROOT)}") as step:
            installed.unlink(missing_ok=True)
            output = _run([UV, "pip", "sync", "--python", inside, requirements], step)
            changed = [f"{verb.lower()} {packages}" for verb, packages in CHANGED.findall(output)]
            step.result = ", ".join(changed) or "up to date"
        installed.write_text(wanted)
    return inside


def _create(folder: Path, python: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with progress.step(folder.name, f"create a virtual environment of {python}") as step:
        if folder == BASE:
            _run([python, "-m", "venv", folder], step)
            step.note(f"install uv {UV_VERSION}")
            pip = [str(folder / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check"]
            _run([*pip, "install", f"uv=={UV_VERSION}"], step)
        else:
            _run([UV, "venv", "--python", python, folder], step)
        step.result = f"virtual environment of {python}"


def _run(command: Sequence[str | Path], step: progress.Step) -> str:
    """Run the command and note each line that it prints, except the list of packages; returns the output."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if not line.startswith((" +", " -", " ~")):
                step.note(line.strip())
    output = "".join(lines)
    if process.returncode:
        raise SetupError(output)
    return output


def _wanted(requirements: Path) -> str:
    """Text that changes if something has to be installed: the pins and the dependencies of editable packages."""
    pins = requirements.read_text()
    declared = [(ROOT / found["folder"] / "pyproject.toml").read_text() for found in EDITABLE.finditer(pins)]
    return "\n".join([pins, *declared])


def _text(file: Path) -> str | None:
    return file.read_text() if file.exists() else None


def _packages(folder: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.environment", description=__doc__)
    parser.add_argument("environment", choices=["base", "check"])
    try:
        {"base": base, "check": check}[parser.parse_args(arguments).environment]()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
