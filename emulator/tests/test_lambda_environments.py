"""Execution environments are kept warm, ended and restarted as on AWS; moto has none."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws import ACCOUNT_ID, REGION
from local_aws.awslambda import fleet as fleet_module
from local_aws.awslambda import variables
from local_aws.awslambda.environment import Environment
from local_aws.awslambda.fleet import Fleet
from local_aws.awslambda.logbook import Logbook
from local_aws.awslambda.revision import revision_of
from local_aws.awslambda.runtime_api import Event
from local_aws.core import processes
from support.functions import zipped

ECHO = "def handler(event, context):\n    return event\n"


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    started: list[Environment] = []

    class Tracked(Environment):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr(fleet_module, "Environment", Tracked)
    yield
    for environment in started:
        environment.end()
    processes.close()
    processes._guard.cache_clear()
    variables._trace_sink().close()
    variables._trace_sink.cache_clear()


def _function(name: str, source: str = ECHO) -> Any:
    """The members of moto's function that running it needs."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"
    return SimpleNamespace(
        function_arn=arn,
        function_name=name,
        account_id=ACCOUNT_ID,
        region=REGION,
        version="$LATEST",
        run_time="python3.13",
        handler="app.handler",
        role=f"arn:aws:iam::{ACCOUNT_ID}:role/{name}",
        code_sha_256=name,
        code_bytes=zipped(app=source),
        layers=[],
        environment_vars={},
        timeout=3,
        memory_size=128,
        logging_config={"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        tracing_config={"Mode": "PassThrough"},
    )


def _handles_an_event(environment: Environment) -> bool:
    assert environment.initialise(10).kind == "ready"
    return environment.handle(Event("id", b'"x"', {"Lambda-Runtime-Aws-Request-Id": "id"}), 5).payload == b'"x"'


def test_longest_idle_environment_ends_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "WARM_ENVIRONMENTS", 2)
    fleet = Fleet()
    environments = [fleet.acquire(_function(name)) for name in ("first", "second", "third")]

    for environment in environments:
        fleet.release(environment, reusable=True)

    assert [environment.is_usable for environment in environments] == [False, True, True]
    assert fleet.acquire(_function("second")) is environments[1]


def test_busy_environment_of_a_changed_function_ends_after_its_work() -> None:
    fleet, function = Fleet(), _function("changing")
    environment = fleet.acquire(function)

    fleet.retire(function.function_arn)
    assert _handles_an_event(environment)
    fleet.release(environment, reusable=True)

    assert not environment.is_usable


def test_environment_whose_process_ended_is_not_reused() -> None:
    fleet, function = Fleet(), _function("dying")
    environment = fleet.acquire(function)
    fleet.release(environment, reusable=True)

    environment.end()

    assert fleet.acquire(function) is not environment


def test_restarted_environment_keeps_its_log_stream() -> None:
    source = "import os, threading\nif not os.path.exists('again'):\n    open('again', 'w').close()\n    threading.Event().wait()\n"
    fleet = Fleet()
    environment = fleet.acquire(_function("slow-at-first", source + ECHO))
    stream = environment.log_stream

    assert environment.initialise(0.5).kind == "timeout"
    environment.restart()

    assert _handles_an_event(environment)
    assert environment.log_stream == stream
    assert environment.init_ms is not None


def test_function_sees_optional_packages_of_botocore_only_if_it_contains_them() -> None:
    source = (
        "def can_import(name):\n    try:\n        __import__(name)\n    except ImportError:\n        return False\n"
        "    return True\n\n"
        "def handler(event, context):\n    return [can_import('awscrt'), can_import('OpenSSL')]\n"
    )
    function = _function("with-crt")
    function.code_bytes = zipped(app=source, awscrt="")
    environment = Fleet().acquire(function)

    assert environment.initialise(10).kind == "ready"
    report = environment.handle(Event("id", b"{}", {"Lambda-Runtime-Aws-Request-Id": "id"}), 5)

    assert json.loads(report.payload) == [True, False]


def test_revisions_differ_in_every_input_of_an_environment() -> None:
    base = revision_of(_function("same"))
    changes: dict[str, Any] = {
        "version": "1",
        "handler": "other.handler",
        "role": "arn:aws:iam::123456789012:role/other",
        "code_sha_256": "other",
        "layers": [{"Arn": "arn:layer:1"}],
        "environment_vars": {"A": "b"},
        "timeout": 4,
        "memory_size": 256,
        "logging_config": {"LogFormat": "JSON", "LogGroup": "/other"},
        "tracing_config": {"Mode": "Active"},
    }
    for attribute, value in changes.items():
        function = _function("same")
        setattr(function, attribute, value)
        assert revision_of(function) != base, attribute


def test_log_is_split_into_lines_and_frames() -> None:
    logbook = Logbook()
    frame = b"\xa5\x5a\x00\x0f" + (11).to_bytes(4, "big") + (0).to_bytes(8, "big") + b"two\nlines \n"

    logbook.file.write(b"first\nsecond" + frame + b"third\n\n")
    assert logbook.new_messages() == ["first", "second", "two\nlines ", "third"]

    logbook.file.write("späte Zeile\n".encode())
    assert logbook.new_messages() == ["späte Zeile"]
    logbook.close()
