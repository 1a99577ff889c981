"""An installed Python is found; a command of that name that does not run is not."""

import stat
import sys
from pathlib import Path

import pytest

from tools import pythons

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is searched."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_the_first_installed_version_is_found(path: Path) -> None:
    (path / f"python{THIS}").symlink_to(sys.executable)

    assert pythons.find("3.99", THIS) == path / f"python{THIS}"


def test_a_command_that_does_not_run_is_not_a_python(path: Path) -> None:
    pretender = path / "python3.99"
    pretender.write_text("#!/bin/sh\necho 'python3.99: command not found' >&2\nexit 127\n")
    pretender.chmod(pretender.stat().st_mode | stat.S_IXUSR)

    with pytest.raises(pythons.NoSuchPythonError, match=r"there is no Python 3\.99 on PATH"):
        pythons.find("3.99")


def test_the_versions_of_pyenv_are_found_even_if_they_are_not_selected(path: Path) -> None:
    folder = path / "pyenv" / "versions" / f"{THIS}.0" / "bin"
    folder.mkdir(parents=True)
    (folder / f"python{THIS}").symlink_to(sys.executable)

    assert pythons.find(THIS) == folder / f"python{THIS}"
