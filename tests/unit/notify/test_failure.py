import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from notify_failure.logic import message, put_on_record, record_of, understand
from shared.announcements import Speaker
from shared.errors import InternalError
from shared.notification import text_of
from tests.support import project
from tests.unit.conftest import ENVIRONMENT, EXECUTION, EXECUTION_ARN, PLANNED, Context
from tests.unit.fakes import FakeLocks, FakeSageMaker, FakeService, FakeSns, client_error

CONFIG_NAME = "test-endpoint-0123456789ab"
CREATE_FAILED = {
    "Error": "CreateFailed",
    "Cause": json.dumps({"errorMessage": "Endpoint test-endpoint is Failed: no capacity", "stackTrace": []}),
}


class FakeHistory(FakeService):
    """Of an execution that failed in "Check endpoint"."""

    service = "stepfunctions"

    def on_get_execution_history(self, parameters: dict[str, Any]) -> Any:
        assert (parameters["executionArn"], parameters["reverseOrder"]) == (EXECUTION_ARN, True)
        failed = {"resourceType": "lambda", "resource": "invoke", "error": "CreateFailed"}
        return {
            "events": [
                {"type": "TaskFailed", "taskFailedEventDetails": failed | {"cause": CREATE_FAILED["Cause"]}},
                {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Check endpoint"}},
            ]
        }


def plan(action: str = "create", on_failure: str = "ROLL_BACK") -> dict[str, Any]:
    return PLANNED | {
        "action": action,
        "endpointName": "test-endpoint",
        "executionArn": EXECUTION_ARN,
        "onFailure": on_failure,
        "endpointConfig": {"name": CONFIG_NAME, "exists": False},
    }


def event(**changes: Any) -> dict[str, Any]:
    return {
        "plan": plan(),
        "request": project.event("deploy_endpoint"),
        "failure": CREATE_FAILED,
        "run": {"arn": EXECUTION_ARN, "redriveCount": 0},
        "rollBack": {
            "done": True,
            "waitSeconds": 1,
            "removed": ["endpoint test-endpoint", f"endpoint config {CONFIG_NAME}"],
            "kept": [],
        },
        "execution": EXECUTION,
        "now": "2026-11-21T05:20:00.000Z",
    } | changes


def cause(sagemaker: FakeSageMaker | None = None, **changes: Any) -> str:
    return understand(event(**changes), sagemaker or FakeSageMaker()).cause


def serving(status: str = "InService", config: str = "old", **members: Any) -> FakeSageMaker:
    sagemaker = FakeSageMaker()
    sagemaker.add_endpoint("test-endpoint", status, config, **members)
    return sagemaker


def test_the_cause_says_what_happened_what_serves_what_was_taken_back_and_what_to_do() -> None:
    assert cause() == (
        "Endpoint test-endpoint is Failed: no capacity\n"
        "What serves now: There is no endpoint test-endpoint.\n"
        f"Removed: endpoint test-endpoint, endpoint config {CONFIG_NAME}.\n"
        "What to do: See the reason above and the container logs in /aws/sagemaker/Endpoints/test-endpoint. "
        "Fix the problem and start again."
    )


@pytest.mark.parametrize(
    ("sagemaker", "sentence"),
    [
        (serving(), "Endpoint test-endpoint is InService; config old serves (AllTraffic: 1 instance)."),
        (
            serving("Updating", PendingDeploymentSummary={"EndpointConfigName": CONFIG_NAME}),
            f"Endpoint test-endpoint is Updating, on its way to config {CONFIG_NAME}; config old serves "
            "(AllTraffic: 1 instance).",
        ),
        (serving("Failed"), "Endpoint test-endpoint is Failed; it serves nobody."),
        (serving("Creating"), "Endpoint test-endpoint is Creating; it serves nobody."),
        (
            serving("UpdateRollbackFailed"),
            "Endpoint test-endpoint is UpdateRollbackFailed: a mix of the old and the new config is live. SageMaker names "
            "config old (AllTraffic: 1 instance).",
        ),
        (serving(ProductionVariants=[]), "Endpoint test-endpoint is InService."),
        (
            serving(
                ProductionVariants=[
                    {"VariantName": "A", "CurrentInstanceCount": 2},
                    {"VariantName": "B", "CurrentServerlessConfig": {}},
                ]
            ),
            "config old serves (A: 2 instances, B: serverless).",
        ),
    ],
)
def test_what_serves_now_is_what_sagemaker_says(sagemaker: FakeSageMaker, sentence: str) -> None:
    assert sentence in cause(sagemaker)


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDeniedException", "not authorized"),
        EndpointConnectionError(endpoint_url="https://sagemaker"),
    ],
)
def test_the_failure_is_told_even_if_nobody_can_say_what_serves(error: Any) -> None:
    sagemaker = FakeSageMaker()
    sagemaker.errors["DescribeEndpoint"] = error

    assert f"It could not be found out what endpoint test-endpoint serves: {error}" in cause(sagemaker)


def test_a_way_back_that_failed_is_the_ending_and_both_causes_are_told() -> None:
    said = "The way back stopped: it is not done after 1 h. In this order:\naws sagemaker delete-endpoint"
    failed = {"Error": "RollbackFailed", "Cause": json.dumps({"errorMessage": said})}

    failure = understand(event(rollBack=failed), serving("Creating"))

    assert failure.ending.__name__ == "RollbackFailed"
    assert failure.happened == (
        f"CreateFailed: Endpoint test-endpoint is Failed: no capacity\nThe way back failed, too: {said}"
    )
    assert failure.remedy.endswith("run its commands in their order.")


def test_a_way_back_that_was_not_allowed_is_a_rollback_that_failed() -> None:
    denied = {"Error": "AccessDenied", "Cause": json.dumps({"errorMessage": "DeleteEndpoint: AccessDeniedException"})}

    failure = understand(event(rollBack=denied), serving("Failed"))

    assert failure.ending.__name__ == "RollbackFailed"
    assert "The way back failed, too: DeleteEndpoint: AccessDeniedException" in failure.cause
    assert failure.cause.endswith(
        "What to do: List what is left:\naws sagemaker describe-endpoint --endpoint-name test-endpoint\n"
        f"aws resourcegroupstaggingapi get-resources --tag-filters Key=slipway:execution,Values={EXECUTION_ARN}"
    )


def test_an_update_whose_rollback_failed_stays_that_when_slipway_cannot_lead_it_back_either() -> None:
    lost = {"Error": "UpdateRollbackFailed", "Cause": json.dumps({"errorMessage": "Endpoint test-endpoint is lost"})}
    stopped = {"Error": "RollbackFailed", "Cause": json.dumps({"errorMessage": "The way back stopped: it may serve"})}

    failure = understand(event(failure=lost, rollBack=stopped), serving("UpdateRollbackFailed"))

    assert failure.ending.__name__ == "UpdateRollbackFailed"
    assert failure.happened == (
        "Endpoint test-endpoint is lost\nThe way back failed, too: The way back stopped: it may serve"
    )


def test_what_was_restored_is_told_beside_what_was_removed() -> None:
    back = {"done": True, "removed": ["endpoint config new"], "restored": ["endpoint x to config old"], "kept": []}

    assert "\nRemoved: endpoint config new.\nRestored: endpoint x to config old.\n" in cause(rollBack=back)


def test_what_was_kept_for_inspection_comes_with_the_commands_that_remove_it() -> None:
    kept = {
        "done": True,
        "removed": [],
        "kept": ["endpoint test-endpoint: the request says onFailure KEEP"],
        "commands": ["aws sagemaker delete-endpoint --endpoint-name test-endpoint", "aws sagemaker wait"],
    }

    text = cause(serving("Failed"), plan=plan(on_failure="KEEP"), rollBack=kept)

    assert "Kept: endpoint test-endpoint: the request says onFailure KEEP." in text
    assert text.endswith(
        "To remove what was kept:\naws sagemaker delete-endpoint --endpoint-name test-endpoint\naws sagemaker wait"
    )


def test_a_request_that_could_not_be_planned_is_told_with_its_endpoint() -> None:
    failed = {"Error": "InvalidRequest", "Cause": json.dumps({"errorMessage": "The request has 1 fault:\n- /x: y"})}

    failure = understand(event(plan=None, rollBack=None, failure=failed), serving())

    assert (failure.ending.__name__, failure.endpoint_name) == ("InvalidRequest", "test-endpoint")
    assert failure.cause.startswith("The request has 1 fault:\n- /x: y\nWhat serves now: Endpoint test-endpoint is InS")
    assert failure.taken_back == ""


@pytest.mark.parametrize("request_", ["text", 7, None, [], {}, {"endpointName": "under_score"}, {"endpointName": 5}])
def test_a_request_without_an_endpoint_is_told_all_the_same(request_: Any) -> None:
    sagemaker = FakeSageMaker()

    failure = understand(event(plan=None, rollBack=None, request=request_), sagemaker)
    told = message(failure, EXECUTION_ARN)

    assert sagemaker.calls == []
    assert failure.serves.sentence == "The request names no endpoint."
    assert (told.endpoint_name, told.headline) == (
        "unknown",
        "a request without an endpoint: deployment failed, CreateFailed; the request names no endpoint",
    )


def test_an_approval_without_profile_is_told_by_its_group() -> None:
    failed = {"Error": "ProfileNotFound", "Cause": json.dumps({"errorMessage": "There is no deployment profile"})}

    failure = understand(
        event(plan=None, rollBack=None, request=project.event("model_approved"), failure=failed), FakeSageMaker()
    )

    assert message(failure, EXECUTION_ARN).headline == (
        "h2o3-gbm: deployment failed, ProfileNotFound; the request names no endpoint"
    )


def test_the_message_is_read_by_people_first_and_by_programs_last() -> None:
    failure = understand(event(), FakeSageMaker())

    text = text_of(message(failure, EXECUTION_ARN))

    assert text.startswith(
        "test-endpoint: deployment failed, CreateFailed; no endpoint exists.\n\n"
        "What happened\nEndpoint test-endpoint is Failed: no capacity\n\n"
        "What serves now\nThere is no endpoint test-endpoint.\n\n"
        "What was taken back\nRemoved: endpoint test-endpoint"
    )
    assert "Endpoint: https://eu-west-1.console.aws.amazon.com/sagemaker/" in text
    assert json.loads(text.splitlines()[-1]) == {
        "outcome": "CreateFailed",
        "endpointName": "test-endpoint",
        "error": "CreateFailed",
        "cause": failure.cause,
        "steps": [],
        "executionArn": EXECUTION_ARN,
    }


def test_a_refused_request_is_reported_with_the_words_of_sagemaker_and_no_log_to_read() -> None:
    words = "Cannot specify VolumeSizeInGB (Service: SageMaker, Status Code: 400, Request ID: 1)"
    refused = {"Error": "SageMaker.SageMakerException", "Cause": words}
    where = "Failed in the state Create endpoint config, which called sagemaker:createEndpointConfig."

    failure = understand(event(failure=refused, failedState=where), FakeSageMaker())

    assert failure.ending.__name__ == "RequestRefused"
    assert failure.happened == f"SageMaker.SageMakerException: {words}\n{where}"
    assert "/aws/sagemaker/Endpoints" not in failure.cause


def test_a_cause_has_its_limit() -> None:
    failed = {"Error": "InternalError", "Cause": "x" * 100_000}

    text = cause(failure=failed)
    assert len(text) <= 30_000
    assert "\n… (cut here: the rest is in the execution history)\nWhat serves now: " in text
    assert text.endswith(InternalError.remedy)


def test_a_cause_that_is_too_long_ends_with_a_whole_command() -> None:
    command = "aws sagemaker delete-model --model-name churn-0123456789ab"
    failed = {"Error": "RollbackFailed", "Cause": "\n".join(["In this order:", *[command] * 1000])}

    lines = cause(rollBack=failed).splitlines()

    assert {line for line in lines if line.startswith("aws")} == {command}


def test_the_doorway_announces_counts_and_answers_with_error_and_cause(
    app: Callable[[str], ModuleType],
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module, sns = app("notify_failure"), FakeSns()
    monkeypatch.setattr(module, "SNS", sns)
    monkeypatch.setattr(module, "SPEAKER", Speaker(FakeLocks(), "locks", "a state"))
    monkeypatch.setattr(module, "SAGEMAKER", FakeSageMaker())
    monkeypatch.setattr(module, "STATES", FakeHistory())

    ending = module.lambda_handler(event(), context)

    assert ending == {
        "error": "CreateFailed",
        "cause": cause(failedState="Failed in the state Check endpoint."),
        "messageId": "67f0c4a4-0000-4000-8000-000000000001",
    }
    assert sns.published["TopicArn"] == ENVIRONMENT["FAILURE_TOPIC_ARN"]
    assert sns.published["Subject"] == ("[test] test-endpoint: deployment failed, CreateFailed; no endpoint exists")
    assert sns.published["MessageAttributes"]["outcome"]["StringValue"] == "CreateFailed"
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [(line["DeploymentsFailed"], line.get("Error")) for line in counted] == [
        ([1.0], "CreateFailed"),
        ([1.0], None),
    ]


def test_a_redriven_execution_is_reported_as_such_whatever_stopped_it_and_its_record_stays(
    app: Callable[[str], ModuleType], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, sns, locks = app("notify_failure"), FakeSns(), FakeLocks()
    for name, value in {
        "SNS": sns,
        "SPEAKER": Speaker(locks, "locks", "a state"),
        "SAGEMAKER": FakeSageMaker(),
    }.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "put_on_record", lambda *_: pytest.fail("wrote a record"))
    stopped_by = {"Error": "States.QueryEvaluationError", "Cause": "ExecutionRedriven"}
    told = event(failure=stopped_by, rollBack=stopped_by, run={"arn": EXECUTION_ARN, "redriveCount": 2})

    ending = module.lambda_handler(told, context)

    assert ending["error"] == "ExecutionRedriven"
    assert ending["cause"].startswith("The execution was redriven. It changed nothing")
    assert ending["cause"].endswith("What to do: Start the same request again: it continues from the current state.")
    assert sns.published["MessageAttributes"]["outcome"]["StringValue"] == "ExecutionRedriven"


def recorded(**changes: Any) -> Any:
    told = event(**changes)
    return record_of(understand(told, FakeSageMaker()), told["plan"], told["execution"], told["now"])


def test_a_failure_is_put_on_record_with_what_was_planned() -> None:
    record = recorded()

    assert (record.outcome, record.changed, record.is_deployed) == ("CreateFailed", False, False)
    assert (record.config_name, record.cause) == (CONFIG_NAME, "Endpoint test-endpoint is Failed: no capacity")


def test_a_failure_before_there_was_a_plan_is_put_on_record_for_the_endpoint_that_the_request_names() -> None:
    record = recorded(plan=None, failure={"Error": "InvalidRequest", "Cause": "faults"}, rollBack=None)

    assert (record.endpoint_name, record.deployment_id, record.outcome) == ("test-endpoint", "one", "InvalidRequest")
    assert record.config_name is None


@pytest.mark.parametrize(
    "request_", [None, {"endpointName": "-"}, {**project.event("deploy_endpoint"), "dryRun": True}]
)
def test_what_is_no_deployment_of_an_endpoint_leaves_no_record(request_: Any) -> None:
    failure = {"Error": "InvalidRequest", "Cause": "faults"}

    assert recorded(plan=None, request=request_, failure=failure, rollBack=None) is None


def test_a_failure_that_cannot_be_put_on_record_says_so_where_it_says_what_to_do() -> None:
    table = FakeLocks()
    table.errors["PutItem"] = client_error("AccessDeniedException", "not now", "PutItem")
    failure = understand(event(), FakeSageMaker())

    told = put_on_record(failure, event(), table, "deployments")

    assert told.remedy == (
        f"{failure.remedy}\nDeployment one is not on record, so a rollback knows nothing of it: "
        "PutItem: AccessDeniedException: not now. Mend that before the next one."
    )
    assert told.cause.endswith(told.remedy)


def removal(**changes: Any) -> dict[str, Any]:
    step = {"state": "Delete endpoint", "action": "delete", "what": "endpoint test-endpoint, which is InService"}
    planned = {
        "action": "remove",
        "endpointName": "test-endpoint",
        "executionArn": EXECUTION_ARN,
        "trigger": {"kind": "removal"},
        "steps": [step],
    }
    failure = {"Error": "AccessDenied", "Cause": json.dumps({"errorMessage": "not now"})}
    left = {"kept": ["what of the plan is not gone yet; a removal is not rolled back"]}
    return event(plan=planned, failure=failure, rollBack=left, execution=EXECUTION | {"kind": "removal"}) | changes


def test_a_removal_that_failed_is_called_one_and_says_how_to_go_on() -> None:
    failure = understand(removal(), serving("Deleting"))
    text = text_of(message(failure, EXECUTION_ARN))

    assert text.startswith("test-endpoint: removal failed, AccessDenied; serves nobody.")
    assert "What was planned\n- Delete endpoint test-endpoint, which is InService" in text
    assert "What was taken back\nKept: what of the plan is not gone yet; a removal is not rolled back." in text
    assert failure.cause.endswith(
        'Start the same removal again: it takes up where this one stopped. With "dryRun": true it lists what is left.'
    )


def test_a_removal_that_has_no_plan_is_not_to_be_started_again_as_it_is() -> None:
    refused = {"Error": "InvalidRequest", "Cause": json.dumps({"errorMessage": "The request has 1 fault:"})}

    failure = understand(removal(plan=None, failure=refused, rollBack=None), FakeSageMaker())

    assert "Start the same removal again" not in failure.cause


@pytest.mark.parametrize("with_plan", [True, False])
def test_a_removal_that_failed_is_on_record_as_one(with_plan: bool) -> None:
    told = removal() if with_plan else removal(plan=None)

    record = record_of(understand(told, FakeSageMaker()), told["plan"], told["execution"], told["now"])

    assert record is not None
    assert (record.kind, record.outcome, record.changed) == ("removal", "AccessDenied", False)
