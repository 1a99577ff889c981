"""Functions that fail, with AWS's messages; moto alone runs none."""

import json
from typing import Any

import pytest

from local_aws import LocalAws
from local_aws.awslambda.outcome import outcome_of
from local_aws.awslambda.runtime_api import Report
from support.functions import make_function


def _fail(local_aws: LocalAws, name: str, source: str, **options: Any) -> tuple[dict[str, Any], str]:
    """The error of a new function, and the id of the request."""
    make_function(local_aws, name, source, **options)
    response = local_aws.client("lambda").invoke(FunctionName=name)
    assert response["StatusCode"] == 200
    assert response["FunctionError"] == "Unhandled"
    return json.load(response["Payload"]), response["ResponseMetadata"]["RequestId"]


def test_raised_exception_is_returned_with_class_message_and_stack_trace(local_aws: LocalAws) -> None:
    source = "class Broken(Exception): ...\n\ndef handler(event, context):\n    raise Broken('beyond repair')\n"

    error, request_id = _fail(local_aws, "raises", source)

    assert error["errorType"] == "Broken"
    assert error["errorMessage"] == "beyond repair"
    assert error["requestId"] == request_id
    assert len(error["stackTrace"]) == 1
    assert "line 4, in handler" in error["stackTrace"][0]


def test_environment_survives_an_exception(local_aws: LocalAws) -> None:
    source = "import os\n\ndef handler(event, context):\n    raise ValueError(os.getpid())\n"
    first, _ = _fail(local_aws, "survives", source)

    second = json.load(local_aws.client("lambda").invoke(FunctionName="survives")["Payload"])

    assert second["errorMessage"] == first["errorMessage"]


@pytest.mark.parametrize(
    ("name", "source", "options", "error_type", "message"),
    [
        ("no-module", "", {"Handler": "other.handler"}, "Runtime.ImportModuleError", "No module named 'other'"),
        ("no-handler", "", {}, "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("no-syntax", "def handler(:\n", {}, "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        (
            "returns-a-set",
            "def handler(e, c):\n    return {1, 2}\n",
            {},
            "Runtime.MarshalError",
            "Unable to marshal response",
        ),
        ("fails-to-load", "raise KeyError('x')\n", {}, "KeyError", "'x'"),
    ],
)
def test_runtime_errors(
    local_aws: LocalAws, name: str, source: str, options: dict[str, Any], error_type: str, message: str
) -> None:
    error, _ = _fail(local_aws, name, source, **options)

    assert error["errorType"] == error_type
    assert message in error["errorMessage"]


@pytest.mark.parametrize(
    ("name", "statement", "reason"),
    [
        ("exits", "os._exit(7)", "Runtime exited with error: exit status 7"),
        ("exits-well", "os._exit(0)", "Runtime exited without providing a reason"),
        ("is-killed", "os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
@pytest.mark.parametrize("when", ["loading", "running"])
def test_an_exiting_process_is_an_exit_error(
    local_aws: LocalAws, name: str, statement: str, reason: str, when: str
) -> None:
    running = f"import os\n\ndef handler(event, context):\n    {statement}\n"
    error, request_id = _fail(
        local_aws, f"{name}-{when}", running if when == "running" else f"import os\n{statement}\n"
    )

    assert error == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {reason}"}


def test_function_that_exceeds_its_timeout_is_ended(local_aws: LocalAws) -> None:
    source = "import threading\n\ndef handler(event, context):\n    threading.Event().wait()\n"

    error, request_id = _fail(local_aws, "slow", source, Timeout=1)

    assert error == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
    }


def test_timeout_excludes_the_initialisation(local_aws: LocalAws) -> None:
    source = "import threading\nthreading.Event().wait(1.2)\n\ndef handler(event, context):\n    return 'in time'\n"
    make_function(local_aws, "slow-to-load", source, Timeout=1)

    response = local_aws.client("lambda").invoke(FunctionName="slow-to-load")

    assert json.load(response["Payload"]) == "in time"


def test_response_above_six_megabytes_is_an_error(local_aws: LocalAws) -> None:
    error, _ = _fail(local_aws, "talkative", "def handler(event, context):\n    return 'x' * 6291556\n")

    assert error == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }


def test_unknown_signal_is_reported_by_its_number() -> None:
    outcome = outcome_of(Report("exited", exit_status=-50), "id", 3)

    assert b"signal: 50" in outcome.payload
