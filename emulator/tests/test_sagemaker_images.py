"""Which images run here, what their scripts need, and the environment that has it."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from local_aws.sagemaker.serving import environments, images, scripts
from local_aws.sagemaker.serving.definitions import Definition
from local_aws.sagemaker.serving.environments import RequirementsError
from local_aws.sagemaker.serving.images import Image
from local_aws.sagemaker.serving.messages import NotRunnableError
from local_aws.sagemaker.serving.scripts import Needs

REGISTRY = "141502667606.dkr.ecr.eu-west-1.amazonaws.com"
SCRIPT_MODE = {"SAGEMAKER_PROGRAM": "inference.py"}
SCIKIT_LEARN = Image("scikit-learn", ("scikit-learn==1.9.*",), {"pandas": "pandas", "PIL": "pillow"})
NOTHING = Needs(frozenset(), default_hooks=False, requirements="")


def definition(image: str, *, is_multi_model: bool = False, **variables: str) -> Definition:
    return Definition("primary", image, {**SCRIPT_MODE, **variables}, None, is_multi_model)


@pytest.mark.parametrize(
    ("image", "kind", "packages"),
    [
        ("sagemaker-scikit-learn:1.9-0-cpu-py3", "scikit-learn", ["scikit-learn==1.9.*"]),
        ("sagemaker-scikit-learn:1.9-0-cpu-py3@sha256:0ff", "scikit-learn", ["scikit-learn==1.9.*"]),
        ("sagemaker-xgboost:3.2-0", "xgboost", ["xgboost-cpu==3.2.*", "scikit-learn"]),
        ("sagemaker-xgboost:1.7-1", "xgboost", ["xgboost==1.7.*", "scikit-learn"]),
    ],
)
def test_an_image_of_aws_runs_with_the_packages_of_its_version(image: str, kind: str, packages: list[str]) -> None:
    found = images.find(definition(f"{REGISTRY}/{image}"))

    assert (found.kind, found.packages_for(["numpy", "sklearn"])) == (kind, packages)


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (definition("scoring:1"), "only AWS's images sagemaker-scikit-learn and sagemaker-xgboost run here"),
        (definition("pytorch-inference:2.6"), "only AWS's images sagemaker-scikit-learn and sagemaker-xgboost run"),
        (definition("sagemaker-scikit-learn:latest"), "its tag does not begin with the version of the framework"),
        (definition("sagemaker-xgboost:3.2-0", SAGEMAKER_PROGRAM=""), "only its script mode (SAGEMAKER_PROGRAM) with"),
        (definition("sagemaker-xgboost:3.2-0", is_multi_model=True), "only its script mode (SAGEMAKER_PROGRAM) with"),
    ],
)
def test_any_other_image_is_refused_with_the_reason(container: Definition, reason: str) -> None:
    with pytest.raises(NotRunnableError, match="^" + re.escape(f"Image {container.image} cannot run here: {reason}")):
        images.find(container)


HOOKS = "def model_fn(d): ...\ndef input_fn(b, t): ...\ndef output_fn(p, a): ...\n"


@pytest.mark.parametrize(
    ("source", "packages", "default_hooks"),
    [
        (HOOKS, set(), False),
        ("def model_fn(d): ...\ndef transform_fn(m, b, t, a): ...\n", set(), False),
        ("def model_fn(d): ...\ndef input_fn(b, t): ...\n", set(), True),
        ("from .hooks import model_fn, input_fn, output_fn\n", set(), False),
        ("from other import *\n", set(), False),
        ("model_fn = input_fn = output_fn = print\n", set(), False),
        (HOOKS + "import json, os.path, other\n", set(), False),
        (HOOKS + "import folder.part\n", set(), False),
        (HOOKS + "import numpy as np\n", {"numpy"}, False),
        (HOOKS + "def late():\n    from sklearn.svm import SVC\n", {"sklearn"}, False),
        ("def predict_fn(d, m): ...\n", set(), False),  # it fails for lack of model_fn
        ("def model_fn(:", set(), False),
    ],
)
def test_the_needs_of_a_script_are_read_from_its_source(
    tmp_path: Path, source: str, packages: set[str], default_hooks: bool
) -> None:
    (tmp_path / "inference.py").write_text(source)
    (tmp_path / "other.py").touch()
    (tmp_path / "folder").mkdir()

    assert scripts.needs(tmp_path, "inference.py") == Needs(frozenset(packages), default_hooks, "")


def test_packages_of_every_file_and_the_requirements_count(tmp_path: Path) -> None:
    (tmp_path / "inference.py").write_text(HOOKS)
    (tmp_path / "part.py").write_text("import pandas")
    (tmp_path / "requirements.txt").write_text("tabulate\n")

    assert scripts.needs(tmp_path, "inference.py") == Needs(frozenset({"pandas"}), False, "tabulate\n")


def test_a_script_that_is_missing_needs_nothing(tmp_path: Path) -> None:
    assert scripts.needs(tmp_path / "code", "inference.py").only_python


class Installer:
    """Stands in for uv: writes down its commands, and fails for one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cache: Path, failing: str = "") -> None:
        self.commands: list[Sequence[str]] = []
        self._failing = failing
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        monkeypatch.setattr(environments, "_run", self.run)
        monkeypatch.setattr(environments, "_uv", lambda: "uv")

    def run(self, command: Sequence[str]) -> None:
        self.commands.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True)
        if self._failing and self._failing in command:
            raise environments._InstallError(f"resolving\nno such release of {self._failing}\n")

    def interpreter(self, needs: Needs = NOTHING) -> list[str]:
        return environments.interpreter(definition("sagemaker-scikit-learn:1.9-0"), SCIKIT_LEARN, needs)


NUMPY = Needs(frozenset({"numpy"}), default_hooks=False, requirements="")
REQUIRING = Needs(frozenset(), default_hooks=False, requirements="tabulate\n")


def test_a_script_that_needs_only_python_runs_without_any_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installer = Installer(monkeypatch, tmp_path)

    assert installer.interpreter() == [sys.executable, "-S"]
    assert installer.commands == []


def test_an_environment_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installer = Installer(monkeypatch, tmp_path)

    (python,) = installer.interpreter(NUMPY)
    again = installer.interpreter(Needs(frozenset(), default_hooks=True, requirements=""))

    assert Path(python).is_relative_to(tmp_path / "local-aws" / "environments")
    assert again == [python]
    assert [command[1:3] for command in installer.commands] == [["venv", "--python"], ["pip", "install"]]
    assert installer.commands[1][-1] == "scikit-learn==1.9.*"


def test_other_packages_of_the_image_are_installed_if_they_are_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installer = Installer(monkeypatch, tmp_path)

    installer.interpreter(Needs(frozenset({"PIL", "unknown"}), default_hooks=False, requirements=""))

    assert list(installer.commands[1][-2:]) == ["scikit-learn==1.9.*", "pillow"]


def test_requirements_have_an_environment_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installer = Installer(monkeypatch, tmp_path)

    assert installer.interpreter(REQUIRING) != installer.interpreter(NUMPY)
    assert installer.commands[2][-2] == "-r"


def test_an_image_whose_packages_cannot_be_installed_cannot_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installer = Installer(monkeypatch, tmp_path, failing="scikit-learn==1.9.*")

    with pytest.raises(
        NotRunnableError, match=re.escape("installed (no such release of scikit-learn==1.9.*). Set its")
    ):
        installer.interpreter(NUMPY)


def test_requirements_that_cannot_be_installed_are_an_error_of_the_script(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installer = Installer(monkeypatch, tmp_path, failing="-r")

    for _ in range(2):  # a broken environment is not used again
        with pytest.raises(RequirementsError, match="no such release of -r"):
            installer.interpreter(REQUIRING)


def test_packages_that_only_awss_images_have_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installer = Installer(monkeypatch, tmp_path)
    needs = Needs(frozenset({"numpy", "mlio"}), default_hooks=False, requirements="")

    with pytest.raises(NotRunnableError, match="the package mlio exists in AWS's image only"):
        installer.interpreter(needs)
