"""Archives of models: extracted into their folder, and nothing outside of it."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from local_aws.sagemaker.serving.artifacts import ArchiveError, extract


def packed(*members: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, 1 if kind == tarfile.REGTYPE else 0
    return info


def test_files_and_folders_are_extracted(tmp_path: Path) -> None:
    extract(packed(member("code", tarfile.DIRTYPE), member("code/inference.py"), member("./model")), tmp_path)

    assert sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*")) == [
        "code",
        "code/inference.py",
        "model",
    ]


def test_a_path_from_the_root_is_below_the_folder(tmp_path: Path) -> None:
    extract(packed(member("/code/inference.py")), tmp_path)

    assert (tmp_path / "code" / "inference.py").read_bytes() == b"x"


def test_a_program_can_still_be_run(tmp_path: Path) -> None:
    program = member("tool")
    program.mode = 0o755
    extract(packed(program, member("model")), tmp_path)

    assert [oct((tmp_path / name).stat().st_mode & 0o777) for name in ("tool", "model")] == ["0o755", "0o644"]


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"no archive",
        gzip.compress(b"no archive"),
        packed(member("model"))[:-20],
        packed(member("model"), mode="w"),  # not compressed
        packed(member("../outside")),
        packed(member("model"), member("link", tarfile.SYMTYPE, "model")),
        packed(member("model"), member("link", tarfile.LNKTYPE, "model")),
        packed(member("pipe", tarfile.FIFOTYPE)),
    ],
    ids=["empty", "text", "no tar", "cut", "plain", "outside", "symbolic link", "hard link", "pipe"],
)
def test_any_other_archive_is_refused(tmp_path: Path, archive: bytes) -> None:
    folder = tmp_path / "model"
    folder.mkdir()

    with pytest.raises(ArchiveError):
        extract(archive, folder)
    assert not (tmp_path / "outside").exists()
