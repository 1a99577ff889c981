"""Run a script's hooks on a sample, as the container does: a program of its own for the interpreter of the trial.

It needs Python 3.9 and the standard library only. Its argument is a JSON object: ``model_dir``, ``program``, ``sample``
(a file or null), ``content_type``, ``accept``, ``toolkit`` (whether the inference toolkit calls the hooks, which passes
a context and encodes answers; else sagemaker-containers does), and ``report``, the file that gets the report as JSON.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

TEXT_TYPES = ("text/csv", "application/json")  # bodies of exactly these types reach the hooks as text
CONTENT = (str, bytes, bytearray)


class Run:
    """One run of a script's hooks.

    Attributes
    ----------
    report : dict
        ``steps`` (name and seconds), then ``answer`` and ``content_type``, or ``default`` (the first hook that the
        container would have to add), or ``failed``.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request
        self._code = Path(request["model_dir"]) / "code"
        self._step = "import"
        self.report: dict[str, Any] = {"steps": []}

    def run(self) -> None:
        """Run the hooks and fill the report."""
        try:
            self._run()
        # whatever the user's code raises, sys.exit() included, is reported with its place
        except BaseException as error:  # noqa: BLE001
            self.report["failed"] = self._failure(error)

    def _run(self) -> None:
        sys.path.insert(0, str(self._code))
        script = self._timed("import", importlib.import_module, self._request["program"].removesuffix(".py"))
        for name in ("pre_model_fn", "model_fn") if self._request["toolkit"] else ("model_fn",):
            hook = getattr(script, name, None)
            model = self._call(name, hook, self._request["model_dir"]) if hook else None
        if not hasattr(script, "model_fn"):
            self.report["default"] = "model_fn"
        elif self._request["sample"]:
            self._answer(script, model)

    def _answer(self, script: Any, model: Any) -> None:
        """Pass the sample through the hooks, up to the first that the script leaves to the container."""
        content_type, accept = self._request["content_type"], self._request["accept"]
        value: Any = Path(self._request["sample"]).read_bytes()
        if content_type in TEXT_TYPES:
            value = value.decode()
        if hasattr(script, "transform_fn"):
            self._finish(
                "transform_fn", self._call("transform_fn", script.transform_fn, model, value, content_type, accept)
            )
            return
        for name, other in (("input_fn", content_type), ("predict_fn", model), ("output_fn", accept)):
            if not hasattr(script, name):
                self.report["default"] = name
                return
            value = self._call(name, getattr(script, name), value, other)
        self._finish("output_fn", value)

    def _finish(self, name: str, result: Any) -> None:
        """Report the answer as the container sends it.

        sagemaker_containers/_worker.py: Flask encodes an object and takes text without a type for HTML.
        sagemaker_inference/transformer.py: the answer gets the accepted type, and the model server encodes all values.
        """
        toolkit = self._request["toolkit"]
        untyped = self._request["accept"] if toolkit else "text/html"
        body, content_type = result if isinstance(result, tuple) else (result, untyped)
        if isinstance(body, dict) or (toolkit and not isinstance(body, CONTENT)):
            body, content_type = json.dumps(body), content_type if toolkit else "application/json"
        if not isinstance(body, CONTENT):
            raise TypeError(f"{name} returned {type(body).__name__}, not text, bytes or (body, content type)")
        text = body if isinstance(body, str) else bytes(body).decode(errors="replace")
        self.report |= {"answer": text, "content_type": content_type}

    def _call(self, name: str, hook: Callable[..., Any], *arguments: Any) -> Any:
        """Call a hook, with the context (None here) if the container would pass it."""
        takes = len(inspect.signature(hook).parameters)
        context = [None] if self._request["toolkit"] and takes == len(arguments) + 1 else []
        return self._timed(name, hook, *arguments, *context)

    def _timed(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        self._step = name
        started = time.perf_counter()
        result = function(*arguments)
        self.report["steps"].append({"name": name, "seconds": time.perf_counter() - started})
        return result

    def _failure(self, error: BaseException) -> dict[str, Any]:
        """The failed step, the error, and the innermost place in the user's code."""
        places = [
            (Path(frame.filename).resolve().relative_to(self._code.resolve()).as_posix(), frame.lineno)
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).resolve().is_relative_to(self._code.resolve())
        ]
        file, line = places[-1] if places else (self._request["program"], 0)
        return {
            "step": self._step,
            "type": type(error).__name__,
            "message": str(error),
            "file": f"code/{file}",
            "line": line,
            "missing": error.name if isinstance(error, ModuleNotFoundError) else None,
        }


def main() -> None:
    request = json.loads(sys.argv[1])
    run = Run(request)
    run.run()
    Path(request["report"]).write_text(json.dumps(run.report))


if __name__ == "__main__":
    main()
