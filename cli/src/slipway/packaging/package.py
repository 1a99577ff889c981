"""From a model's folder to a checked archive."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slipway.packaging import archive, contents, script, trial
from slipway.packaging.faults import Fault, PackagingError
from slipway.packaging.frameworks import Framework

SHORT_HASH = 12
FILE_NAME = "model.tar.gz"


@dataclass(frozen=True)
class Source:
    """What to package.

    Attributes
    ----------
    model : Path
        Folder with the model's files.
    code : Path or None
        Folder with ``inference.py`` and ``requirements.txt``; None if the model has a folder ``code``, or no script.
    framework : Framework
        Framework whose container serves the model.
    version : str
        Version of the framework's image.
    isolated : bool
        Whether the model runs in network isolation.
    """

    model: Path
    code: Path | None
    framework: Framework
    version: str
    isolated: bool = False


@dataclass(frozen=True)
class Package:
    """A checked archive.

    Attributes
    ----------
    hooks : tuple of str
        Functions of the script that the container calls.
    trial : Trial or None
        Result of the trial; None if there was none.
    """

    source: Source
    path: Path
    names: tuple[str, ...]
    size: int
    sha256: str
    hooks: tuple[str, ...]
    trial: trial.Trial | None

    def key(self, name: str) -> str:
        """S3 key of the archive, which contains its hash: other bytes never replace an artifact that is in use."""
        return f"{name}/{self.sha256[:SHORT_HASH]}/{FILE_NAME}"


@dataclass(frozen=True)
class Trying:
    """How to try the archive: see `trial.run`."""

    sample: trial.Sample | None = None
    python: Path | None = None
    seconds: float = trial.SECONDS


def build(source: Source, target: Path, trying: Trying | None) -> Package:
    """Check the model and its script, write the archive `target`, and try it.

    Parameters
    ----------
    trying : Trying or None
        How to run the script; None does not run it. A TensorFlow script is never run: it needs TensorFlow Serving.

    Raises
    ------
    PackagingError
        If the container would fail; `target` is not written then.
    """
    for source_folder in (source.model, source.code or source.model):
        if target.resolve().is_relative_to(source_folder.resolve()):
            message = f"the archive would be in {source_folder}, and so a part of the next archive"
            raise PackagingError([Fault(str(target), 0, message, "Name a place outside of it")])
    files = archive.members(source.model, source.code)
    hooks = _check(source, files)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".slipway-") as folder:
        written = Path(folder) / FILE_NAME
        archive.write(files, written)
        tried = None
        if trying and contents.SCRIPT in files and source.framework.name != "tensorflow":
            tried = trial.run(written, source.framework, trying.sample, python=trying.python, seconds=trying.seconds)
        os.replace(written, target)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Package(source, target, tuple(sorted(files)), target.stat().st_size, digest, hooks, tried)


def _check(source: Source, files: dict[str, Path]) -> tuple[str, ...]:
    """Hooks of the script, if there is one.

    Raises
    ------
    PackagingError
        With all faults of script and files.
    """
    found: list[str] = []
    faults: list[Fault] = []
    if contents.SCRIPT in files:
        text = files[contents.SCRIPT].read_text(errors="replace")
        found, faults = script.check(text, contents.SCRIPT, source.framework)
    faults += contents.check(files, source.framework, found, isolated=source.isolated)
    if faults:
        raise PackagingError(faults)
    return tuple(found)
