"""The state machines keep the rules that an on-call engineer relies on."""

from typing import Any

import botocore.session
import pytest

from emulator.stepfunctions.errors import QueryEvaluationError
from emulator.stepfunctions.jsonata import evaluate, fill
from recover_execution import recovery
from shared import errors
from shared.planning import turn
from tests.support import project
from tools import graph

STATES = {
    "States.ALL",
    "States.DataLimitExceeded",
    "States.Timeout",
}
LAMBDA = {
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Sandbox.Timedout",
}
DYNAMODB = {
    "DynamoDB.AmazonDynamoDBException",
    "DynamoDB.ConditionalCheckFailedException",
    "DynamoDB.InternalServerErrorException",
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceededException",
    "DynamoDB.SdkClientException",
    "DynamoDB.ThrottlingException",
}
# aws-sdk integrations name every unmodelled error for the service (Step Functions developer guide, supported services).
SDK = {
    "SageMaker.SageMakerException",
    "SageMaker.SdkClientException",
}
TASKS = [(machine, state) for machine in project.MACHINES for state in sorted(project.tasks(machine))]
STATES_OF_ALL = [named for machine in project.MACHINES for named in project.states(machine).items()]
SERVICES = {
    "aws-sdk:sagemaker": "sagemaker",  # not the optimized integration, which knows a few fields only
    "dynamodb": "dynamodb",
}


def machines(machine: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [
        each for state in machine["States"].values() for branch in graph.branches(state) for each in machines(branch)
    ]
    return [machine, *inner]


@pytest.mark.parametrize("machine", project.MACHINES)
def test_a_choice_assigns_in_its_rules_only(machine: str) -> None:
    """The guide applies a Choice's own Assign whichever rule matches; a recording of 12/2024 only where none does."""
    choices = {name: state for name, state in project.states(machine).items() if state["Type"] == "Choice"}

    assert [name for name, state in choices.items() if {"Assign", "Output"} & set(state)] == []


@pytest.mark.parametrize("machine", project.MACHINES)
def test_every_state_says_why_it_is_there(machine: str) -> None:
    assert [name for name, state in project.states(machine).items() if len(state.get("Comment", "")) < 20] == []


@pytest.mark.parametrize(("machine", "state"), TASKS)
def test_every_task_has_a_timeout_and_retries_by_name_with_full_jitter(machine: str, state: str) -> None:
    task = project.tasks(machine)[state]

    if state != "Check endpoint":  # its timeout is a schedule: test_schedule.py
        assert 0 < task["TimeoutSeconds"] <= 120
    for retrier in task["Retry"]:
        assert "States.ALL" not in retrier["ErrorEquals"]
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["BackoffRate"] == 2


def test_a_call_of_dynamodb_is_retried_under_the_one_name_of_what_its_integration_does_not_know() -> None:
    """Throttling and an unavailable service are among it."""
    retried = [
        [error for retrier in state["Retry"] for error in retrier["ErrorEquals"]]
        for _, state in STATES_OF_ALL
        if ":states:::dynamodb:" in state.get("Resource", "")
    ]

    assert [errors for errors in retried if "DynamoDB.AmazonDynamoDBException" not in errors] == []
    assert retried


@pytest.mark.parametrize("cause", [None, "", "words", '{"errorMessage": "words"}', "{}"])
def test_a_notification_that_cannot_be_sent_is_put_into_words_whatever_the_failures_say(cause: str | None) -> None:
    failure = {"Error": "E" if cause else None, "Cause": cause}
    plan = {"endpointName": "e", "endpointConfig": {"name": "c"}}
    bindings = {"failure": failure, "plan": plan, "states": {"errorOutput": failure}, "rollBack": failure}
    endings = [
        catcher["Assign"]["ending"]["cause"]
        for _, state in STATES_OF_ALL
        for catcher in state.get("Catch", [])
        if "ending" in catcher.get("Assign", {})
    ]

    for ending in endings:
        assert "could not be sent: " in evaluate(ending, bindings)
    assert endings


@pytest.mark.parametrize(("machine", "state"), TASKS)
def test_a_redriven_execution_changes_nothing_whichever_task_it_resumes_at(machine: str, state: str) -> None:
    """A function refuses it by `redriveCount`; of what Step Functions calls itself the arguments are an error."""
    task = project.tasks(machine)[state]
    arguments = task["Arguments"]
    count = "{% $states.context.Execution.RedriveCount %}"
    if state == "Notify failure":  # which reports it, by the count
        assert arguments["Payload"]["run"] == {"arn": "{% $states.context.Execution.Id %}", "redriveCount": count}
    elif state in project.lambda_states():
        assert arguments["Payload"]["redriveCount"] == count
    else:
        context = {"Execution": {"Id": "me", "RedriveCount": 1}, "State": {"EnteredTime": "now"}}
        request = {"request": {"Name": "n"}}
        plan = {"model": request, "endpointConfig": request, "endpoint": request, "lock": {"id": "l"}}
        bindings = {"states": {"context": context}, "plan": plan, "execution": {"arn": "other"}}
        with pytest.raises(QueryEvaluationError, match="ExecutionRedriven"):
            fill(arguments, bindings, "Arguments")
        context["Execution"]["RedriveCount"] = 0
        fill(arguments, bindings, "Arguments")


@pytest.mark.parametrize("machine", project.MACHINES)
def test_an_execution_that_was_redriven_at_its_fail_state_says_so(machine: str) -> None:
    (fail,) = (
        state for state in project.state_machine(machine)["States"].values() if "$ending" in str(state.get("Cause"))
    )

    def said(redrive_count: int, error: str) -> tuple[str, str]:
        context = {"Execution": {"RedriveCount": redrive_count}}
        bindings = {"states": {"context": context}, "ending": {"error": error, "cause": "because"}}
        return evaluate(fail["Error"], bindings), evaluate(fail["Cause"], bindings)

    assert said(0, "CreateFailed") == ("CreateFailed", "because")
    assert said(1, "ExecutionRedriven") == ("ExecutionRedriven", "because")
    assert said(1, "CreateFailed") == (
        "ExecutionRedriven",
        "The execution was redriven, which changes nothing. Start the same request again. "
        "It had ended with CreateFailed: because",
    )


def test_every_error_that_is_named_exists() -> None:
    named = {
        error
        for _, state in STATES_OF_ALL
        for rule in state.get("Retry", []) + state.get("Catch", [])
        for error in rule["ErrorEquals"]
    }

    own = {name for name in named if issubclass(getattr(errors, name, type(None)), Exception)}

    assert named - STATES - LAMBDA - DYNAMODB - SDK - own == set()


def test_what_no_catch_all_matches_is_caught_by_name() -> None:
    for _, state in STATES_OF_ALL:
        catches = [error for catcher in state.get("Catch", []) for error in catcher["ErrorEquals"]]
        if state["Type"] == "Parallel" or "Plan" in str(state.get("Arguments")):
            assert catches == ["States.DataLimitExceeded", "States.ALL"]


def test_failures_in_the_try_block_are_left_to_its_one_catch_but_for_those_that_are_none() -> None:
    """A look that is due, a call whose answer was lost; and, once all is as asked, old configs and a lock that stay."""
    (branch,) = project.state_machine()["States"]["Try deployment"]["Branches"]

    catches = {name: state["Catch"] for name, state in branch["States"].items() if "Catch" in state}
    native = ("Create model", "Create endpoint config", "Create endpoint", "Update endpoint", "Shift traffic")

    assert {catcher["Next"] for name in native for catcher in catches.pop(name)} == {"Look at refused call"}
    assert catches == {
        "Check endpoint": [{"ErrorEquals": ["States.Timeout"], "Next": "Check endpoint"}],
        "Remove configs and models": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"old": "{% $states.errorOutput %}"},
                "Next": "Unlock endpoint",
            }
        ],
        "Unlock endpoint": [{"ErrorEquals": ["States.ALL"], "Next": "Leave the lock behind"}],
    }


@pytest.mark.parametrize("name", project.MACHINES)
def test_no_state_is_dangling_or_unreachable(name: str) -> None:
    for machine in machines(project.state_machine(name)):
        targets = {edge.target for edge in graph.edges(machine)} | {machine["StartAt"]}

        assert targets == set(machine["States"])


def test_every_native_call_is_an_operation_of_its_service() -> None:
    calls = {state["Resource"] for _, state in STATES_OF_ALL if state["Type"] == "Task"}

    for resource in {call for call in calls if "lambda" not in call}:
        prefix, action = resource.rsplit(":", 1)
        service = SERVICES[prefix.removeprefix("arn:${Partition}:states:::")]
        operations = botocore.session.get_session().get_service_model(service).operation_names
        assert action[0].upper() + action[1:] in operations


def test_whatever_fails_after_planning_ends_failed_by_the_way_back_and_one_message() -> None:
    way = {
        edge.source: edge.target for edge in graph.edges(project.state_machine()) if not edge.label and not edge.caught
    }
    catch = {edge.source: edge.target for edge in graph.edges(project.state_machine()) if edge.caught}

    assert catch["Try deployment"] == "Roll back"
    assert catch["Roll back"] == "Unlock after roll back"
    assert (way["Unlock after roll back"], catch["Unlock after roll back"]) == ("Notify failure", "Notify failure")
    assert way["Notify failure"] == "Deployment failed"
    assert project.state_machine()["States"]["Deployment failed"]["Type"] == "Fail"


def test_in_a_removal_nothing_is_caught_by_itself_but_a_lock_that_stays() -> None:
    (branch,) = project.state_machine(project.REMOVES)["States"]["Try removal"]["Branches"]

    catches = {name: state["Catch"] for name, state in branch["States"].items() if "Catch" in state}

    assert catches == {"Unlock endpoint": [{"ErrorEquals": ["States.ALL"], "Next": "Leave the lock behind"}]}


def test_a_removal_frees_the_lock_and_tells_whatever_fails() -> None:
    machine = project.state_machine(project.REMOVES)
    way = {edge.source: edge.target for edge in graph.edges(machine) if not edge.label and not edge.caught}
    catch = {edge.source: edge.target for edge in graph.edges(machine) if edge.caught}

    assert catch["Try removal"] == "Unlock after failure"
    assert (way["Unlock after failure"], catch["Unlock after failure"]) == ("Notify failure", "Notify failure")
    assert (way["Notify failure"], catch["Notify failure"]) == ("Removal failed", "Removal failed")
    assert machine["States"]["Removal failed"]["Type"] == "Fail"


def test_a_removal_waits_for_its_turn_and_releases_the_lock_as_a_deployment_does() -> None:
    deploys, removes = project.states(), project.states(project.REMOVES)
    first, second = (states["Whose turn is it?"] for states in (deploys, removes))

    assert [rule["Condition"] for rule in first["Choices"]] == [rule["Condition"] for rule in second["Choices"]]
    assert first["Choices"][-1] == second["Choices"][-1]
    assert deploys["Wait for turn"]["Seconds"] == removes["Wait for turn"]["Seconds"]
    assert deploys["Unlock endpoint"]["Arguments"] == removes["Unlock endpoint"]["Arguments"]


@pytest.mark.parametrize(("unused", "go"), [(None, True), ({"left": []}, True), ({"left": ["model m"]}, False)])
def test_the_records_stay_while_a_config_or_a_model_is_left(unused: dict[str, Any] | None, go: bool) -> None:
    (choice,) = project.states(project.REMOVES)["Are there records to remove?"]["Choices"]

    assert choice["Next"] == "Remove records"
    assert evaluate(choice["Condition"], {"plan": {"records": 2}, "unused": unused}) is go


def test_states_of_one_name_call_the_same_alike_in_every_machine() -> None:
    """So that a function need not know which machine calls it, and what is learnt of one holds for the other."""
    seen: dict[str, Any] = {}
    for name, state in STATES_OF_ALL:
        call = [state.get(member) for member in ("Type", "Resource", "TimeoutSeconds", "Retry")]
        if name in project.lambda_states():
            call.append(sorted(state["Arguments"]["Payload"]))

        assert seen.setdefault(name, call) == call


def test_the_states_that_tell_what_an_execution_left_unfinished_exist() -> None:
    assert {recovery.PLANNED, recovery.CHANGING, *recovery.DONE} <= set(project.states())


def test_what_a_stopped_execution_has_called_is_waited_for_as_long_as_any_function_may_work() -> None:
    resources = project.transformed()["Resources"].values()
    longest = max(each["Properties"]["Timeout"] for each in resources if each["Type"] == "AWS::Lambda::Function")
    machine = project.state_machine(project.TAKES_BACK)
    before = [edge.source for edge in graph.edges(machine) if edge.target == "Roll back"]

    assert before == ["Wait for calls in flight", "Wait for roll back"]
    assert machine["States"]["Wait for calls in flight"]["Seconds"] == turn.CALL_SECONDS >= longest


def test_taking_back_frees_the_lock_and_tells_whatever_fails() -> None:
    machine = project.state_machine(project.TAKES_BACK)
    way = {edge.source: edge.target for edge in graph.edges(machine) if not edge.label and not edge.caught}
    catch = {edge.source: edge.target for edge in graph.edges(machine) if edge.caught}

    assert (catch["Take over lock"], catch["Roll back"]) == ("Notify failure", "Unlock after roll back")
    assert (way["Unlock after roll back"], catch["Unlock after roll back"]) == ("Notify failure", "Notify failure")
    assert catch["Notify failure"] == "Taking back failed"
