"""An environment is created once and updated when its requirements change."""

import os
from pathlib import Path
from typing import Any

import pytest

from tools import environment


class Commands:
    """Fake commands: creating an environment creates its folder's Python."""

    def __init__(self) -> None:
        self.run: list[str] = []
        self.output = "Using Python 3.11\nInstalled 2 packages in 5ms\n + boto3==1.43.108\n + six==1.17.0\n"

    def __call__(self, command: list[Any], step: Any) -> str:
        words = [str(word) for word in command]
        self.run.append(" ".join(words[:3]))
        if words[1] == "venv" or words[1:3] == ["-m", "venv"]:
            (Path(words[-1]) / "bin").mkdir(parents=True)
            (Path(words[-1]) / "bin" / "python").touch()
        return self.output

    def taken(self) -> list[str]:
        """Last words of the commands since the last call."""
        taken = [each.rpartition("/")[2] for each in self.run]
        self.run.clear()
        return taken


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "BASE", tmp_path / ".venv")
    return tmp_path


@pytest.fixture
def commands(root: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = Commands()
    monkeypatch.setattr(environment, "_run", commands)
    return commands


@pytest.fixture
def pins(root: Path) -> Path:
    file = root / "pins.txt"
    file.write_text("boto3==1.43.108\n")
    return file


def test_an_environment_is_created_and_gets_its_requirements(root: Path, commands: Commands, pins: Path) -> None:
    assert environment.set_up(root / ".venv-x", pins) == root / ".venv-x" / "bin" / "python"

    assert commands.taken() == ["uv venv --python", "uv pip sync"]


def test_the_first_environment_brings_uv(root: Path, commands: Commands, pins: Path) -> None:
    environment.set_up(root / ".venv", pins)

    first, second, third = commands.taken()
    assert first.endswith(" -m venv")
    assert second == "python -m pip"
    assert third == "uv pip sync"


def test_an_environment_that_is_up_to_date_is_not_changed(root: Path, commands: Commands, pins: Path) -> None:
    environment.set_up(root / ".venv-x", pins)
    commands.taken()

    environment.set_up(root / ".venv-x", pins)

    assert commands.taken() == []


def test_changed_pins_are_installed_regardless_of_their_modification_time(
    root: Path, commands: Commands, pins: Path
) -> None:
    environment.set_up(root / ".venv-x", pins)
    commands.taken()
    pins.write_text("boto3==1.43.107\n")
    os.utime(pins, (0, 0))

    environment.set_up(root / ".venv-x", pins)

    assert commands.taken() == ["uv pip sync"]


def test_changed_dependencies_of_an_editable_package_are_installed(root: Path, commands: Commands, pins: Path) -> None:
    (root / "emulator").mkdir()
    project = root / "emulator" / "pyproject.toml"
    project.write_text('dependencies = ["moto==5.2.5"]')
    pins.write_text("-e ./emulator\nmoto==5.2.5\n")
    environment.set_up(root / ".venv-x", pins)
    commands.taken()
    project.write_text('dependencies = ["moto==5.2.6"]')

    environment.set_up(root / ".venv-x", pins)

    assert commands.taken() == ["uv pip sync"]


def test_an_environment_of_another_uv_is_created_again(
    root: Path, commands: Commands, pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.set_up(root / ".venv-x", pins)
    commands.taken()
    monkeypatch.setattr(environment, "UV_VERSION", "0.0.1")

    environment.set_up(root / ".venv-x", pins)

    assert commands.taken() == ["uv venv --python", "uv pip sync"]


def test_a_failed_installation_is_retried(
    root: Path, commands: Commands, pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.set_up(root / ".venv-x", pins)
    pins.write_text("no-such-package\n")

    def fail(*_: object) -> str:
        raise environment.SetupError("no version of no-such-package")

    with monkeypatch.context() as patched:
        patched.setattr(environment, "_run", fail)
        with pytest.raises(environment.SetupError, match="no version of no-such-package"):
            environment.set_up(root / ".venv-x", pins)
    commands.taken()
    pins.write_text("boto3==1.43.108\n")  # what was installed before

    environment.set_up(root / ".venv-x", pins)

    assert commands.taken() == ["uv pip sync"]


def test_the_check_environment_sees_the_packages_of_the_base_environment(
    root: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "REQUIREMENTS", root)
    (root / "check.txt").write_text("ruff==0.17.5\n")
    packages = environment._packages(root / ".venv-check")
    packages.mkdir(parents=True)
    packages.parents[2].joinpath("bin").mkdir()
    packages.parents[2].joinpath("bin", "python").touch()
    monkeypatch.setattr(environment, "_create", lambda *_: None)

    environment.check()

    assert (packages / "base.pth").read_text() == f"{environment._packages(root / '.venv')}\n"


def test_a_failed_command_raises_its_output() -> None:
    step = type("Step", (), {"note": lambda self, text: None})()

    with pytest.raises(environment.SetupError, match="no such index"):
        environment._run(["sh", "-c", "echo no such index >&2; exit 2"], step)


def test_the_installers_activity_is_noted_without_its_list_of_packages() -> None:
    notes: list[str] = []
    step = type("Step", (), {"note": lambda self, text: notes.append(text)})()

    environment._run(["printf", "Downloading sympy (6.0MiB)\n + boto3==1.43.108\n - six==1.17.0\n"], step)

    assert notes == ["Downloading sympy (6.0MiB)"]
