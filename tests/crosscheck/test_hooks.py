"""The hooks of a multi-model container have the same answers and errors as with AWS's own sagemaker-inference."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import local_aws
from tests.support import project
from tools import environment

PROGRAM = Path(__file__).with_name("hooks.py")
ADAPTER = Path(local_aws.__file__).parent / "sagemaker" / "serving" / "container" / "adapter.py"
REQUIREMENTS = project.ROOT / "requirements" / "toolkit.txt"
GIVE_UP_SECONDS = 120

HOOKS = {
    "model_fn": "def model_fn(model_dir): return ['model of', model_dir]",
    "input_fn": "def input_fn(body, content_type): return [type(body).__name__, str(body), content_type]",
    "predict_fn": "def predict_fn(data, model): return [data, model]",
    "output_fn": "def output_fn(prediction, accept): return repr([prediction, accept]), 'text/plain'",
}
WITHOUT_THREE = {"input_fn": "", "predict_fn": "", "output_fn": ""}
ERROR = """
from sagemaker_inference.errors import BaseInferenceToolkitError
def predict_fn(data, model): raise BaseInferenceToolkitError(422, "unprocessable", "no")
"""


def request(body: str = "1,2", content_type: str | None = "text/csv", accept: str | None = "text/csv") -> Any:
    return {"body": body, "content_type": content_type, "accept": accept}


def case(*requests: Any, variables: dict[str, str] | None = None, **changes: str) -> dict[str, Any]:
    """A case of a script with all hooks, of which some are changed or removed (empty)."""
    script = "\n".join({**HOOKS, **changes}.values())
    return {"script": script, "variables": variables or {}, "requests": list(requests) or [request()]}


CASES = {
    "every content type": case(
        *(
            request(content_type=each)
            for each in ("text/csv", "application/json", "text/csv; charset=utf-8", "application/x-npy", None)
        )
    ),
    "every accept": case(*(request(accept=each) for each in ("text/csv", "a/b, c/d", "*/*", "", None))),
    "default accept": case(
        request(accept=None), request(accept="*/*"), variables={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
    ),
    "text without a type": case(output_fn="def output_fn(prediction, accept): return 'text'"),
    "bytes": case(output_fn="def output_fn(prediction, accept): return b'bytes', 'a/b'"),
    "an object": case(output_fn="def output_fn(prediction, accept): return {'a': [1]}, 'application/json'"),
    "transform_fn": case(
        **WITHOUT_THREE,
        transform_fn="def transform_fn(model, body, kind, accept): return repr([model, body, kind, accept])",
    ),
    "transform_fn with context": case(
        **WITHOUT_THREE,
        transform_fn="def transform_fn(model, body, kind, accept, context): return str(context.system_properties)",
    ),
    "context": case(predict_fn="def predict_fn(data, model, context): return context.system_properties"),
    "context of model_fn": case(model_fn="def model_fn(model_dir, context): return context.system_properties"),
    "before and after the model": case(
        before="def pre_model_fn(model_dir): print_ = model_dir",
        after="def model_warmup_fn(model_dir, model): model.append('warm')",
    ),
    "too few parameters": case(predict_fn="def predict_fn(data): return data"),
    "any parameters": case(predict_fn="def predict_fn(*anything): return anything"),
    "an error": case(input_fn="def input_fn(body, content_type): raise ValueError('no such flower')"),
    "an error without a message": case(output_fn="def output_fn(prediction, accept): raise ValueError"),
    "an error of the toolkit": case(predict_fn=ERROR),
    "no text": case(request("\xe4"), input_fn="def input_fn(body, content_type): return len(body)"),
    "transform_fn and others": case(transform_fn="def transform_fn(model, body, kind, accept): return ''"),
    "no model_fn": case(model_fn=""),
    "a broken model_fn": case(model_fn="def model_fn(model_dir): return 1 / 0"),
    "a broken script": case(model_fn="import no_such_package"),
    "a syntax error": case(model_fn="def model_fn(:"),
}


@pytest.fixture(scope="module")
def answered() -> dict[str, list[Any]]:
    """The answers of both to all cases."""
    python = environment.set_up(project.ROOT / ".venv-toolkit", REQUIREMENTS)
    found = {}
    for which in ("toolkit", str(ADAPTER)):
        done = subprocess.run(
            [python, PROGRAM, which],
            input=json.dumps(list(CASES.values())),
            capture_output=True,
            text=True,
            check=False,
            timeout=GIVE_UP_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        found[which] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", CASES)
def test_the_adapter_answers_like_the_toolkit(name: str, answered: dict[str, list[Any]]) -> None:
    position = list(CASES).index(name)

    assert answered[str(ADAPTER)][position] == answered["toolkit"][position]
