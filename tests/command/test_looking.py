"""`slipway status`, `history`, `explain`, `invoke`, `approve` and `profile` on the local AWS."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command.process import Command, assert_golden
from tests.support import project
from tests.support.components import component, hosting_request
from tests.support.deployment import Slipway
from tools import approval

NAME = "command-look"
GROUP = "command-group"
METRIC = {"PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"}
TRACKING = {"name": "load", "targetTracking": {"TargetValue": 60, "PredefinedMetricSpecification": METRIC}}


@pytest.fixture(scope="module")
def look(deployed: Slipway) -> Slipway:
    """An endpoint that was deployed, and whose update was rolled back by SageMaker."""
    request = project.event("deploy_guarded") | {"endpointName": NAME}
    assert deployed.deploy(request).status == "SUCCEEDED"
    deployed.outcome(NAME, "update", "rolls_back")
    variant = request["productionVariants"][0] | {"InstanceType": "ml.m5.xlarge"}
    assert deployed.deploy(request | {"productionVariants": [variant]}).status == "FAILED"
    return deployed


def test_status_shows_what_is_live(command: Command, look: Slipway) -> None:
    shown = command("status", NAME)

    assert shown.code == 0, shown.err
    assert_golden("status.txt", shown.out)


def test_status_as_json(command: Command, look: Slipway) -> None:
    shown = command.here("status", NAME, "--output", "json")

    assert shown.code == 0, shown.err
    document = shown.document
    assert document["endpoint"]["status"] == "InService"
    assert document["lock"] == {"heldBy": None, "heldSince": None, "waiting": 0}
    assert {alarm["state"] for alarm in document["endpoint"]["alarms"]} == {"INSUFFICIENT_DATA"}
    assert [each["outcome"] for each in document["deployments"]] == ["UpdateRolledBack", "SUCCEEDED"]


def test_status_shows_inference_components_and_their_scaling(command: Command, deployed: Slipway) -> None:
    scaled = component("command-llm", autoscaling={"minCapacity": 1, "maxCapacity": 3, "policies": [TRACKING]})
    run = deployed.deploy(hosting_request(deployed, "command-components", scaled))
    assert run.status == "SUCCEEDED", run.cause

    shown = command("status", "command-components")

    assert shown.code == 0, shown.err
    assert "  variant  AllTraffic: 1 × ml.m5.xlarge, weight 1, inference components\n" in shown.out
    assert "  component  command-llm: InService, 1 copy, model llm\n" in shown.out
    assert "  scaling  command-llm: 1 to 3, SageMakerInferenceComponentInvocationsPerCopy at 60\n" in shown.out


def test_status_of_an_endpoint_shows_who_holds_its_lock(command: Command, slipway: Slipway) -> None:
    holder = slipway.execution_named("command-holder")
    slipway.lock("command-locked", holder)

    shown = command.here("status", "command-locked", "--output", "json")

    assert shown.code == 1
    assert (shown.document["endpoint"], shown.document["lock"]["heldBy"]) == (None, holder)


def test_status_without_a_name_lists_all_endpoints(command: Command, look: Slipway) -> None:
    shown = command.here("status", "--output", "json")

    assert shown.code == 0, shown.err
    (listed,) = [each for each in shown.document["endpoints"] if each["endpointName"] == NAME]
    assert (listed["status"], listed["lastDeployment"]["kind"]) == ("InService", "request")


@pytest.mark.parametrize("columns", ["80", "100"])
def test_history_marks_the_live_deployment_and_never_breaks_an_id(
    columns: str, command: Command, look: Slipway
) -> None:
    shown = command.here("history", NAME, COLUMNS=columns)
    ids = [each["deploymentId"] for each in command.here("history", NAME, "--output", "json").document["deployments"]]

    assert shown.code == 0, shown.err
    assert max(map(len, shown.out.splitlines())) <= int(columns)
    assert all(each in shown.out for each in ids)
    assert [line.split()[-1] for line in shown.out.splitlines() if "●" in line] == [ids[-1]]


def test_explain_shows_the_failed_attempts_and_the_containers_log(command: Command, look: Slipway) -> None:
    newest = command.here("history", NAME, "--output", "json").document["deployments"][0]

    shown = command.here("explain", newest["deploymentId"])
    document = command.here("explain", newest["executionArn"], "--output", "json").document

    assert shown.code == 0, shown.err
    assert "FAILED, UpdateRolledBack\n" in shown.out
    assert "What to check: docs/operations.md#updaterolledback" in shown.out
    assert (document["endpointName"], document["error"]) == (NAME, "UpdateRolledBack")
    assert document["attempts"][-1]["state"] == "Check endpoint"


def test_explain_shows_the_last_lines_of_the_containers(command: Command, look: Slipway) -> None:
    newest = command.here("history", NAME, "--output", "json").document["deployments"][0]
    started = look.aws.client("stepfunctions").describe_execution(executionArn=newest["executionArn"])["startDate"]
    log = {"logGroupName": f"/aws/sagemaker/Endpoints/{NAME}", "logStreamName": "AllTraffic/i-0123"}
    logs = look.aws.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=log["logGroupName"])["logGroups"]:
        logs.create_log_group(logGroupName=log["logGroupName"])
    logs.create_log_stream(**log)
    seconds = int(started.timestamp()) + 1
    events = [{"timestamp": (seconds + n) * 1000, "message": f"line {n}\n"} for n in range(30)]
    logs.put_log_events(**log, logEvents=events)

    document = command.here("explain", newest["deploymentId"], "--output", "json").document

    assert [line["message"] for line in document["containerLogs"]] == [f"line {n}" for n in range(10, 30)]


def test_explain_of_an_unknown_execution_is_a_usage_error(command: Command) -> None:
    ended = command.here("explain", "no-such-execution")

    assert (ended.code, ended.err) == (
        2,
        "Error: Stack slipway has no execution no-such-execution. slipway history ENDPOINT lists the deployments of an "
        "endpoint.\n",
    )


def test_invoke_shows_the_answer_of_a_variant(command: Command, look: Slipway) -> None:
    look.aws.post("sagemaker/answers", [{"endpointName": NAME, "contentType": "application/json", "body": "[0.75]"}])

    shown = command.here("invoke", NAME, "--body", "{}", "--variant", "AllTraffic", "--output", "json")

    assert shown.code == 0, shown.err
    assert shown.document == {"variant": "AllTraffic", "contentType": "application/json", "body": "[0.75]"}


def test_invoke_reads_the_body_from_a_file(command: Command, look: Slipway, tmp_path: Path) -> None:
    look.aws.post("sagemaker/answers", [{"endpointName": NAME, "contentType": "text/csv", "body": "0.75"}])
    body = tmp_path / "body.csv"
    body.write_text("1,2,3")

    shown = command.here("invoke", NAME, "--body", f"@{body}", "--content-type", "text/csv")

    assert (shown.code, shown.out) == (0, "0.75\n"), shown.err


@pytest.fixture
def profile(slipway: Slipway, tmp_path: Path) -> Iterator[Path]:
    """File with a profile for an endpoint of its own."""
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(project.event("profile_h2o3-gbm") | {"endpointName": "command-approved"}))
    yield file
    slipway.aws.client("ssm").delete_parameters(Names=[f"/slipway/profiles/{GROUP}"])


def test_a_profile_is_written_shown_and_checked(command: Command, profile: Path) -> None:
    missing = command.here("profile", "check", GROUP)
    written = command.here("profile", "set", GROUP, str(profile))
    shown = command.here("profile", "show", GROUP)
    checked = command.here("profile", "check", GROUP)

    assert (missing.code, written.code, shown.code, checked.code) == (3, 0, 0, 0), written.err
    assert missing.err.endswith(f"Write one: slipway profile set {GROUP} FILE.\n")
    assert json.loads(shown.out) == json.loads(profile.read_text())


def test_an_invalid_profile_is_not_written(command: Command, slipway: Slipway) -> None:
    ended = command.here("profile", "set", GROUP, "events/bad_unknown_field.json")

    assert ended.code == 3
    assert '/autoScalingMaxCapacity: is unknown here. Did you mean "autoscalingMaxCapacity"?' in ended.err
    assert command.here("profile", "show", GROUP).code == 3


def test_an_approval_is_deployed_and_followed(command: Command, slipway: Slipway, profile: Path) -> None:
    detail = project.event("model_approved")["detail"] | {"ModelPackageGroupName": GROUP, "ModelPackageVersion": 1}
    approval.make_package(slipway.aws, detail)
    unprofiled = command.here("approve", f"{GROUP}/1", "--yes")
    command.here("profile", "set", GROUP, str(profile))

    approved = command.here("approve", f"{GROUP}/1", "--yes", "--output", "json")
    again = command.here("approve", f"{GROUP}/1", "--yes")

    assert (unprofiled.code, approved.code, again.code) == (3, 0, 2), approved.err
    assert approved.document["output"]["endpointName"] == "command-approved"
    assert approved.document["output"]["trigger"]["modelPackageGroupName"] == GROUP
    assert "is approved already" in again.err
