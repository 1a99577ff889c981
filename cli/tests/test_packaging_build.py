"""A package from check to trial: its script runs in a process of its own."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from slipway import validation
from slipway.packaging import FRAMEWORKS, Package, PackagingError, Sample, Source, build
from slipway.packaging.package import Trying
from slipway.packaging.payload import payload

HOOKS = """
import json, os

def model_fn(model_dir):
    return json.load(open(os.path.join(model_dir, "model.json")))

def input_fn(body, content_type):
    return json.loads(body)

def predict_fn(data, model):
    return [value * model["factor"] for value in data]

def output_fn(prediction, accept):
    return json.dumps(prediction), accept
"""


class Folder:
    """A model and its code in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "model").mkdir()
        (root / "model" / "model.json").write_text('{"factor": 2}')
        (root / "code").mkdir()
        (root / "sample.json").write_text("[1, 2]")
        self.sample = Sample(root / "sample.json", "application/json")
        self.target = root / "model.tar.gz"

    def build(self, script: str = HOOKS, framework: str = "sklearn", **trying: Any) -> Package:
        (self.root / "code" / "inference.py").write_text(script)
        source = Source(self.root / "model", self.root / "code", FRAMEWORKS[framework], FRAMEWORKS[framework].version)
        return build(source, self.target, Trying(**{"sample": self.sample, **trying}))

    def fault(self, script: str, **trying: Any) -> str:
        with pytest.raises(PackagingError) as refused:
            self.build(script, **trying)
        assert not self.target.exists()
        return str(refused.value)


def wheel(folder: Path, name: str, text: str) -> Path:
    """A wheel of one module."""
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", text)
        archive.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        archive.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.dist-info/RECORD", "")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_trial_answers_the_sample(folder: Folder) -> None:
    built = folder.build()

    assert built.trial is not None
    assert (built.trial.answer, built.trial.content_type, built.trial.incomplete) == (
        "[2, 4]",
        "application/json",
        "",
    )
    assert [name for name, _ in built.trial.steps] == ["import", "model_fn", "input_fn", "predict_fn", "output_fn"]
    assert built.sha256 == hashlib.sha256(folder.target.read_bytes()).hexdigest()
    assert built.key("double") == f"double/{built.sha256[:12]}/model.tar.gz"


def test_transform_fn_replaces_three_hooks(folder: Folder) -> None:
    script = (
        "def model_fn(d): return 3\n"
        "def transform_fn(model, body, content_type, accept): return f'{model} {body} {content_type} {accept}'\n"
    )

    trial = folder.build(script).trial

    assert trial is not None
    assert trial.answer == "3 [1, 2] application/json application/json"


def test_a_body_that_is_no_text_reaches_the_script_as_bytes(folder: Folder) -> None:
    script = HOOKS.replace("return json.loads(body)", "assert type(body) is bytes\n    return [1]")

    trial = folder.build(script, sample=Sample(folder.sample.path, "application/x-npy")).trial

    assert trial is not None
    assert trial.answer == "[2]"


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (
            HOOKS.replace("model.json", "model.pkl"),
            "code/inference.py:5: model_fn failed: FileNotFoundError: [Errno 2] No such file or directory",
        ),
        (
            HOOKS.replace("model[", "model.missing["),
            "code/inference.py:11: predict_fn failed on the sample: AttributeError: 'dict' object has no attribute "
            "'missing'. Correct the script.",
        ),
        (
            HOOKS.replace("return json.dumps(prediction), accept", "return prediction"),
            "code/inference.py: output_fn failed on the sample: TypeError: output_fn returned list, not text, bytes or "
            "(body, content type). Correct the script.",
        ),
        (
            "import nobody_has_this\n" + HOOKS,
            "code/inference.py:1: import failed: ModuleNotFoundError: No module named 'nobody_has_this'. Add the "
            "package of nobody_has_this to code/requirements.txt, or the module to code/.",
        ),
        (
            "import os\nos._exit(7)\n" + HOOKS,
            "code/inference.py: the script's process ended with exit code 7: no output. Correct the script.",
        ),
    ],
)
def test_a_script_that_fails_is_reported_with_its_line_and_nothing_is_written(
    folder: Folder, script: str, fault: str
) -> None:
    assert fault in folder.fault(script)


def test_text_without_a_content_type_is_html_for_scikit_learn_and_the_accepted_type_for_pytorch(folder: Folder) -> None:
    script = HOOKS.replace("json.dumps(prediction), accept", "json.dumps(prediction)")

    types = [trial.content_type for name in ("sklearn", "pytorch") if (trial := folder.build(script, name).trial)]

    assert types == ["text/html", "application/json"]


def test_the_model_server_of_pytorch_encodes_a_list(folder: Folder) -> None:
    trial = folder.build(HOOKS.replace("json.dumps(prediction), accept", "prediction"), "pytorch").trial

    assert trial is not None
    assert (trial.answer, trial.content_type) == ("[2, 4]", "application/json")


def test_a_content_type_with_a_parameter_reaches_the_script_as_bytes(folder: Folder) -> None:
    script = HOOKS.replace("return json.loads(body)", "return [len(body)] if type(body) is bytes else [0]")

    trial = folder.build(script, sample=Sample(folder.sample.path, "application/json; charset=utf-8")).trial

    assert trial is not None
    assert trial.answer == "[12]"


def test_a_script_that_does_not_end_is_ended(folder: Folder) -> None:
    script = HOOKS.replace("    return json.load(open", "    while True: pass\n    return json.load(open")

    assert folder.fault(script, seconds=0.5) == (
        "code/inference.py: the script did not finish within 0.5 s. Make it faster, or raise the time limit."
    )


def test_a_script_gets_no_credentials_of_its_caller(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    script = HOOKS.replace("return json.dumps(prediction)", "return ','.join(sorted(os.environ))")

    trial = folder.build(script).trial

    assert trial is not None
    assert "AWS_SECRET_ACCESS_KEY" not in str(trial.answer)
    assert "SAGEMAKER_PROGRAM" in str(trial.answer)


def test_a_missing_module_of_the_image_is_no_fault_of_the_script(folder: Folder) -> None:
    trial = folder.build("import tokenizers\n" + HOOKS, framework="huggingface").trial

    assert trial is not None
    assert trial.answer is None
    assert trial.incomplete == (
        "the image of Hugging Face has the module tokenizers, this environment does not; name the interpreter of an "
        "environment that has it (--python)"
    )


def test_a_hook_that_the_container_adds_ends_the_trial(folder: Folder) -> None:
    trial = folder.build("def model_fn(model_dir): return 1\n").trial

    assert trial is not None
    assert [name for name, _ in trial.steps] == ["import", "model_fn"]
    assert trial.incomplete == "input_fn is left to scikit-learn's container"


def test_requirements_that_cannot_be_installed_are_reported(folder: Folder) -> None:
    (folder.root / "code" / "requirements.txt").write_text("./no-such-package\n")

    fault = folder.fault(HOOKS)

    assert fault.startswith("code/requirements.txt: the requirements cannot be installed: ")
    assert fault.endswith(" Correct the requirements.")


def test_requirements_are_installed_for_the_trial_only(folder: Folder) -> None:
    installed = wheel(folder.root, "extra_module", "FACTOR = 5\n")
    (folder.root / "code" / "requirements.txt").write_text(f"extra_module @ file://{installed}\n")
    script = HOOKS.replace("import json", "import extra_module, json").replace('model["factor"]', "extra_module.FACTOR")

    trial = folder.build(script).trial

    assert trial is not None
    assert trial.answer == "[5, 10]"


def test_an_archive_inside_the_model_folder_is_refused(folder: Folder) -> None:
    folder.target = folder.root / "model" / "model.tar.gz"

    assert folder.fault(HOOKS) == (
        f"{folder.target}: the archive would be in {folder.root}/model, and so a part of the next archive. "
        "Name a place outside of it."
    )


def test_a_model_without_a_script_is_not_tried_and_needs_no_environment(folder: Folder) -> None:
    (folder.root / "model" / "xgboost-model").write_bytes(b"\0")
    source = Source(folder.root / "model", None, FRAMEWORKS["xgboost"], "3.2-0")

    built = build(source, folder.target, Trying(folder.sample))

    assert (built.hooks, built.trial) == ((), None)
    assert "Environment" not in payload(built, "booster", "my-bucket", folder.sample)["models"]["booster"]


def test_a_script_for_tensorflow_is_checked_but_not_run(folder: Folder) -> None:
    (folder.root / "model" / "1").mkdir()
    (folder.root / "model" / "1" / "saved_model.pb").write_bytes(b"\0")

    built = folder.build("raise SystemExit\ndef handler(data, context): ...\n", "tensorflow")

    assert (built.hooks, built.trial) == (("handler",), None)


def test_the_payload_deploys_the_package_and_tests_it_with_the_sample(folder: Folder) -> None:
    built = folder.build()

    assert payload(built, "double", "my-bucket", folder.sample) == {
        "endpointName": "double",
        "models": {
            "double": {
                "artifact": f"s3://my-bucket/{built.key('double')}",
                "image": {"framework": "sklearn", "version": "1.9-0"},
                "Environment": {
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                },
            }
        },
        "productionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": "double",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
        "test": [
            {
                "name": "sample",
                "body": [1, 2],
                "contentType": "application/json",
                "accept": "application/json",
                "expect": {"status": 200},
            }
        ],
    }


@pytest.mark.parametrize("framework", ["sklearn", "xgboost", "pytorch", "huggingface"])
def test_the_payload_is_valid(folder: Folder, framework: str) -> None:
    built = folder.build(framework=framework)

    assert validation.faults(payload(built, "double", "my-bucket", folder.sample)) == []


def test_a_sample_that_was_not_answered_is_no_test(folder: Folder) -> None:
    built = folder.build("def model_fn(model_dir): return 1\n")

    assert "test" not in payload(built, "double", "my-bucket", folder.sample)


def test_a_toolkit_that_finds_the_script_itself_needs_no_environment(folder: Folder) -> None:
    built = folder.build(framework="pytorch")

    assert "Environment" not in payload(built, "double", "my-bucket", None)["models"]["double"]
