import importlib
import io
import json
import logging
import warnings
from types import ModuleType
from typing import Any

import pytest

from shared.errors import AccessDenied, ExecutionRedriven, InvalidRequest
from tests.unit.conftest import EXECUTION_ARN, Context
from tests.unit.fakes import client_error

EVENT = {"executionArn": EXECUTION_ARN, "request": {"environment": "s3cr3t"}}


@pytest.fixture
def shared() -> ModuleType:
    """The module, imported as Lambda does: with the stack's environment."""
    return importlib.import_module("shared.observability")


@pytest.fixture
def log(shared: ModuleType, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """The logger's output, although pytest captures its stream."""
    stream = io.StringIO()
    for handler in shared.logger.handlers:
        if isinstance(handler, logging.StreamHandler):
            monkeypatch.setattr(handler, "stream", stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_executions_arn_is_the_correlation_id_of_every_log_line(
    shared: ModuleType, log: io.StringIO, context: Context
) -> None:
    @shared.handler("executionArn")
    def handler(event: Any, context: Any) -> Any:
        shared.logger.info("checked", status="InService")
        return {}

    handler(EVENT, context)

    (line,) = lines(log)
    assert line["correlation_id"] == EXECUTION_ARN
    assert (line["message"], line["status"], line["function_request_id"]) == (
        "checked",
        "InService",
        context.aws_request_id,
    )


def test_neither_event_nor_result_is_logged(shared: ModuleType, log: io.StringIO, context: Context) -> None:
    @shared.handler("executionArn")
    def handler(event: Any, context: Any) -> Any:
        shared.logger.info("answered")
        return {"answer": "s3cr3t"}

    assert handler(EVENT, context) == {"answer": "s3cr3t"}
    assert "s3cr3t" not in log.getvalue()


def test_an_error_of_aws_is_raised_as_a_documented_error(shared: ModuleType, context: Context) -> None:
    @shared.handler("executionArn")
    def handler(event: Any, context: Any) -> Any:
        raise client_error("AccessDeniedException", "not authorized", "DescribeModel")

    with pytest.raises(AccessDenied, match="DescribeModel: AccessDeniedException: not authorized"):
        handler(EVENT, context)


def test_a_redriven_execution_is_refused(shared: ModuleType, context: Context) -> None:
    done = []

    @shared.handler("executionArn")
    def handler(event: Any, context: Any) -> Any:
        done.append(event["redriveCount"])
        return {}

    handler({**EVENT, "redriveCount": 0}, context)
    with pytest.raises(ExecutionRedriven, match=r"redriven\. It changed nothing"):
        handler({**EVENT, "redriveCount": 1}, context)

    assert done == [0]


def test_metrics_are_published_even_if_the_function_fails(
    shared: ModuleType, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    @shared.handler("executionArn")
    def handler(event: Any, context: Any) -> Any:
        shared.metrics.add_metric(name="DeploymentsStarted", unit=shared.MetricUnit.Count, value=1)
        raise InvalidRequest("no")

    with pytest.raises(InvalidRequest):
        handler(EVENT, context)

    published = json.loads(capsys.readouterr().out)
    assert published["DeploymentsStarted"] == [1.0]
    assert published["service"] == "slipway"


def test_a_function_without_metrics_publishes_none_and_does_not_warn(
    shared: ModuleType, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    @shared.handler("executionArn")
    def handler(event: Any, context: Any) -> Any:
        return {}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        handler(EVENT, context)

    assert capsys.readouterr().out == ""
