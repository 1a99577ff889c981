"""The check of an archive's files."""

import pytest

from slipway.packaging import FRAMEWORKS, contents


def faults(framework: str, *names: str, hooks: tuple[str, ...] = (), isolated: bool = False) -> list[str]:
    return [str(fault) for fault in contents.check(names, FRAMEWORKS[framework], hooks, isolated=isolated)]


@pytest.mark.parametrize(
    ("framework", "names"),
    [
        ("xgboost", ["xgboost-model"]),
        ("pytorch", ["model.pth"]),
        ("huggingface", ["config.json", "model.safetensors"]),
        ("tensorflow", ["export/Servo/1/saved_model.pb"]),
    ],
)
def test_a_model_that_the_container_loads_itself_needs_no_script(framework: str, names: list[str]) -> None:
    assert faults(framework, *names) == []


@pytest.mark.parametrize(
    ("framework", "names", "fault"),
    [
        (
            "sklearn",
            ["model.joblib"],
            "code/inference.py: scikit-learn's container needs a script. "
            "Write inference.py with model_fn, and name its folder as the code folder.",
        ),
        (
            "pytorch",
            ["a.pt", "b.pt"],
            "code/inference.py: without model_fn, PyTorch's container loads exactly one .pt or .pth file of "
            "TorchScript. Define model_fn, or put one such file into the model folder.",
        ),
        (
            "huggingface",
            ["model.safetensors"],
            "config.json: without model_fn, Hugging Face's container needs the model's config.json. "
            "Save the model with save_pretrained, or define model_fn.",
        ),
        (
            "tensorflow",
            ["export/saved_model.pb"],
            "saved_model.pb: TensorFlow Serving loads saved_model.pb from a folder whose name is a version number. "
            "Save the model to a folder such as export/1.",
        ),
    ],
)
def test_a_model_that_the_container_cannot_load_is_refused(framework: str, names: list[str], fault: str) -> None:
    assert faults(framework, *names) == [fault]


def test_model_fn_loads_any_file() -> None:
    assert faults("pytorch", "a.bin", "code/inference.py", hooks=("model_fn",)) == []


def test_requirements_cannot_be_installed_in_network_isolation() -> None:
    names = ("m.joblib", "code/inference.py", "code/requirements.txt")

    assert faults("sklearn", *names, hooks=("model_fn",)) == []
    assert faults("sklearn", *names, hooks=("model_fn",), isolated=True) == [
        "code/requirements.txt:1: the container cannot install requirements in network isolation. "
        "Put the packages into code/, or use an image that has them."
    ]
