"""The output of `sam deploy` is turned into its current activity and the reasons of a failure."""

import json

from tools.sam_report import SamReport

CHANGES = [
    {"type": "changeset", "action": "Add", "logical_id": name, "resource_type": "AWS::SNS::Topic"}
    for name in ("A", "B")
]


def event(name: str, status: str, kind: str = "AWS::SNS::Topic", reason: str = "") -> dict[str, object]:
    return {"type": "event", "logical_id": name, "status": status, "resource_type": kind, "reason": reason}


def taken(*lines: object) -> tuple[list[str | None], SamReport]:
    report = SamReport()
    return [report.take(line if isinstance(line, str) else json.dumps(line)) for line in lines], report


def test_each_resource_is_counted_against_the_change_set() -> None:
    notes, _ = taken(
        *CHANGES, event("A", "CREATE_IN_PROGRESS"), event("A", "CREATE_COMPLETE"), event("B", "CREATE_COMPLETE")
    )

    assert notes[1:] == ["change 2 resources", None, "1 of 2 resources: A", "2 of 2 resources: B"]


def test_the_stack_itself_is_not_counted_as_a_resource() -> None:
    notes, _ = taken(*CHANGES, event("slipway", "CREATE_COMPLETE", "AWS::CloudFormation::Stack"))

    assert notes[-1] is None


def test_uploads_are_counted() -> None:
    upload = "\tFile with same data already exists at 787ed52b2c10c931bfec47a31e19d88a, skipping upload\n"
    notes, report = taken({"type": "info", "managed_s3_bucket": "bucket"}, "\n", upload, upload)

    assert notes == [
        "package code and definitions",
        None,
        "package code and definitions, 1 uploaded",
        "package code and definitions, 2 uploaded",
    ]
    assert report.failure == ""


def test_a_failure_has_each_reason_once() -> None:
    message = "Failed to create/update the stack"
    _, report = taken(
        event("A", "CREATE_FAILED", reason="Topic is no name"),
        {"type": "result", "status": "failure", "error": {"type": "DeployFailedError", "message": message}},
        f"Error: {message}\n",
        f"Error: {message}\n",
    )

    assert report.failure.splitlines() == ["A CREATE_FAILED: Topic is no name", message, f"Error: {message}"]


def test_a_success_has_no_failure() -> None:
    _, report = taken({"type": "outputs", "stack_outputs": []}, {"type": "result", "status": "success"})

    assert report.failure == ""
