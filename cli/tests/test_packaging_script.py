"""The check of an inference script without running it."""

import pytest

from slipway.packaging import FRAMEWORKS
from slipway.packaging.script import check

GOOD = """
def model_fn(model_dir): ...
def input_fn(body, content_type): ...
def predict_fn(data, model): ...
def output_fn(prediction, accept): ...
"""
PATH = "code/inference.py"


def faults(source: str, framework: str = "sklearn") -> list[str]:
    return [str(fault) for fault in check(source, PATH, FRAMEWORKS[framework])[1]]


@pytest.mark.parametrize("framework", ["sklearn", "xgboost", "pytorch", "huggingface"])
def test_the_four_hooks_pass(framework: str) -> None:
    hooks, found = check(GOOD, PATH, FRAMEWORKS[framework])

    assert found == []
    assert hooks == ["model_fn", "input_fn", "predict_fn", "output_fn"]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            "def model_fn(): ...",
            "code/inference.py:1: model_fn has 0 parameters, and the container calls model_fn(model_dir). "
            "Use 1 parameter.",
        ),
        (
            "model_fn = lambda folder, other: None",
            "code/inference.py:1: model_fn has 2 parameters, and the container calls model_fn(model_dir). "
            "Use 1 parameter.",
        ),
        (
            "async def model_fn(model_dir): ...",
            "code/inference.py:1: model_fn is async, and the container does not await it. Use def.",
        ),
        (
            "def model_fn(*args): ...",
            "code/inference.py:1: model_fn has *args, **kwargs or keyword-only parameters, and containers count "
            "parameters. Write model_fn(model_dir).",
        ),
        (
            "import json\n\ndef load(model_dir): ...",
            "code/inference.py: model_fn is missing, and scikit-learn's container has no default for it. "
            "Define model_fn(model_dir) that loads and returns the model.",
        ),
        (
            "def model_fn(model_dir): ...\ndef predict_func(data, model): ...",
            "code/inference.py:2: the container never calls predict_func. Rename it to predict_fn.",
        ),
        (
            "def model_fn(d): ...\ndef input_fn(b, c): ...\ndef transform_fn(m, b, c, a): ...",
            "code/inference.py:3: transform_fn is defined beside input_fn, and the container refuses to start. "
            "Remove transform_fn or the others.",
        ),
        (
            "def model_fn(d):\n  return (",
            "code/inference.py:2: the script is not valid Python: '(' was never closed. Correct the syntax.",
        ),
    ],
)
def test_a_mistake_is_reported_with_file_line_and_remedy(source: str, fault: str) -> None:
    assert faults(source) == [fault]


def test_every_mistake_is_reported_at_once() -> None:
    source = "async def model_fn(d): ...\ndef input_fn(b): ...\ndef predict_fn(*a): ...\n"

    assert [fault.split(":")[1] for fault in faults(source)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "source",
    [
        "from hooks import *",
        "from hooks import model_fn",
        "try:\n    from hooks import model_fn\nexcept ImportError:\n    def model_fn(d): ...",
        "import functools\n\n@functools.cache\ndef model_fn(*args): ...",
        "class Model:\n    def input_func(self): ...\n\ndef model_fn(d): ...",
    ],
)
def test_what_cannot_be_read_from_the_script_is_left_to_the_trial(source: str) -> None:
    assert faults(source) == []


def test_only_the_inference_toolkit_passes_a_context() -> None:
    source = GOOD.replace("predict_fn(data, model)", "predict_fn(data, model, context)")

    assert faults(source, "pytorch") == []
    (fault,) = faults(source, "sklearn")
    assert "predict_fn has 3 parameters, and the container calls predict_fn(data, model)" in fault


def test_the_inference_toolkit_counts_parameters_with_a_default() -> None:
    source = GOOD.replace("predict_fn(data, model)", "predict_fn(data, model, batch=8, device=None)")

    assert faults(source, "sklearn") == []
    (fault,) = faults(source, "pytorch")
    assert fault.endswith("Use 2 parameters, or add one parameter for the context: 3.")


def test_pytorch_has_a_default_for_model_fn() -> None:
    assert faults("def output_fn(prediction, accept): ...", "pytorch") == []


@pytest.mark.parametrize(
    "source",
    [
        "def handler(data, context): ...",
        "def input_handler(data, context): ...\ndef output_handler(response, context): ...",
    ],
)
def test_tensorflow_calls_handlers(source: str) -> None:
    assert faults(source, "tensorflow") == []


def test_the_other_hooks_are_nothing_to_tensorflow() -> None:
    assert faults(GOOD, "tensorflow") == [
        "code/inference.py: TensorFlow's container finds no handler (it does not call model_fn, input_fn, predict_fn "
        "or output_fn). Define handler, or both input_handler and output_handler."
    ]


def test_one_of_tensorflows_two_handlers_is_not_enough() -> None:
    (fault,) = faults("def input_handler(data, context): ...", "tensorflow")

    assert "TensorFlow's container finds no handler" in fault
