"""Answer requests with the hooks of scripts: by AWS's sagemaker-inference, or by the adapter of the local AWS.

Run it as ``python hooks.py toolkit`` or ``python hooks.py ADAPTER``, with the adapter's file. Standard input:
[{"script", "variables", "requests": [{"body", "content_type", "accept"}]}]. Standard output, for each: {"error": class}
if its model does not load, or else {"answers": [{"status", "content_type", "body"}]}.
"""

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Request = dict[str, Any]
Answers = Callable[[str], Callable[[Request], dict[str, Any]]]


def toolkit(model_dir: str) -> Callable[[Request], dict[str, Any]]:
    """Load the model with AWS's toolkit; return the function that answers a request."""
    from sagemaker_inference.transformer import Transformer  # type: ignore[import-not-found, unused-ignore]

    transformer = Transformer()
    transformer.validate_and_initialize(model_dir, Context(model_dir, {}))

    def answer(request: Request) -> dict[str, Any]:
        headers = {"Content-Type": request["content_type"], "Accept": request["accept"]}
        context = Context(model_dir, {name: value for name, value in headers.items() if value is not None})
        (content,) = transformer.transform([{"body": request["body"].encode("latin-1")}], context)
        # multi-model-server encodes what is neither text nor bytes as JSON
        body = content if isinstance(content, str | bytes) else json.dumps(content)
        return described(context.status, context.content_type, body if isinstance(body, bytes) else body.encode())

    return answer


class Context:
    """The part of multi-model-server's context that the toolkit uses."""

    def __init__(self, model_dir: str, headers: dict[str, str]) -> None:
        self.system_properties = {"model_dir": model_dir, "gpu_id": None}
        self.request_processor = [self]
        self.status, self.content_type = 200, ""
        self._headers = headers

    def get_request_properties(self) -> dict[str, str]:
        return self._headers

    def set_response_status(self, code: int, phrase: str) -> None:
        self.status = code

    def set_response_content_type(self, position: int, content_type: str) -> None:
        self.content_type = content_type


def adapter(file: str) -> Answers:
    """The same with the adapter in `file`."""
    specification = importlib.util.spec_from_file_location("adapter", file)
    assert specification is not None
    assert specification.loader is not None
    module: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    def load(model_dir: str) -> Callable[[Request], dict[str, Any]]:
        model = module.InferenceToolkit(module.import_script("scikit-learn"), model_dir)

        def answer(request: Request) -> dict[str, Any]:
            given = module.Request(request["body"].encode("latin-1"), request["content_type"], request["accept"])
            response = model.respond(given)
            return described(response.status, response.content_type, response.body)

        return answer

    return load


def described(status: int, content_type: str, body: bytes) -> dict[str, Any]:
    """The answer; of an error its message, without the traceback, which has the files of each."""
    text = body.decode()
    if status == 200:
        return {"status": status, "content_type": content_type, "body": text}
    return {"status": status, "body": text.split("\nTraceback")[0]}


def answers(case: dict[str, Any], position: int, folder: str, load: Answers) -> dict[str, Any]:
    """Load the case's script, and answer its requests."""
    program = f"script_{position}.py"
    Path(folder, program).write_text(case["script"])
    os.environ.update(SAGEMAKER_PROGRAM=program, SAGEMAKER_SUBMIT_DIRECTORY=folder)
    os.environ.pop("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", None)
    os.environ.update(case["variables"])
    try:
        answer = load("/model/of/the/test")
    except (ArithmeticError, ImportError, NotImplementedError, SyntaxError, ValueError) as error:
        return {"error": type(error).__name__}
    return {"answers": [answer(request) for request in case["requests"]]}


def main() -> None:
    chosen = sys.argv[1]
    load = toolkit if chosen == "toolkit" else adapter(chosen)
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        cases = json.load(sys.stdin)
        found = [answers(case, position, folder, load) for position, case in enumerate(cases)]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
