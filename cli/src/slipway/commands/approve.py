"""`slipway approve`."""

from __future__ import annotations

import json
import time
from typing import Any

import click
from botocore.exceptions import ClientError
from rich.text import Text

from slipway import executions, profiles, running
from slipway.aws import code_of, message_of
from slipway.calls import Call
from slipway.command import Answer, App, command
from slipway.errors import CommandError, Exit, usage_error
from slipway.questions import ask

START_SECONDS = 60  # EventBridge delivers within seconds
PAUSE_SECONDS = 0.2


@click.command()
@click.argument("package")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command()
def approve(app: App, package: str, *, yes: bool) -> Answer:
    """Approve a model package, which deploys it with the profile of its group, and show each state.

    PACKAGE is the ARN of a version, or GROUP/VERSION.
    """
    found = _describe(app, package)
    arn = found["ModelPackageArn"]
    if "ModelPackageGroupName" not in found:
        remedy = "Register the model as a version of a model package group."
        raise usage_error("NotAPackage", f"{arn} is not a version of a group, so it has no profile.", remedy)
    group = found["ModelPackageGroupName"]
    call = Call("sagemaker", "UpdateModelPackage", {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"})
    if app.shows_command:
        return app.commands(call)
    if found["ModelApprovalStatus"] == "Approved":
        remedy = "Only an approval deploys: reject the version first, then approve it again."
        raise usage_error("AlreadyApproved", f"{arn} is approved already.", remedy)
    profile = profiles.read_valid(app.stack, group)
    app.say(
        Text(f"{arn} will be deployed to {profile.get('endpointName')} by profile {app.stack.profile_name(group)}.")
    )
    if not yes:
        _require_yes(app)
    before = {each["executionArn"] for each in _newest(app)}
    call.make(app.session)
    return running.watch(app, _started(app, arn, before))


def _describe(app: App, package: str) -> dict[str, Any]:
    group, _, version = package.rpartition("/")
    if not package.startswith("arn:") and not (group and version.isdecimal()):
        raise usage_error("NotAPackage", f"{package} is not a version of a group.", "Give its ARN, or GROUP/VERSION.")
    try:
        name = package if package.startswith("arn:") else _arn(app, group, int(version))
        return Call("sagemaker", "DescribeModelPackage", {"ModelPackageName": name}).make(app.session)
    except ClientError as error:
        if code_of(error) not in ("ResourceNotFound", "ValidationException"):
            raise
        remedy = "aws sagemaker list-model-package-groups lists the groups."
        raise usage_error(
            "PackageNotFound", f"There is no model package {package}: {message_of(error)}", remedy
        ) from error


def _arn(app: App, group: str, version: int) -> str:
    pages = app.session.client("sagemaker").get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for page in pages:
        for each in page["ModelPackageSummaryList"]:
            if each.get("ModelPackageVersion") == version:
                return str(each["ModelPackageArn"])
    problem = f"Group {group} has no version {version}."
    raise usage_error(
        "PackageNotFound", problem, f"aws sagemaker list-model-packages --model-package-group-name {group}"
    )


def _require_yes(app: App) -> None:
    if not app.can_ask:
        raise usage_error("NotATerminal", "There is no terminal to ask on.", "Approve it with --yes.")
    if not ask(app, "Approve it?"):
        raise CommandError("NotConfirmed", "Nothing was changed.", "Confirm the approval to deploy.", Exit.FAILED)


def _newest(app: App) -> list[dict[str, Any]]:
    request = {"stateMachineArn": app.stack.deploy_machine, "maxResults": 50}
    found: list[dict[str, Any]] = Call("stepfunctions", "ListExecutions", request).make(app.session)["executions"]
    return found


def _started(app: App, package_arn: str, before: set[str]) -> str:
    """Wait for the execution that the approval starts, and return its ARN."""
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        for each in _newest(app):
            if each["executionArn"] not in before:
                started = executions.describe(app.session, each["executionArn"])
                if json.loads(started["input"]).get("detail", {}).get("ModelPackageArn") == package_arn:
                    return str(each["executionArn"])
        time.sleep(PAUSE_SECONDS)
    problem = f"The version is approved, and no execution started within {START_SECONDS} seconds."
    remedy = "Check the approvals' dead-letter queue of the stack (docs/operations.md)."
    raise CommandError("NotStarted", problem, remedy, Exit.FAILED)
