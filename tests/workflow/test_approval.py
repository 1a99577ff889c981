"""The approval of a model package in the registry starts a deployment through the rule."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import until
from tests.support import project
from tests.support.answering import GOLDEN, SETOSA, VIRGINICA, set_answer
from tests.support.deployment import Run, Slipway
from tools import approval

GROUP = project.event("model_approved")["detail"]["ModelPackageGroupName"]
PROFILE_NAME = f"/slipway/profiles/{GROUP}"


@pytest.fixture
def profile(slipway: Slipway) -> Iterator[dict[str, Any]]:
    ssm = slipway.aws.client("ssm")
    content = project.event(f"profile_{GROUP}")
    ssm.put_parameter(Name=PROFILE_NAME, Type="String", Value=json.dumps(content), Overwrite=True)
    yield content
    ssm.delete_parameter(Name=PROFILE_NAME)


@pytest.fixture(scope="module", autouse=True)
def unprofiled(deployed: Slipway) -> Run:
    """Approve the package while no profile exists, and return the ended execution."""
    detail = project.event("model_approved")["detail"]
    approval.make_package(deployed.aws, detail)
    with deployed.recorded() as finish:
        return finish(
            approval.started_by(
                deployed.aws, deployed.machine_arn, lambda: approval.approve_package(deployed.aws, detail)
            )
        )


def approve(slipway: Slipway, **changes: Any) -> Run:
    """Send the approval event again as SageMaker does, and return the ended execution that the rule starts."""
    event = {**project.event("model_approved"), **changes}
    with slipway.recorded() as finish:
        return finish(approval.send(slipway.aws, event, slipway.machine_arn))


def test_an_approval_with_a_profile_creates_a_model_and_an_endpoint_and_a_second_one_changes_nothing(
    slipway: Slipway, profile: dict[str, Any]
) -> None:
    run = approve(slipway, id="11111111-0000-0000-0000-000000000001")

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert run.mutations("sagemaker") == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
    (model,) = run.output["modelNames"]
    container = slipway.aws.client("sagemaker").describe_model(ModelName=model)["PrimaryContainer"]
    assert container["ModelPackageName"] == project.event("model_approved")["detail"]["ModelPackageArn"]
    config = slipway.aws.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=run.output["endpointConfigName"]
    )
    assert [variant["ModelName"] for variant in config["ProductionVariants"]] == [model]

    again = approve(slipway, id="11111111-0000-0000-0000-000000000002")

    assert again.status == "SUCCEEDED"
    assert again.output["changed"] is False
    assert again.mutations("sagemaker") == []


def test_an_approved_model_that_answers_wrongly_is_not_deployed(slipway: Slipway, profile: dict[str, Any]) -> None:
    name = "tested-approval"
    set_answer(slipway, name, VIRGINICA)
    tested = json.dumps({**profile, "endpointName": name, "test": [GOLDEN]})
    slipway.aws.client("ssm").put_parameter(Name=PROFILE_NAME, Type="String", Value=tested, Overwrite=True)

    run = approve(slipway, id="11111111-0000-0000-0000-000000000009")

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    assert slipway.endpoint(name) is None
    set_answer(slipway, name, SETOSA)
    assert approve(slipway, id="11111111-0000-0000-0000-000000000010").output["tests"][0]["name"] == "golden"


def test_an_approval_without_a_profile_deploys_nothing_and_one_message_says_how_to_write_one(unprofiled: Run) -> None:
    assert (unprofiled.status, unprofiled.error) == ("FAILED", "ProfileNotFound")
    assert unprofiled.mutations("sagemaker") == ["UpdateModelPackage"], "the approval itself, by its user"
    assert "aws ssm put-parameter" in unprofiled.message["message"]
    assert PROFILE_NAME in unprofiled.message["message"]


def test_an_invalid_profile_is_reported_with_its_faults(slipway: Slipway, profile: dict[str, Any]) -> None:
    broken = json.dumps({**profile, "autoscalingMinCapacity": -1})
    slipway.aws.client("ssm").put_parameter(Name=PROFILE_NAME, Type="String", Value=broken, Overwrite=True)

    run = approve(slipway, id="33333333-0000-0000-0000-000000000001")

    assert (run.status, run.error) == ("FAILED", "ProfileInvalid")
    assert PROFILE_NAME in run.cause
    assert "/autoscalingMinCapacity" in run.cause


def test_an_event_delivered_twice_starts_one_execution(slipway: Slipway, profile: dict[str, Any]) -> None:
    event = {**project.event("model_approved"), "id": "44444444-0000-0000-0000-000000000001"}
    first = approval.send(slipway.aws, event, slipway.machine_arn)
    slipway.wait(first)
    states = slipway.aws.client("stepfunctions")
    before = states.list_executions(stateMachineArn=slipway.machine_arn)["executions"]

    slipway.aws.post("events", [event])

    assert states.list_executions(stateMachineArn=slipway.machine_arn)["executions"] == before


def test_the_newest_of_several_approvals_is_live_and_the_others_name_the_execution_that_superseded_them(
    slipway: Slipway, profile: dict[str, Any]
) -> None:
    approved = project.event("model_approved")["detail"]
    details = [
        {**approved, "ModelPackageVersion": version, "ModelPackageArn": f"{approved['ModelPackageArn'][:-1]}{version}"}
        for version in (3, 4, 5, 6)
    ]
    for detail in details:
        approval.make_package(slipway.aws, detail)
    with slipway.recorded() as finish:
        arns = []
        with slipway.real_time():
            for detail in details:
                change = functools.partial(approval.approve_package, slipway.aws, detail)
                arns.append(approval.started_by(slipway.aws, slipway.machine_arn, change))
                until(lambda: slipway.entered(arns[-1], "Whose turn is it?"))
        runs = [finish(arn) for arn in arns]

    first, *superseded, newest = runs
    assert (first.error, newest.error) == (None, None)
    assert [run.error for run in superseded] == ["Superseded", "Superseded"]
    for run in superseded:
        assert f"was superseded by {details[-1]['ModelPackageArn']}, approved at " in run.cause
        assert f"execution {newest.arn} deploys that version instead." in run.cause
        assert "No action is needed." in run.cause
        assert run.message["attributes"]["endpoint"] == profile["endpointName"]
    endpoint = slipway.endpoint(profile["endpointName"])
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == newest.output["endpointConfigName"]


def test_an_edit_of_an_approved_package_and_an_incomplete_package_start_nothing(slipway: Slipway) -> None:
    def matches(event: dict[str, Any]) -> bool:
        return approval.is_taken(slipway.aws, event, slipway.machine_arn)

    approved = project.event("model_approved")
    created_approved = {**approved, "detail": {**approved["detail"]}}
    created_approved["detail"].pop("UpdatedModelPackageFields", None)

    assert matches(approved)
    assert matches(created_approved)
    assert not matches(project.event("model_metadata_edited"))
    assert not matches(project.event("bad_model_rejected"))
    for status in ("Pending", "InProgress", "Failed", "Deleting"):
        assert not matches({**created_approved, "detail": {**created_approved["detail"], "ModelPackageStatus": status}})
    assert not matches({**approved, "detail": {**approved["detail"], "ModelApprovalStatus": "Rejected"}})


def test_an_approval_that_cannot_start_an_execution_is_sent_to_the_dead_letter_queue(slipway: Slipway) -> None:
    slipway.fault("stepfunctions", "StartExecution", "AccessDeniedException", "not now", times=1)
    event = {**project.event("model_approved"), "id": "55555555-0000-0000-0000-000000000001"}

    slipway.aws.post("events", [event])

    sqs = slipway.aws.client("sqs")
    queue = slipway.outputs["ApprovalsDeadLetterQueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["id"] == event["id"]
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
