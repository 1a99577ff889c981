"""The archive: its members, and that its bytes depend on nothing else."""

import gzip
import os
import tarfile
from pathlib import Path

import pytest

from slipway.packaging import PackagingError, archive


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "weights").mkdir(parents=True)
    (folder / "model.json").write_text("{}")
    (folder / "weights" / "0.bin").write_bytes(b"\0" * 1000)
    return folder


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "inference.py").write_text("def model_fn(model_dir): ...\n")
    return folder


def written(folder: Path, model: Path, code: Path | None) -> bytes:
    target = folder / "model.tar.gz"
    archive.write(archive.members(model, code), target)
    return target.read_bytes()


def test_code_is_archived_beside_the_model(tmp_path: Path, model: Path, code: Path) -> None:
    written(tmp_path, model, code)

    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        assert tar.getnames() == ["code", "weights", "code/inference.py", "model.json", "weights/0.bin"]


def test_the_same_files_make_the_same_bytes(tmp_path: Path, model: Path, code: Path) -> None:
    first = written(tmp_path, model, code)
    os.utime(model / "model.json", (1, 1))
    (model / "model.json").chmod(0o600)
    (model / "weights").chmod(0o700)

    assert written(tmp_path, model, code) == first


def test_the_header_has_neither_name_nor_time(tmp_path: Path, model: Path) -> None:
    header = written(tmp_path, model, None)[:10]

    assert header[:4] == gzip.compress(b"")[:2] + b"\x08\x00"  # no FNAME
    assert header[4:8] == b"\0\0\0\0"


def test_owner_and_time_are_fixed_and_a_program_stays_executable(tmp_path: Path, model: Path) -> None:
    (model / "run.sh").write_text("#!/bin/sh\n")
    (model / "run.sh").chmod(0o777)
    written(tmp_path, model, None)

    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        entries = tar.getmembers()
    assert {(entry.uid, entry.gid, entry.uname, entry.mtime) for entry in entries} == {(0, 0, "", archive.MOMENT)}
    assert {entry.name: oct(entry.mode) for entry in entries if entry.isfile()} == {
        "model.json": "0o644",
        "run.sh": "0o755",
        "weights/0.bin": "0o644",
    }


def test_byte_code_and_version_control_are_left_out(model: Path) -> None:
    for name in (".git/config", "__pycache__/a.pyc", "old.pyc", ".DS_Store", ".env"):
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("")

    assert sorted(archive.members(model, None)) == ["model.json", "weights/0.bin"]


def test_links_are_followed_once(tmp_path: Path, model: Path) -> None:
    (tmp_path / "blob").write_text("weights")
    (model / "linked.bin").symlink_to(tmp_path / "blob")
    (model / "weights" / "above").symlink_to(model)
    written(tmp_path, model, None)

    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        assert tar.getnames() == ["weights", "linked.bin", "model.json", "weights/0.bin"]
        assert tar.getmember("linked.bin").isfile()


def test_the_models_own_folder_code_may_be_named(model: Path, code: Path) -> None:
    code.rename(model / "code")

    assert "code/inference.py" in archive.members(model, model / "code")
    assert "code/inference.py" in archive.members(model, None)


def test_two_code_folders_are_refused(model: Path, code: Path) -> None:
    (model / "code").mkdir()
    (model / "code" / "inference.py").write_text("")

    with pytest.raises(PackagingError, match=r"the model has a folder code, and a code folder is given. Remove"):
        archive.members(model, code)


def test_a_folder_without_model_files_is_refused(tmp_path: Path, code: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(PackagingError, match=r"empty: the folder has no model files. Name the folder of the model"):
        archive.members(tmp_path / "empty", code)


def test_a_broken_link_is_refused_by_name(model: Path) -> None:
    (model / "gone.bin").symlink_to(model / "nothing")

    with pytest.raises(PackagingError, match=r"gone.bin: this is not a regular file. Remove it"):
        archive.members(model, None)
