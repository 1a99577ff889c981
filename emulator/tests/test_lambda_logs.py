"""Output of functions in CloudWatch Logs, as metrics in CloudWatch and as traces in X-Ray; moto has none."""

import base64
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from local_aws import LocalAws
from support.functions import EVERYTHING, invoke, make_function, make_role

CHATTY = """
import logging, sys

logging.getLogger().setLevel("INFO")
print("loading")

def handler(event, context):
    print("out")
    print("err", file=sys.stderr)
    logging.info("one record\\nof two lines")
    return "done"
"""


def _messages(local_aws: LocalAws, group: str) -> list[str]:
    return [event["message"] for event in local_aws.client("logs").filter_log_events(logGroupName=group)["events"]]


def test_text_log_has_the_output_of_function_and_platform_in_order(local_aws: LocalAws) -> None:
    make_function(local_aws, "chatty", CHATTY)

    response = local_aws.client("lambda").invoke(FunctionName="chatty", LogType="Tail")

    init_start, loading, start, out, err, record, end, report = _messages(local_aws, "/aws/lambda/chatty")
    request_id = response["ResponseMetadata"]["RequestId"]
    assert init_start.startswith("INIT_START Runtime Version: python:3.")
    assert (loading, out, err) == ("loading", "out", "err")
    assert start == f"START RequestId: {request_id} Version: $LATEST"
    assert record.startswith("[INFO]\t")
    assert record.endswith(f"\t{request_id}\tone record\nof two lines")
    assert end == f"END RequestId: {request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB"
        r"(\tMax Memory Used: \d+ MB)?\tInit Duration: [\d.]+ ms",
        report,
    )
    tail = base64.b64decode(response["LogResult"]).decode()
    assert tail.splitlines()[-1] == report
    assert start in tail


@pytest.mark.parametrize(
    ("name", "group", "prefix"),
    [("alone", "/aws/lambda/alone", ""), ("shared", "/aws/lambda/application", "shared")],
)
def test_log_stream_in_a_custom_log_group_has_the_name_of_the_function(
    local_aws: LocalAws, name: str, group: str, prefix: str
) -> None:
    make_function(local_aws, name, "def handler(event, context): ...\n", LoggingConfig={"LogGroup": group})

    invoke(local_aws, name)

    (stream,) = local_aws.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/{prefix}\[\$LATEST\][0-9a-f]{{32}}", stream["logStreamName"])


def test_log_events_have_virtual_time(local_aws: LocalAws) -> None:
    make_function(local_aws, "punctual", "def handler(event, context): ...\n")
    before = datetime.fromisoformat(local_aws.get("clock")["now"])

    invoke(local_aws, "punctual")

    after = datetime.fromisoformat(local_aws.get("clock")["now"])
    events = local_aws.client("logs").filter_log_events(logGroupName="/aws/lambda/punctual")["events"]
    seconds = [event["timestamp"] / 1000 for event in events]
    assert seconds
    assert int(before.timestamp()) <= min(seconds) <= max(seconds) <= after.timestamp()


def test_json_log_has_records_of_the_platform_and_of_the_logging_module(local_aws: LocalAws) -> None:
    make_function(
        local_aws, "structured", CHATTY, LoggingConfig={"LogFormat": "JSON", "LogGroup": "/structured/elsewhere"}
    )

    invoke(local_aws, "structured")

    messages = _messages(local_aws, "/structured/elsewhere")
    records = [json.loads(message) for message in messages if message.startswith("{")]
    assert [record.get("type") for record in records] == [
        "platform.initStart",
        "platform.start",
        None,
        "platform.report",
    ]
    assert records[2]["level"] == "INFO"
    assert records[2]["message"] == "one record\nof two lines"
    assert records[3]["record"]["status"] == "success"
    assert records[3]["record"]["metrics"]["memorySizeMB"] == 128
    assert [message for message in messages if not message.startswith("{")] == ["loading", "out", "err"]


def test_system_log_level_warn_keeps_failures_only(local_aws: LocalAws) -> None:
    source = "def handler(event, context):\n    return 1 / event\n"
    logging = {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "FATAL"}
    make_function(local_aws, "quiet", source, LoggingConfig=logging)

    invoke(local_aws, "quiet", 1)
    invoke(local_aws, "quiet", 0)

    records = [json.loads(message) for message in _messages(local_aws, "/aws/lambda/quiet")]
    assert [record.get("type", record.get("errorType")) for record in records] == [
        "ZeroDivisionError",
        "platform.report",
    ]
    assert records[1]["record"]["errorType"] == "ZeroDivisionError"


def test_timeout_and_exit_are_logged_by_the_platform(local_aws: LocalAws) -> None:
    source = (
        "import os, threading\n\ndef handler(event, context):\n    os._exit(2) if event else threading.Event().wait()\n"
    )
    make_function(local_aws, "ends-badly", source, Timeout=1)

    invoke(local_aws, "ends-badly", 1)
    invoke(local_aws, "ends-badly", 0)

    text = "\n".join(_messages(local_aws, "/aws/lambda/ends-badly"))
    assert re.search(r"RequestId: \S+ Error: Runtime exited with error: exit status 2\nRuntime.ExitError\nEND ", text)
    assert "\tStatus: error\tError Type: Runtime.ExitError" in text
    assert re.search(r"Z \S+ Task timed out after 1.00 seconds\nEND ", text)
    assert re.search(r"\tStatus: timeout$", text)


def test_function_runs_without_a_log_if_its_role_cannot_write_it(local_aws: LocalAws) -> None:
    deny = {"Effect": "Deny", "Action": "logs:*", "Resource": "*"}
    role = make_role(local_aws, "mute-role", EVERYTHING, deny)
    make_function(local_aws, "mute", CHATTY, Role=role)
    local_aws.delete("calls")

    assert invoke(local_aws, "mute") == "done"

    denied = [call["operation"] for call in local_aws.get("calls") if call["verdict"] == "deny"]
    assert denied == ["CreateLogStream"]


def test_embedded_metrics_become_metrics(local_aws: LocalAws) -> None:
    document = {
        "_aws": {
            "Timestamp": 0,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Tests",
                    "Dimensions": [["service"], []],
                    "Metrics": [{"Name": "Tries", "Unit": "Count"}, {"Name": "Absent"}],
                }
            ],
        },
        "service": "embedded",
        "Tries": [2, 3],
    }
    make_function(local_aws, "embedded", f"def handler(event, context):\n    print('''{json.dumps(document)}''')\n")

    invoke(local_aws, "embedded")

    assert _sum(local_aws, "Tries", [{"Name": "service", "Value": "embedded"}]) == 5
    names = [
        metric["MetricName"] for metric in local_aws.client("cloudwatch").list_metrics(Namespace="Tests")["Metrics"]
    ]
    assert set(names) == {"Tries"}


def _sum(local_aws: LocalAws, name: str, dimensions: list[dict[str, Any]]) -> float:
    now = datetime.fromisoformat(local_aws.get("clock")["now"])
    statistics = local_aws.client("cloudwatch").get_metric_statistics(
        Namespace="Tests",
        MetricName=name,
        Dimensions=dimensions,
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in statistics["Datapoints"]))


def test_traced_function_adds_a_segment_to_the_callers_trace(local_aws: LocalAws) -> None:
    source = "import os\n\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']\n"
    make_function(local_aws, "traced", source, TracingConfig={"Mode": "Active"})

    header = dict(field.split("=") for field in invoke(local_aws, "traced").split(";"))

    assert header["Sampled"] == "1"
    calls = local_aws.get("calls")
    documents = [
        json.loads(document)
        for call in calls
        if call["operation"] == "PutTraceSegments"
        for document in call["parameters"]["TraceSegmentDocuments"]
    ]
    of_trace = [segment for segment in documents if segment["trace_id"] == header["Root"]]
    assert [(segment["name"], segment["id"]) for segment in of_trace] == [("traced", header["Parent"])]


def test_a_log_group_that_is_deleted_after_an_invocation_stays_deleted(local_aws: LocalAws) -> None:
    make_function(local_aws, "deleted-log", CHATTY)
    invoke(local_aws, "deleted-log")
    logs, name = local_aws.client("logs"), "/aws/lambda/deleted-log"

    logs.delete_log_group(logGroupName=name)

    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []
