"""CloudWatch Logs beyond moto: filter patterns."""

from datetime import datetime

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws

MESSAGES = ["ERROR in main: disk full", "ERROR in worker: disk full", "WARNING in main: disk nearly full"]


@pytest.fixture(scope="module")
def group(local_aws: LocalAws) -> str:
    """A log group with the messages."""
    logs, name = local_aws.client("logs"), "/filtered"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="stream")
    now = int(datetime.fromisoformat(local_aws.get("clock")["now"]).timestamp() * 1000)
    events = [{"timestamp": now + number, "message": text} for number, text in enumerate(MESSAGES)]
    logs.put_log_events(logGroupName=name, logStreamName="stream", logEvents=events)
    return name


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("", [0, 1, 2]),
        ("ERROR", [0, 1]),
        ("ERROR main", [0]),
        ('"in main" "disk full"', [0]),
        ('"disk full" -worker', [0]),
        ('-"in main"', [1]),
    ],
)
def test_filter_pattern_selects_events_with_all_terms_and_no_excluded_one(
    local_aws: LocalAws, group: str, pattern: str, selected: list[int]
) -> None:
    found = local_aws.client("logs").filter_log_events(logGroupName=group, filterPattern=pattern)["events"]

    assert [event["message"] for event in found] == [MESSAGES[number] for number in selected]


@pytest.mark.parametrize("pattern", ["?ERROR ?WARNING", "{ $.level = ERROR }", "[level, text]", "%ERR.*%"])
def test_filter_pattern_that_is_not_modelled_is_refused(local_aws: LocalAws, group: str, pattern: str) -> None:
    with pytest.raises(ClientError) as refused:
        local_aws.client("logs").filter_log_events(logGroupName=group, filterPattern=pattern)

    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert "filter pattern" in refused.value.response["Error"]["Message"]
