"""The trial of an archive: unpack it as SageMaker does, and run its hooks on a sample in a process of its own.

A trial runs the user's code and loads the model; a pickle can run any code, too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.packaging import hooks
from slipway.packaging.contents import REQUIREMENTS, SCRIPT
from slipway.packaging.faults import Fault, PackagingError
from slipway.packaging.frameworks import PROGRAM, Framework

SECONDS = 60.0  # SageMaker's limit of an answer
INSTALL_SECONDS = 900.0
LAST_LINES = 10
PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")  # no credentials of the caller
CONTENT_TYPES = {".csv": "text/csv", ".json": "application/json", ".txt": "text/plain"}
OTHER_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Sample:
    """A request that the model must answer.

    Attributes
    ----------
    path : Path
        File with the body.
    content_type, accept : str
        Types of body and answer.
    """

    path: Path
    content_type: str
    accept: str = "application/json"

    @staticmethod
    def content_type_of(path: Path) -> str:
        """Content type that the suffix of a file stands for."""
        return CONTENT_TYPES.get(path.suffix, OTHER_CONTENT_TYPE)


@dataclass(frozen=True)
class Trial:
    """The result of a trial.

    Attributes
    ----------
    steps : tuple of (str, float)
        What ran, with its seconds.
    answer, content_type : str or None
        The answer to the sample; None if no sample was given, or not every hook could run.
    incomplete : str
        Why the trial did not run every step; empty if it did.
    """

    steps: tuple[tuple[str, float], ...]
    answer: str | None = None
    content_type: str | None = None
    incomplete: str = ""


def run(
    archive: Path,
    framework: Framework,
    sample: Sample | None,
    *,
    python: Path | None = None,
    seconds: float = SECONDS,
) -> Trial:
    """Run the hooks of the archive's script and return what they did.

    Parameters
    ----------
    python : Path, optional
        Interpreter whose environment has the packages of the framework's image; this one by default.
        Requirements in the archive are installed into a temporary environment of this interpreter.
    seconds : float
        Limit of the run, without the installation of requirements.

    Raises
    ------
    PackagingError
        If the requirements cannot be installed, a hook fails, or the run exceeds its limit.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-package-") as folder:
        model = Path(folder) / "model"
        with tarfile.open(archive) as tar:
            tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11 has it since 3.11.4
            tar.extractall(model)  # noqa: S202  # of files that `archive.write` has just packed
        interpreter = python or Path(sys.executable)
        if (model / REQUIREMENTS).exists():
            interpreter = _installed(Path(folder) / "venv", model / REQUIREMENTS, interpreter)
        report = _report(interpreter, model, framework, sample, seconds)
    return _result(report, framework)


def _installed(venv: Path, requirements: Path, python: Path) -> Path:
    """Python of a new virtual environment with the requirements."""
    inside = venv / "bin" / "python"
    pip = [str(inside), "-m", "pip", "-qq", "--disable-pip-version-check", "install", "-r", str(requirements)]
    for command in ([str(python), "-m", "venv", str(venv)], pip):
        code, output = _process(command, {**os.environ}, INSTALL_SECONDS)
        if code != 0:
            said = f"after {INSTALL_SECONDS:g} s" if code is None else _last_lines(output)
            message = f"the requirements cannot be installed: {said}"
            raise PackagingError([Fault(REQUIREMENTS, 0, message, "Correct the requirements")])
    return inside


def _report(python: Path, model: Path, framework: Framework, sample: Sample | None, seconds: float) -> dict[str, Any]:
    """Run `hooks` in a process of its own and return its report."""
    report = model.parent / "report.json"
    request = {
        "model_dir": str(model),
        "program": PROGRAM,
        "sample": str(sample.path.resolve()) if sample else None,
        "content_type": sample.content_type if sample else "",
        "accept": sample.accept if sample else "",
        "toolkit": framework.passes_context,
        "report": str(report),
    }
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {**framework.environment, "SAGEMAKER_SUBMIT_DIRECTORY": str(model / "code")}
    command = [str(python), "-I", "-B", hooks.__file__, json.dumps(request)]
    code, output = _process(command, environment, seconds)
    if code is None:
        message = f"the script did not finish within {seconds:g} s"
        raise PackagingError([Fault(SCRIPT, 0, message, "Make it faster, or raise the time limit")])
    if not report.exists():
        message = f"the script's process ended with exit code {code}: {_last_lines(output)}"
        raise PackagingError([Fault(SCRIPT, 0, message, "Correct the script")])
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def _process(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> tuple[int | None, str]:
    """Exit code and output of a command; no exit code if it was ended after `seconds`."""
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # so that its children can be ended, too
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, ""
        return process.returncode, output


def _result(report: Mapping[str, Any], framework: Framework) -> Trial:
    steps = tuple((step["name"], step["seconds"]) for step in report["steps"])
    if failed := report.get("failed"):
        if (failed["missing"] or "").split(".")[0] in framework.modules:
            return Trial(steps, incomplete=_without(failed["missing"], framework))
        raise PackagingError([_fault(failed)])
    if missing := report.get("default"):
        return Trial(steps, incomplete=f"{missing} is left to {framework.title}'s container")
    return Trial(steps, report.get("answer"), report.get("content_type"))


def _without(module: str, framework: Framework) -> str:
    return (
        f"the image of {framework.title} has the module {module}, this environment does not; "
        "name the interpreter of an environment that has it (--python)"
    )


def _fault(failed: Mapping[str, Any]) -> Fault:
    message = f"{failed['step']} failed on the sample: {failed['type']}: {failed['message']}"
    if failed["step"] in ("import", "pre_model_fn", "model_fn"):
        message = f"{failed['step']} failed: {failed['type']}: {failed['message']}"
    remedy = "Correct the script"
    if failed["missing"]:
        remedy = f"Add the package of {failed['missing']} to {REQUIREMENTS}, or the module to code/"
    return Fault(failed["file"], failed["line"], message, remedy)


def _last_lines(output: str) -> str:
    return " | ".join(output.strip().splitlines()[-LAST_LINES:]) or "no output"
