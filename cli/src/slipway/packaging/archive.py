"""A reproducible `model.tar.gz`: the same files make the same bytes, whenever and wherever they are packed.

The compressed bytes also depend on the version of zlib, as those of every gzip program do.
"""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from slipway.packaging.faults import Fault, PackagingError

MOMENT = 315_532_800  # 1980-01-01: pip cannot build a package of older files, as zip has no earlier time
COMPRESSION = 6
LEFT_OUT_FOLDERS = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".venv"})
LEFT_OUT_NAMES = frozenset({".DS_Store", ".env"})  # the latter has secrets
LEFT_OUT_SUFFIXES = (".pyc", ".pyo")
CODE = "code"


def members(model: Path, code: Path | None) -> dict[str, Path]:
    """Files by their names in the archive: those of the model, and below ``code/`` those of the code.

    Symbolic links are followed; byte code, version control, notebooks' checkpoints and .env are left out.

    Raises
    ------
    PackagingError
        If the folders cannot be archived: no files, a broken link, a socket, or two folders named ``code``.
    """
    files = dict(_files(model))
    if code is not None:
        inside = [name for name in files if name.startswith(f"{CODE}/")]
        if inside and code.resolve() != (model / CODE).resolve():
            remedy = f"Remove {model / CODE}, or use it as the code folder"
            raise PackagingError(
                [Fault(str(model), 0, "the model has a folder code, and a code folder is given", remedy)]
            )
        files |= {f"{CODE}/{name}": path for name, path in _files(code)}
    if not any(not name.startswith(f"{CODE}/") for name in files):
        raise PackagingError([Fault(str(model), 0, "the folder has no model files", "Name the folder of the model")])
    faults = [
        Fault(str(path), 0, "this is not a regular file", "Remove it") for path in files.values() if not path.is_file()
    ]
    if faults:
        raise PackagingError(faults)
    return files


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files below a folder, with their paths relative to it."""
    if not folder.is_dir():
        raise PackagingError([Fault(str(folder), 0, "the folder does not exist", "Name an existing folder")])
    visited: set[Path] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        here = Path(root)
        if here.resolve() in visited:  # a link to a folder above
            folders.clear()
            continue
        visited.add(here.resolve())
        folders[:] = [name for name in folders if name not in LEFT_OUT_FOLDERS]
        for name in names:
            if name not in LEFT_OUT_NAMES and not name.endswith(LEFT_OUT_SUFFIXES):
                yield (here / name).relative_to(folder).as_posix(), here / name


def write(files: Mapping[str, Path], target: Path) -> None:
    """Write the archive `target` of the files, by name in the archive."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=raw, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for folder in sorted({str(parent) for name in files for parent in Path(name).parents} - {"."}):
            archive.addfile(_entry(folder, tarfile.DIRTYPE, 0o755, 0))
        for name in sorted(files):
            described = files[name].stat()
            mode = 0o755 if described.st_mode & stat.S_IXUSR else 0o644
            with files[name].open("rb") as file:
                archive.addfile(_entry(name, tarfile.REGTYPE, mode, described.st_size), file)


def _entry(name: str, kind: bytes, mode: int, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.mtime = kind, mode, size, MOMENT
    return entry
