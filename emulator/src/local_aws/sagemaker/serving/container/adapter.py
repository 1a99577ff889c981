"""A model container: AWS's hooks of a script behind /ping and /invocations.

It runs as a script, with the interpreter of the container's environment, and needs the standard library only::

    python adapter.py --listen DESCRIPTOR --image {scikit-learn,xgboost} [--multi-model]

DESCRIPTOR is a listening socket. The environment variables are those of SageMaker; SAGEMAKER_BASE_DIR replaces
``/opt/ml``. It follows the code of AWS's containers: sagemaker-containers (`ScriptMode`) for one model and
sagemaker-inference-toolkit (`InferenceToolkit`) for many. `default_hooks` is loaded only if a hook is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import logging
import mmap
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

JSON = "application/json"
TEXT = (JSON, "text/csv")  # bodies that reach a hook as text; only these exact names
BOOT_FAILED = 3  # exit status of a worker whose model does not load; it ends the container, as in gunicorn
MOST_LOST_WORKERS = 3  # that end before one has loaded the model; gunicorn replaces them until SageMaker gives up
MAX_REQUEST_BYTES = 6 * 2**20  # sagemaker_sklearn_container/serving_mms.py, DEFAULT_MAX_CONTENT_LEN
HOOKS = ("input_fn", "predict_fn", "output_fn")
IMAGES = ("scikit-learn", "xgboost")
SERVER_ERROR = b"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<title>500 Internal Server Error</title>
<h1>Internal Server Error</h1>
<p>The server encountered an internal error and was unable to complete your request. Either the server is \
overloaded or there is an error in the application.</p>
"""

logger = logging.getLogger("container")


class Request(NamedTuple):
    """A request for a prediction."""

    body: bytes
    content_type: str | None
    accept: str | None


class Response(NamedTuple):
    """A response; `content_type` is None for one without a body."""

    status: int
    body: bytes = b""
    content_type: str | None = None


class Script:
    """The user's module with AWS's hooks; those that it lacks are the defaults of the image."""

    def __init__(self, module: Any, image: str) -> None:
        given = {name: getattr(module, name, None) for name in HOOKS}
        self.transform_fn: Any = getattr(module, "transform_fn", None)
        if self.transform_fn and any(given.values()):
            raise ValueError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
        self.model_fn: Any = getattr(module, "model_fn", missing_model_fn)
        self.execution_parameters_fn: Any = getattr(module, "execution_parameters_fn", None)
        self.pre_model_fn: Any = getattr(module, "pre_model_fn", None)
        self.model_warmup_fn: Any = getattr(module, "model_warmup_fn", None)
        defaults = {} if self.transform_fn or all(given.values()) else default_hooks(image)
        self.input_fn: Any = given["input_fn"] or defaults.get("input_fn")
        self.predict_fn: Any = given["predict_fn"] or defaults.get("predict_fn")
        self.output_fn: Any = given["output_fn"] or defaults.get("output_fn")


def missing_model_fn(model_dir: str) -> Any:
    raise NotImplementedError(
        "\nPlease provide a model_fn implementation.\n"
        "See documentation for model_fn at https://github.com/aws/sagemaker-python-sdk\n"
    )


def default_hooks(image: str) -> dict[str, Any]:
    """The default hooks of the image, by name. The file is not on the path: a script could have one of its name."""
    file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "default_hooks.py")
    specification = importlib.util.spec_from_file_location("sagemaker_default_hooks", file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    hooks: dict[str, Any] = module.HOOKS[image]
    return hooks


class ScriptMode:
    """One model, as sagemaker-containers serves it: every error is a 500 whose page says nothing."""

    def __init__(self, script: Script, model_dir: str) -> None:
        self._script = script
        self._model = script.model_fn(model_dir)

    def respond(self, request: Request) -> Response:
        """Answer a request with the hooks (sagemaker_containers/_transformer.py, _worker.py)."""
        try:
            content_type = request.content_type or JSON
            body = request.body.decode() if content_type in TEXT else request.body
            return self._response(self._result(body, content_type, requested_type(request)))
        except Exception:
            logger.exception("Exception on /invocations [POST]")
            return Response(500, SERVER_ERROR, "text/html")

    def _result(self, body: Any, content_type: str, accept: str) -> Any:
        script = self._script
        if script.transform_fn:
            return script.transform_fn(self._model, body, content_type, accept)
        return script.output_fn(script.predict_fn(script.input_fn(body, content_type), self._model), accept)

    @staticmethod
    def _response(result: Any) -> Response:
        """What Flask makes of a hook's result: text without a type is HTML, and text has a character set."""
        body, kind = result if isinstance(result, tuple) else (result, "text/html")
        if isinstance(body, dict):
            body, kind = json.dumps(body), JSON
        if not isinstance(body, str | bytes):
            raise TypeError(f"The hooks returned {type(body).__name__}; expected text or bytes, and the content type.")
        charset = "; charset=utf-8" if kind.startswith("text/") and "charset" not in kind else ""
        return Response(200, body.encode() if isinstance(body, str) else body, kind + charset)


class Context(NamedTuple):
    """The context that a hook gets if it has one parameter more."""

    system_properties: dict[str, Any]


class InferenceToolkit:
    """A model, as sagemaker-inference-toolkit serves it: an error is a 500 with its message and traceback."""

    def __init__(self, script: Script, model_dir: str) -> None:
        self._script = script
        self._context = Context({"model_dir": model_dir, "gpu_id": None})
        if script.pre_model_fn:
            self._call(script.pre_model_fn, model_dir)
        self._model = self._call(script.model_fn, model_dir)
        if script.model_warmup_fn:
            self._call(script.model_warmup_fn, model_dir, self._model)

    def respond(self, request: Request) -> Response:
        """Answer a request with the hooks (sagemaker_inference/transformer.py)."""
        try:
            accept = requested_type(request)
            body = request.body.decode() if request.content_type in TEXT else request.body
            result = self._result(body, request.content_type, accept)
            content, kind = result if isinstance(result, tuple) else (result, accept)
            return Response(200, _bytes(content), kind)
        except Exception as error:
            logger.exception("The request failed")
            status, message = 500, str(error) or "Invalid Request"
            if any(each.__name__ == "BaseInferenceToolkitError" for each in type(error).__mro__):
                status, message = error.status_code, error.message  # type: ignore[attr-defined]
            return Response(status, f"{message}\n{traceback.format_exc()}".encode(), "text/plain")

    def _result(self, body: Any, content_type: str | None, accept: str) -> Any:
        script = self._script
        if script.transform_fn:
            return self._call(script.transform_fn, self._model, body, content_type, accept)
        prediction = self._call(script.predict_fn, self._call(script.input_fn, body, content_type), self._model)
        return self._call(script.output_fn, prediction, accept)

    def _call(self, hook: Callable[..., Any], *arguments: Any) -> Any:
        """Call a hook that takes the arguments, or the context, too. The toolkit counts the parameters."""
        wanted = len(inspect.signature(hook).parameters)
        if wanted not in (len(arguments), len(arguments) + 1):
            raise TypeError(f"{hook.__name__} takes {wanted} arguments but {len(arguments)} were given.")
        return hook(*arguments, *([self._context] if wanted > len(arguments) else []))


class Application:
    """Routes of a container with one model."""

    def __init__(self, image: str) -> None:
        self._script = import_script(image)
        self._model = ScriptMode(self._script, os.path.join(base_dir(), "model"))

    def answer(self, method: str, path: str, request: Request) -> Response:
        """Answer a request, that of /ping included."""
        if path == "/ping":
            return Response(200)
        if path == "/execution-parameters" and self._script.execution_parameters_fn:
            return ScriptMode._response(self._script.execution_parameters_fn())
        if path != "/invocations":
            return Response(404)
        return self._model.respond(request) if method == "POST" else Response(405)


class MultiModelApplication:
    """Routes of a container with many models (developer guide, mms-container-apis)."""

    def __init__(self, image: str) -> None:
        self._script = import_script(image)
        self._models: dict[str, tuple[str, InferenceToolkit]] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, request: Request) -> Response:
        """Answer a request, that of /ping included."""
        _, *parts = path.split("/")
        if parts == ["ping"]:
            return Response(200)
        if parts == ["models"] and method == "POST":
            return self._load(json.loads(request.body))
        if parts == ["models"]:
            return as_json(200, {"models": [self._described(name) for name in list(self._models)]})
        if parts[0] != "models" or parts[1] not in self._models:
            return as_json(404, {"code": 404, "type": "ModelNotFoundException", "message": f"Model not found: {path}"})
        return self._answer_model(method, parts[1], parts[2:], request)

    def _answer_model(self, method: str, name: str, rest: list[str], request: Request) -> Response:
        if method == "POST" and rest == ["invoke"]:
            if len(request.body) > int(os.environ.get("MAX_CONTENT_LENGTH") or MAX_REQUEST_BYTES):
                return Response(413)
            return self._models[name][1].respond(request)
        if method == "DELETE":
            with self._lock:
                self._models.pop(name, None)
            return as_json(200, {"status": f'Model "{name}" unregistered'})
        return as_json(200, self._described(name))

    def _load(self, wanted: dict[str, str]) -> Response:
        name, folder = wanted["model_name"], wanted["url"]
        with self._lock:
            if name in self._models:
                message = f"Model {name} is already registered."
                return as_json(409, {"code": 409, "type": "ConflictStatusException", "message": message})
            try:
                self._models[name] = (folder, InferenceToolkit(self._script, folder))
            except MemoryError:
                return Response(507)
            except Exception:
                logger.exception("Model %s does not load", name)
                return Response(500, traceback.format_exc().encode(), "text/plain")
        return as_json(200, {"status": f"Model {name} loaded"})

    def _described(self, name: str) -> dict[str, str]:
        return {"modelName": name, "modelUrl": self._models[name][0]}


def requested_type(request: Request) -> str:
    """The Accept header, or the default of the environment if it names no type."""
    if not request.accept or request.accept == "*/*":
        return os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
    return request.accept


def as_json(status: int, content: dict[str, Any]) -> Response:
    return Response(status, json.dumps(content).encode(), JSON)


def base_dir() -> str:
    return os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")


def import_script(image: str) -> Script:
    """Import the script where AWS's containers look for it: without variables, they find none."""
    name: Any = os.environ.get("SAGEMAKER_PROGRAM")
    folder = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", os.path.join(base_dir(), "code"))
    sys.path.insert(0, folder)
    return Script(importlib.import_module(name.removesuffix(".py") if name else name), image)


def _bytes(content: Any) -> bytes:
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    return (content if isinstance(content, str) else json.dumps(content)).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers all requests of a connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # status, headers and body in one packet
    application: Application | MultiModelApplication

    def do_POST(self) -> None:
        headers = self.headers
        body = self.rfile.read(int(headers.get("Content-Length") or 0))
        request = Request(body, headers.get("Content-Type"), headers.get("Accept"))
        response = self.application.answer(self.command, self.path, request)
        self.send_response_only(response.status)
        if response.content_type:
            self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    do_GET = do_DELETE = do_POST  # noqa: N815 - names of http.server

    def log_message(self, *arguments: Any) -> None:
        """Log no requests."""


class Server(ThreadingHTTPServer):
    """Serves on a socket that is already listening."""

    daemon_threads = True

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening

    def handle_error(self, *arguments: Any) -> None:
        """Ignore a client that closed its connection; hooks' errors are answered before."""


def work(listening: socket.socket, image: str, loaded: mmap.mmap, *, multi_model: bool) -> None:
    """Load the model, say so in the first byte of `loaded`, and serve; exit with `BOOT_FAILED` if it does not load."""
    try:
        Handler.application = (MultiModelApplication if multi_model else Application)(image)
    except (Exception, SystemExit):
        logger.exception("The model does not load")
        os._exit(BOOT_FAILED)
    loaded[0] = True
    Server(listening).serve_forever()


def main() -> int:
    """Fork the workers, replace those that end, and end with the first that cannot load its model.

    A worker that is killed while it loads the model, such as for lack of memory, is replaced a few times.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--image", choices=IMAGES, required=True)
    parser.add_argument("--multi-model", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s - %(name)s - %(message)s", level=logging.INFO)
    listening = socket.socket(fileno=arguments.listen)
    workers: set[int] = set()
    loaded, lost = mmap.mmap(-1, 1), 0  # shared with the workers

    def stop(*_: Any) -> None:
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
        os._exit(0)

    def start() -> None:
        worker = os.fork()
        if not worker:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            work(listening, arguments.image, loaded, multi_model=arguments.multi_model)
        workers.add(worker)

    signal.signal(signal.SIGTERM, stop)
    for _ in range(int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or 1)):
        start()
    while True:
        worker, status = os.wait()
        workers.discard(worker)
        lost += not loaded[0]
        if os.waitstatus_to_exitcode(status) == BOOT_FAILED or lost > MOST_LOST_WORKERS:
            for other in workers:
                os.kill(other, signal.SIGKILL)
            return BOOT_FAILED
        logger.error("Worker %d ended; it is replaced", worker)
        start()


if __name__ == "__main__":
    sys.exit(main())
