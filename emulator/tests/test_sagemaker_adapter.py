"""The adapter: AWS's hooks behind HTTP, with the errors of AWS's containers."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws.sagemaker.serving.container import adapter
from local_aws.sagemaker.serving.container.adapter import InferenceToolkit, Request, Response, Script, ScriptMode
from support.processes import is_running, wait_until

MODEL_DIR = "/opt/ml/model"
ROW = Request(b"1,2", "text/csv", "text/csv")

Serve = type[ScriptMode] | type[InferenceToolkit]


def hooks(**changes: Any) -> Script:
    """A script that adds the numbers of each row, with these hooks changed or removed (None)."""
    given = {
        "model_fn": lambda model_dir: f"model of {model_dir}",
        "input_fn": lambda body, content_type: [float(each) for each in body.split(",")],
        "predict_fn": lambda data, model: sum(data),
        "output_fn": lambda prediction, accept: (str(prediction), accept),
        **changes,
    }
    return Script(SimpleNamespace(**{name: hook for name, hook in given.items() if hook}), "scikit-learn")


def respond(serve: Serve, request: Request = ROW, **changes: Any) -> Response:
    return serve(hooks(**changes), MODEL_DIR).respond(request)


def failing(first: Any, second: Any) -> Any:
    raise ValueError("no such flower")


both = pytest.mark.parametrize("serve", [ScriptMode, InferenceToolkit])


@both
def test_the_hooks_are_called_one_after_the_other(serve: Serve) -> None:
    response = respond(serve)

    assert (response.status, response.body) == (200, b"3.0")
    assert response.content_type is not None
    assert response.content_type.startswith("text/csv")


@both
def test_transform_fn_gets_the_model_and_the_request(serve: Serve) -> None:
    def transform_fn(model: str, body: str, content_type: str, accept: str) -> tuple[str, str]:
        return json.dumps([model, body, content_type, accept]), accept

    changes = {"input_fn": None, "predict_fn": None, "output_fn": None, "transform_fn": transform_fn}
    response = respond(serve, Request(b"1", "application/json", "application/json"), **changes)

    assert json.loads(response.body) == [f"model of {MODEL_DIR}", "1", "application/json", "application/json"]


@both
@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", "str"),
        ("text/csv", "str"),
        ("text/csv; charset=utf-8", "bytes"),
        ("application/x-npy", "bytes"),
    ],
)
def test_only_json_and_csv_reach_a_hook_as_text(serve: Serve, content_type: str, expected: str) -> None:
    response = respond(
        serve,
        Request(b"1", content_type, "text/csv"),
        input_fn=lambda body, content_type: type(body).__name__,
        predict_fn=lambda data, model: data,
    )

    assert response.body.decode() == expected


@both
@pytest.mark.parametrize("accept", [None, "", "*/*"])
def test_without_an_accept_the_environment_decides(
    serve: Serve, accept: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def echo(prediction: Any, accept: str) -> str:
        return accept

    assert respond(serve, Request(b"1", "text/csv", accept), output_fn=echo).body == b"application/json"

    monkeypatch.setenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")

    assert respond(serve, Request(b"1", "text/csv", accept), output_fn=echo).body == b"text/csv"


@pytest.mark.parametrize("hook", ["input_fn", "predict_fn", "output_fn"])
def test_script_mode_answers_an_error_with_a_page_that_says_nothing(
    hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = respond(ScriptMode, **{hook: failing})

    assert (response.status, response.content_type) == (500, "text/html")
    assert b"<title>500 Internal Server Error</title>" in response.body
    assert b"flower" not in response.body
    assert "no such flower" in caplog.text


@pytest.mark.parametrize("hook", ["input_fn", "predict_fn", "output_fn"])
def test_the_toolkit_answers_an_error_with_its_message_and_traceback(hook: str) -> None:
    response = respond(InferenceToolkit, **{hook: failing})

    assert response.status == 500
    assert response.body.startswith(b"no such flower\nTraceback (most recent call last):\n")


def test_the_toolkit_answers_its_own_errors_with_their_status() -> None:
    class BaseInferenceToolkitError(Exception):
        status_code, message = 418, "a teapot"

    def pour(data: Any, model: Any) -> Any:
        raise BaseInferenceToolkitError

    response = respond(InferenceToolkit, predict_fn=pour)

    assert response.status == 418
    assert response.body.startswith(b"a teapot\nTraceback")


def test_script_mode_makes_html_of_text_without_a_type() -> None:
    response = respond(ScriptMode, output_fn=lambda prediction, accept: "3")

    assert response == Response(200, b"3", "text/html; charset=utf-8")


def test_script_mode_refuses_a_result_that_is_no_text() -> None:
    assert respond(ScriptMode, output_fn=lambda prediction, accept: 3).status == 500


def test_the_toolkit_encodes_a_result_that_is_no_text_as_json() -> None:
    response = respond(InferenceToolkit, output_fn=lambda prediction, accept: {"sum": prediction})

    assert response == Response(200, b'{"sum": 3.0}', "text/csv")


def test_a_hook_of_the_toolkit_may_take_the_context() -> None:
    response = respond(InferenceToolkit, predict_fn=lambda data, model, context: context.system_properties["model_dir"])

    assert response.body.decode() == MODEL_DIR


def test_the_toolkit_counts_the_parameters_of_a_hook() -> None:
    def predict_fn(*arguments: Any) -> Any:
        return arguments

    response = respond(InferenceToolkit, predict_fn=predict_fn)

    assert response.body.startswith(b"predict_fn takes 1 arguments but 2 were given.\n")


def test_script_mode_passes_no_context() -> None:
    assert respond(ScriptMode, predict_fn=lambda data, model, context: data).status == 500


def test_transform_fn_excludes_the_other_hooks() -> None:
    with pytest.raises(ValueError, match=r"^Cannot use transform_fn implementation with input_fn, predict_fn, and/or"):
        hooks(transform_fn=failing)


def test_a_script_without_model_fn_does_not_load() -> None:
    with pytest.raises(NotImplementedError, match="Please provide a model_fn implementation"):
        respond(ScriptMode, model_fn=None)


# The process

SCRIPT = """
import json, os

def model_fn(model_dir):
    return sorted(os.listdir(model_dir))

def input_fn(body, content_type):
    return json.loads(body)

def predict_fn(data, model):
    if data == "crash":
        os._exit(1)
    return [data, model, os.getpid()]

def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
"""


class Container:
    """A running adapter, and one connection to it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def call(self, method: str, path: str, content: Any = None) -> tuple[int, Any]:
        body = None if content is None else json.dumps(content)
        self.connection.request(method, path, body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        answer = response.read()
        return response.status, json.loads(answer) if answer else None


@contextmanager
def container(base: Path, script: str = SCRIPT, *options: str, **variables: str) -> Iterator[Container]:
    (base / "model" / "code").mkdir(parents=True)
    (base / "model" / "code" / "inference.py").write_text(script)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        command = [sys.executable, adapter.__file__, "--listen", str(listening.fileno()), "--image", "scikit-learn"]
        environment = {
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": str(base / "model" / "code"),
            **variables,
        }
        process = subprocess.Popen(
            [*command, *options],
            env=environment,
            pass_fds=[listening.fileno()],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    running = Container(process, port)
    with process:
        try:
            yield running
        finally:
            running.connection.close()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_a_connection_stays_open_between_requests(tmp_path: Path) -> None:
    with container(tmp_path) as running:
        assert running.call("GET", "/ping") == (200, None)
        assert running.connection.sock is not None
        status, (data, model, _) = running.call("POST", "/invocations", [1])

    assert (status, data, model) == (200, [1], ["code"])


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/invocations", 405), ("POST", "/other", 404), ("GET", "/models", 404)]
)
def test_other_requests_are_refused(tmp_path: Path, method: str, path: str, status: int) -> None:
    with container(tmp_path) as running:
        assert running.call(method, path) == (status, None)


def test_a_worker_that_crashes_is_replaced(tmp_path: Path) -> None:
    with container(tmp_path) as running:
        _, (_, _, first) = running.call("POST", "/invocations", 1)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            running.call("POST", "/invocations", "crash")
        running.connection.close()
        _, (_, _, second) = running.call("POST", "/invocations", 1)

    assert first != second


def test_workers_share_the_socket(tmp_path: Path) -> None:
    with container(tmp_path, SCRIPT, SAGEMAKER_MODEL_SERVER_WORKERS="2") as running:
        found = set()

        def answered_by_both() -> bool:
            running.connection.close()
            found.add(running.call("POST", "/invocations", 1)[1][2])
            return len(found) == 2

        assert wait_until(answered_by_both)


@pytest.mark.parametrize(
    ("script", "variables", "error"),
    [
        ("def model_fn(:", {}, "SyntaxError: invalid syntax"),
        ("import no_such_package", {}, "ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise SystemExit(0)", {}, "SystemExit: 0"),
        (SCRIPT.replace("def model_fn", "def load"), {}, "Please provide a model_fn implementation."),
        (SCRIPT.replace("return sorted", "raise"), {}, "TypeError: exceptions must derive from BaseException"),
        (SCRIPT, {"SAGEMAKER_PROGRAM": "other.py"}, "ModuleNotFoundError: No module named 'other'"),
    ],
)
def test_a_container_that_cannot_load_ends_with_its_traceback(
    tmp_path: Path, script: str, variables: dict[str, str], error: str
) -> None:
    with container(tmp_path, script, SAGEMAKER_MODEL_SERVER_WORKERS="2", **variables) as running:
        assert running.process.wait(10) == adapter.BOOT_FAILED
        assert running.process.stderr is not None
        assert error in running.process.stderr.read()


def test_the_script_is_not_found_without_the_variables(tmp_path: Path) -> None:
    """As in AWS's containers for scikit-learn and xgboost: serving needs SAGEMAKER_SUBMIT_DIRECTORY."""
    with container(tmp_path, SCRIPT, SAGEMAKER_SUBMIT_DIRECTORY=str(tmp_path / "code")) as running:
        assert running.process.wait(10) == adapter.BOOT_FAILED


def test_sigterm_ends_the_container_and_its_workers(tmp_path: Path) -> None:
    with container(tmp_path) as running:
        _, (_, _, worker) = running.call("POST", "/invocations", 1)

        running.process.terminate()

        assert running.process.wait(10) == 0
        assert wait_until(lambda: not is_running(worker))


def test_a_multi_model_container_loads_models_on_request(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "one"
    folder.mkdir(parents=True)
    (folder / "weights").touch()
    with container(tmp_path, SCRIPT, "--multi-model") as running:
        assert running.call("GET", "/ping") == (200, None)
        assert running.call("POST", "/models/one/invoke", 1)[0] == 404
        assert running.call("POST", "/models", {"model_name": "one", "url": str(folder)})[0] == 200
        assert running.call("POST", "/models", {"model_name": "one", "url": str(folder)})[0] == 409
        assert running.call("GET", "/models") == (200, {"models": [{"modelName": "one", "modelUrl": str(folder)}]})
        assert running.call("POST", "/models/one/invoke", 1)[1][:2] == [1, ["weights"]]
        assert running.call("DELETE", "/models/one")[0] == 200
        assert running.call("POST", "/models/one/invoke", 1)[0] == 404
