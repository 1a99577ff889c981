import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from notify.failure import Failure, of_facts, of_redrive
from shared.errors import InternalError
from shared.notification import text_of
from tests.support import project
from tests.support.plans import CONFIG, EXECUTION_ARN, busy, create_component, deployment_plan, removal_plan
from tests.unit.conftest import EXECUTION
from tests.unit.fakes import FakeSageMaker, client_error

NOW = "2026-11-21T05:20:00.000Z"
CREATE_FAILED = {
    "Error": "CreateFailed",
    "Cause": json.dumps({"errorMessage": "Endpoint test-endpoint is Failed: no capacity", "stackTrace": []}),
}


def facts(**changes: Any) -> Any:
    return {
        "plan": deployment_plan("create"),
        "request": project.event("deploy_endpoint"),
        "failure": CREATE_FAILED,
        "roll_back": {
            "done": True,
            "waitSeconds": 1,
            "removed": ["endpoint test-endpoint", f"endpoint config {CONFIG}"],
            "kept": [],
        },
        "execution": EXECUTION,
    } | changes


def failure(sagemaker: FakeSageMaker | None = None, failed_state: str | None = None, **changes: Any) -> Failure:
    return of_facts(facts(**changes), NOW, sagemaker or FakeSageMaker(), failed_state=failed_state)


def serving(status: str = "InService", config: str = "old", **members: Any) -> FakeSageMaker:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("test-endpoint", status, config, **members)
    return sagemaker


def raised(error: str, message: str) -> dict[str, str]:
    """Content of a Catch for a function that raises."""
    return {"Error": error, "Cause": json.dumps({"errorMessage": message})}


def test_the_cause_says_what_happened_what_is_live_what_was_rolled_back_and_what_to_do() -> None:
    assert failure().cause == (
        "Endpoint test-endpoint is Failed: no capacity\n"
        "Live config: There is no endpoint test-endpoint.\n"
        f"Removed: endpoint test-endpoint, endpoint config {CONFIG}.\n"
        "What to do: See the reason above and the container logs in /aws/sagemaker/Endpoints/test-endpoint. "
        "Fix the problem and start again."
    )


@pytest.mark.parametrize(
    ("sagemaker", "sentence"),
    [
        (serving(), "Endpoint test-endpoint is InService on config old (AllTraffic: 1 instance)."),
        (
            serving("Updating", PendingDeploymentSummary={"EndpointConfigName": CONFIG}),
            f"Endpoint test-endpoint is Updating to config {CONFIG}; config old (AllTraffic: 1 instance) is live.",
        ),
        (serving("Failed"), "Endpoint test-endpoint is Failed and serves no traffic."),
        (serving("Creating"), "Endpoint test-endpoint is Creating and serves no traffic."),
        (
            serving("UpdateRollbackFailed"),
            "Endpoint test-endpoint is UpdateRollbackFailed: a mix of the old and the new config is live. SageMaker names "
            "config old (AllTraffic: 1 instance).",
        ),
        (serving(ProductionVariants=[]), "Endpoint test-endpoint is InService on config old."),
        (
            serving(
                ProductionVariants=[
                    {"VariantName": "A", "CurrentInstanceCount": 2},
                    {"VariantName": "B", "CurrentServerlessConfig": {}},
                ]
            ),
            "on config old (A: 2 instances, B: serverless).",
        ),
    ],
)
def test_the_live_config_is_what_sagemaker_says(sagemaker: FakeSageMaker, sentence: str) -> None:
    assert sentence in failure(sagemaker).cause


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDeniedException", "not authorized"),
        EndpointConnectionError(endpoint_url="https://sagemaker"),
    ],
)
def test_a_failure_is_reported_even_if_the_live_config_is_unknown(error: Any) -> None:
    sagemaker = FakeSageMaker()
    sagemaker.errors["DescribeEndpoint"] = error

    assert f"The live config of endpoint test-endpoint is unknown: {error}" in failure(sagemaker).cause


def test_on_an_endpoint_of_inference_components_each_of_them_has_a_log() -> None:
    hosted = {"name": "llm", "variantName": "AllTraffic", "base": None, "copyCount": 1, "action": "keep"}
    caught = raised("VerificationFailed", "Test golden of component llm failed:")

    found = failure(serving(), plan=deployment_plan("none", components=[hosted]), failure=caught)

    assert found.remedy.endswith("The container logs are in /aws/sagemaker/InferenceComponents/<component>.")


def test_a_failed_rollback_is_the_error_and_both_causes_are_reported() -> None:
    cause = "The rollback stopped: it is not done after 1 h. Commands that complete the rollback, in this order:\naws sagemaker delete-endpoint"

    found = failure(serving("Creating"), roll_back=raised("RollbackFailed", cause))

    assert found.error.__name__ == "RollbackFailed"
    assert found.happened == (f"CreateFailed: Endpoint test-endpoint is Failed: no capacity\n{cause}")
    assert found.remedy == "Check the current state above, and run the commands above in their order."


def test_a_denied_rollback_is_a_failed_rollback_with_read_only_commands() -> None:
    found = failure(serving("Failed"), roll_back=raised("AccessDenied", "DeleteEndpoint: AccessDeniedException"))

    assert found.error.__name__ == "RollbackFailed"
    assert "The rollback failed, too: DeleteEndpoint: AccessDeniedException" in found.cause
    assert found.cause.endswith(
        "What to do: List the remaining resources:\naws sagemaker describe-endpoint --endpoint-name test-endpoint\n"
        f"aws resourcegroupstaggingapi get-resources --tag-filters Key=slipway:execution,Values={EXECUTION_ARN}"
    )


def test_a_failed_sagemaker_rollback_keeps_its_error_if_slipway_cannot_roll_back_either() -> None:
    found = failure(
        serving("UpdateRollbackFailed"),
        failure=raised("UpdateRollbackFailed", "Endpoint test-endpoint is lost"),
        roll_back=raised("RollbackFailed", "The rollback stopped: it may serve"),
    )

    assert found.error.__name__ == "UpdateRollbackFailed"
    assert found.happened == ("Endpoint test-endpoint is lost\nThe rollback stopped: it may serve")
    assert found.remedy.startswith("Check the endpoint now")


def test_restored_and_removed_resources_are_both_reported() -> None:
    back = {"done": True, "removed": ["endpoint config new"], "restored": ["endpoint x to config old"], "kept": []}

    assert "\nRemoved: endpoint config new.\nRestored: endpoint x to config old.\n" in failure(roll_back=back).cause


def test_resources_kept_for_inspection_are_reported_with_the_commands_that_remove_them() -> None:
    kept = {
        "done": True,
        "removed": [],
        "kept": ["endpoint test-endpoint: the request says onFailure KEEP"],
        "commands": ["aws sagemaker delete-endpoint --endpoint-name test-endpoint", "aws sagemaker wait"],
    }

    text = failure(serving("Failed"), plan=deployment_plan("create", onFailure="KEEP"), roll_back=kept).cause

    assert "Kept: endpoint test-endpoint: the request says onFailure KEEP." in text
    assert text.endswith(
        "To remove what was kept:\naws sagemaker delete-endpoint --endpoint-name test-endpoint\naws sagemaker wait"
    )


def test_a_request_without_a_plan_is_reported_with_its_endpoint() -> None:
    found = failure(
        serving(), plan=None, roll_back=None, failure=raised("InvalidRequest", "The request has 1 fault:\n- /x: y")
    )

    assert (found.error.__name__, found.endpoint_name) == ("InvalidRequest", "test-endpoint")
    assert found.cause.startswith("The request has 1 fault:\n- /x: y\nLive config: Endpoint test-endpoint is InService")
    assert found.rolled_back == ""


@pytest.mark.parametrize("request_", ["text", 7, None, [], {}, {"endpointName": "under_score"}, {"endpointName": 5}])
def test_a_request_without_an_endpoint_is_reported(request_: Any) -> None:
    sagemaker = FakeSageMaker()

    found = failure(sagemaker, plan=None, roll_back=None, request=request_)
    notification = found.notification()

    assert sagemaker.calls == []
    assert found.live.sentence == "The request names no endpoint."
    assert (notification.endpoint_name, notification.headline) == (
        "unknown",
        "a request without an endpoint: deployment failed, CreateFailed; the request names no endpoint",
    )


def test_an_approval_without_profile_is_reported_with_its_group() -> None:
    found = failure(
        plan=None,
        roll_back=None,
        request=project.event("model_approved"),
        failure=raised("ProfileNotFound", "There is no deployment profile"),
    )

    assert found.notification().headline == (
        "h2o3-gbm: deployment failed, ProfileNotFound; the request names no endpoint"
    )


@pytest.mark.parametrize("detail", [None, "text", {}, {"ModelPackageGroupName": "x" * 100_000}])
def test_an_approval_without_a_possible_group_is_a_request_without_an_endpoint(detail: Any) -> None:
    found = failure(plan=None, roll_back=None, request={"detail": detail})

    assert found.subject == "a request without an endpoint"


def test_the_notification_has_text_for_people_and_then_data_for_programs() -> None:
    found = failure(plan=deployment_plan("create", []))

    text = text_of(found.notification())

    assert text.startswith(
        "test-endpoint: deployment failed, CreateFailed; no endpoint exists.\n\n"
        "What happened\nEndpoint test-endpoint is Failed: no capacity\n\n"
        "Live config\nThere is no endpoint test-endpoint.\n\n"
        "Rollback\nRemoved: endpoint test-endpoint"
    )
    assert "Endpoint: https://eu-west-1.console.aws.amazon.com/sagemaker/" in text
    assert json.loads(text.splitlines()[-1]) == {
        "outcome": "CreateFailed",
        "endpointName": "test-endpoint",
        "error": "CreateFailed",
        "cause": found.cause,
        "steps": [],
        "executionArn": EXECUTION_ARN,
    }


def test_planned_steps_are_reported_without_their_requests() -> None:
    found = failure()

    assert f"Planned steps\n- Create endpoint config {CONFIG}\n" in text_of(found.notification())
    assert [step.keys() for step in found.steps] == [{"state", "action", "what"}] * 2


def test_an_execution_that_could_not_take_the_lock_has_no_steps_and_is_recorded() -> None:
    found = failure(plan=busy(), roll_back=None, failure={"Error": "EndpointBusy", "Cause": "It is being changed."})

    assert found.steps == []
    assert found.record is not None
    assert (found.record.outcome, found.record.config_name) == ("EndpointBusy", None)


def test_a_refused_request_is_reported_with_sagemakers_message_and_without_a_container_log() -> None:
    words = "Cannot specify VolumeSizeInGB (Service: SageMaker, Status Code: 400, Request ID: 1)"
    where = "Failed in the state Create endpoint config, which called sagemaker:createEndpointConfig."

    found = failure(failed_state=where, failure={"Error": "SageMaker.SageMakerException", "Cause": words})

    assert found.error.__name__ == "RequestRefused"
    assert found.happened == f"SageMaker.SageMakerException: {words}\n{where}"
    assert "/aws/sagemaker/Endpoints" not in found.cause


def test_a_cause_is_limited_to_the_size_that_step_functions_accepts() -> None:
    text = failure(failure={"Error": "InternalError", "Cause": "x" * 100_000}).cause

    assert len(text) <= 30_000
    assert "\n… (cut here: the rest is in the execution history)\nLive config: " in text
    assert text.endswith(InternalError.remedy)


def test_a_cause_that_is_too_long_ends_with_a_whole_command() -> None:
    command = "aws sagemaker delete-model --model-name churn-0123456789ab"
    failed = {
        "Error": "RollbackFailed",
        "Cause": "\n".join(["Commands that complete the rollback, in this order:", *[command] * 1000]),
    }

    lines = failure(roll_back=failed).cause.splitlines()

    assert {line for line in lines if line.startswith("aws")} == {command}


def test_a_redriven_execution_changed_nothing_and_keeps_its_first_record() -> None:
    found = of_redrive(facts(), FakeSageMaker())

    assert (found.error.__name__, found.record, found.rolled_back) == ("ExecutionRedriven", None, "")
    assert found.remedy == "Start the same request again: it continues from the current state."


def test_a_failure_is_recorded_with_its_plan() -> None:
    record = failure().record

    assert record is not None
    assert (record.outcome, record.changed, record.is_deployed) == ("CreateFailed", False, False)
    assert (record.config_name, record.cause) == (CONFIG, "Endpoint test-endpoint is Failed: no capacity")


ROLLED_BACK = {"done": True, "removed": [], "restored": [], "kept": [], "commands": []}


@pytest.mark.parametrize(
    ("roll_back", "is_left"),
    [
        (ROLLED_BACK, None),
        (None, None),  # nothing was changed
        (raised("RollbackFailed", "The rollback stopped"), True),
        (ROLLED_BACK | {"commands": ["aws sagemaker delete-inference-component"]}, True),  # onFailure KEEP
    ],
)
def test_the_record_says_whether_changes_of_components_may_be_left(roll_back: Any, is_left: bool | None) -> None:
    hosting = deployment_plan("none", [create_component()])

    for plan, expected in ((hosting, is_left), (deployment_plan("update"), None)):
        record = failure(serving(), plan=plan, roll_back=roll_back).record
        assert record is not None
        assert record.left_components is expected


def test_the_subject_does_not_claim_that_components_are_unchanged_if_changes_may_be_left() -> None:
    hosting, config = deployment_plan("none", [create_component()]), serving(config=CONFIG)

    left = failure(config, plan=hosting, roll_back=raised("RollbackFailed", "The rollback stopped"))
    restored = failure(config, plan=hosting, roll_back=ROLLED_BACK)

    assert left.notification().headline.endswith("RollbackFailed; inference components may have changed")
    assert restored.notification().headline.endswith("; the live config is unchanged")


def test_a_failure_without_a_plan_is_recorded_for_the_endpoint_of_the_request() -> None:
    record = failure(plan=None, failure={"Error": "InvalidRequest", "Cause": "faults"}, roll_back=None).record

    assert record is not None
    assert (record.endpoint_name, record.deployment_id, record.outcome) == ("test-endpoint", "one", "InvalidRequest")
    assert (record.kind, record.config_name) == ("request", None)


def test_a_failed_rollback_request_is_recorded_as_one() -> None:
    request = {"endpointName": "test-endpoint", "rollback": True}

    record = failure(plan=None, request=request, roll_back=None).record

    assert record is not None
    assert record.kind == "rollback"


@pytest.mark.parametrize(
    "request_", [None, {"endpointName": "-"}, {**project.event("deploy_endpoint"), "dryRun": True}]
)
def test_a_dry_run_and_a_request_without_an_endpoint_leave_no_record(request_: Any) -> None:
    invalid = {"Error": "InvalidRequest", "Cause": "faults"}

    assert failure(plan=None, request=request_, failure=invalid, roll_back=None).record is None


def removal(sagemaker: FakeSageMaker | None = None, **changes: Any) -> Failure:
    kind = {"execution": EXECUTION | {"kind": "removal"}, "roll_back": None}
    denied = {"failure": raised("AccessDenied", "not now")}
    return failure(sagemaker, **{"plan": removal_plan(), **kind, **denied, **changes})


def test_a_failed_removal_reports_that_resources_remain_and_that_the_same_removal_continues() -> None:
    found = removal(serving("Deleting"))
    text = text_of(found.notification())

    assert text.startswith("test-endpoint: removal failed, AccessDenied; serves no traffic.")
    assert "Planned steps\n- Delete endpoint test-endpoint, which is InService" in text
    assert (
        "Not removed\nResources that were not deleted before the failure still exist: a removal is not rolled back.\n"
        in text
    )
    assert "Rollback" not in text
    assert found.cause.endswith(
        'Start the same removal again: it continues where this one stopped. With "dryRun": true it only lists the rest.'
    )


def test_a_removal_without_a_plan_has_nothing_to_continue() -> None:
    found = removal(plan=None, failure=raised("InvalidRequest", "The request has 1 fault:"))

    assert "Start the same removal again" not in found.cause
    assert found.rolled_back == ""


@pytest.mark.parametrize("plan", [removal_plan(), None], ids=["planned", "not planned"])
def test_a_failed_removal_is_recorded_as_one(plan: Any) -> None:
    record = removal(plan=plan).record

    assert record is not None
    assert (record.kind, record.outcome, record.changed) == ("removal", "AccessDenied", False)
