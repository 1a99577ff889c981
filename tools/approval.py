"""An approval on the local AWS: the model package, the group's profile, and the event as SageMaker sends it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws import ACCOUNT_ID, LocalAws
from tools import stack

START_SECONDS = 10.0
SPECIFICATION = {
    "Containers": [{"Image": f"{ACCOUNT_ID}.dkr.ecr.eu-west-1.amazonaws.com/approved:latest"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


def approve(aws: LocalAws, event: dict[str, Any], folder: Path, machine_arn: str) -> str:
    """Approve the package in `event` and return the ARN of the execution that the rule starts.

    The profile is `profile_<group>.json` in `folder`; if the file does not exist, no profile is written.

    Raises
    ------
    TimeoutError
        If the rule starts nothing within `START_SECONDS`.
    """
    detail = event["detail"]
    group = detail["ModelPackageGroupName"]
    make_package(aws, detail)
    profile = folder / f"profile_{group}.json"
    if profile.exists():
        aws.client("ssm").put_parameter(
            Name=f"/{stack.STACK_NAME}/profiles/{group}", Type="String", Value=profile.read_text(), Overwrite=True
        )
    return started_by(aws, machine_arn, lambda: approve_package(aws, detail))


def is_taken(aws: LocalAws, event: dict[str, Any], machine_arn: str) -> bool:
    """Whether the stack's rule starts the state machine for the event."""
    events = aws.client("events")
    rules = events.list_rule_names_by_target(TargetArn=machine_arn)["RuleNames"]
    patterns = [events.describe_rule(Name=name)["EventPattern"] for name in rules]
    text = json.dumps(event)
    return any(events.test_event_pattern(EventPattern=pattern, Event=text)["Result"] for pattern in patterns)


def approve_package(aws: LocalAws, detail: dict[str, Any]) -> None:
    """Approve the package in the registry, which sends the event."""
    aws.client("sagemaker").update_model_package(
        ModelPackageArn=detail["ModelPackageArn"], ModelApprovalStatus="Approved"
    )


def send(aws: LocalAws, event: dict[str, Any], machine_arn: str) -> str:
    """Send `event` as the AWS service does and return the ARN of the execution that it starts."""
    return started_by(aws, machine_arn, lambda: aws.post("events", [event]))


def started_by(aws: LocalAws, machine_arn: str, action: Callable[[], object]) -> str:
    """Call `action` and return the ARN of the execution that it starts."""
    states = aws.client("stepfunctions")
    before = {found["executionArn"] for found in states.list_executions(stateMachineArn=machine_arn)["executions"]}
    action()
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        for found in states.list_executions(stateMachineArn=machine_arn)["executions"]:
            if found["executionArn"] not in before:
                return str(found["executionArn"])
    raise TimeoutError(f"no execution of {machine_arn} was started within {START_SECONDS:g} s")


def make_package(aws: LocalAws, detail: dict[str, Any]) -> None:
    """Register the model package of an event's detail without approving it, unless it exists."""
    sagemaker = aws.client("sagemaker")
    group = detail["ModelPackageGroupName"]
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    if not any(found["ModelPackageGroupName"] == group for found in groups):
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    known = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    for _ in range(len(known), int(detail["ModelPackageVersion"])):
        sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification=SPECIFICATION,
        )
