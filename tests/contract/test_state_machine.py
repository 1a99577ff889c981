"""The state machines follow the rules on which an on-call engineer relies."""

import json
import re
from typing import Any, get_type_hints

import botocore.session
import pytest

from local_aws.offline import QueryEvaluationError, definition_problems, evaluate, fill
from recover_execution import recovery
from shared import errors, locks, plan
from shared.planning import turn
from slipway import graph
from tests.support import project

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
NATIVE = (
    "CreateModel",
    "CreateEndpointConfig",
    "CreateEndpoint",
    "UpdateEndpoint",
    "UpdateEndpointWeightsAndCapacities",
)
NATIVE_STATES = ("Create model", "Create endpoint config", "Create endpoint", "Update endpoint", "Shift traffic")
TASKS = [(machine, state) for machine in project.MACHINES for state in sorted(project.tasks(machine))]
STATES_OF_ALL = [named for machine in project.MACHINES for named in project.states(machine).items()]
SERVICES = {
    "aws-sdk:sagemaker": "sagemaker",  # the optimized integration supports only a few fields
    "dynamodb": "dynamodb",
}


def machines(machine: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [
        each for state in machine["States"].values() for branch in graph.branches(state) for each in machines(branch)
    ]
    return [machine, *inner]


@pytest.mark.parametrize("machine", project.MACHINES)
def test_a_choice_assigns_only_in_its_rules(machine: str) -> None:
    """The guide applies a Choice's own Assign with any rule; a recording of 12/2024 only if no rule matches."""
    choices = {name: state for name, state in project.states(machine).items() if state["Type"] == "Choice"}

    assert [name for name, state in choices.items() if {"Assign", "Output"} & set(state)] == []


@pytest.mark.parametrize("machine", project.MACHINES)
def test_every_state_has_a_comment(machine: str) -> None:
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


def test_a_dynamodb_call_is_retried_under_the_only_name_of_unmodelled_errors() -> None:
    """They include throttling and an unavailable service."""
    retried = [
        [error for retrier in state["Retry"] for error in retrier["ErrorEquals"]]
        for _, state in STATES_OF_ALL
        if ":states:::dynamodb:" in state.get("Resource", "")
    ]

    assert [errors for errors in retried if "DynamoDB.AmazonDynamoDBException" not in errors] == []
    assert retried


@pytest.mark.parametrize(("machine", "state"), TASKS)
def test_a_redriven_execution_changes_nothing_in_any_task(machine: str, state: str) -> None:
    """A function refuses it by `redriveCount`; the arguments of a native call raise an error."""
    task = project.tasks(machine)[state]
    arguments = task["Arguments"]
    count = "{% $states.context.Execution.RedriveCount %}"
    if state == "Notify failure":  # which reports it, by the count
        assert arguments["Payload"]["run"] == {"arn": "{% $states.context.Execution.Id %}", "redriveCount": count}
    elif state in project.lambda_states():
        assert arguments["Payload"]["redriveCount"] == count
    else:
        context = {"Execution": {"Id": "me", "RedriveCount": 1}, "State": {"EnteredTime": "now"}}
        planned = {"endpointName": "e", "steps": [{"operation": name, "request": {"Name": "n"}} for name in NATIVE]}
        machine_input = {"plan": planned, "execution": {"arn": "other"}}
        bindings = {"states": {"context": context, "input": machine_input}, "plan": planned}
        with pytest.raises(QueryEvaluationError, match="ExecutionRedriven"):
            fill(arguments, bindings, "Arguments")
        context["Execution"]["RedriveCount"] = 0
        fill(arguments, bindings, "Arguments")


@pytest.mark.parametrize("machine", project.MACHINES)
def test_an_execution_redriven_at_its_fail_state_reports_it(machine: str) -> None:
    (fail,) = (state for state in project.states(machine).values() if state["Type"] == "Fail")

    def said(redrive_count: int, error: str) -> tuple[str, str]:
        context = {"Execution": {"RedriveCount": redrive_count}}
        bindings = {"states": {"context": context}, "failed": {"error": error, "cause": "because"}}
        return evaluate(fail["Error"], bindings), evaluate(fail["Cause"], bindings)

    assert said(0, "CreateFailed") == ("CreateFailed", "because")
    assert said(1, "ExecutionRedriven") == ("ExecutionRedriven", "because")
    assert said(1, "CreateFailed") == (
        "ExecutionRedriven",
        "The execution was redriven, which changes nothing. Start the same request again. "
        "It had ended with CreateFailed: because",
    )


def test_every_caught_or_retried_error_exists() -> None:
    named = {
        error
        for _, state in STATES_OF_ALL
        for rule in state.get("Retry", []) + state.get("Catch", [])
        for error in rule["ErrorEquals"]
    }

    own = {name for name in named if issubclass(getattr(errors, name, type(None)), Exception)}

    assert named - STATES - LAMBDA - DYNAMODB - SDK - own == set()


def test_errors_that_no_catch_all_matches_are_caught_by_name() -> None:
    for _, state in STATES_OF_ALL:
        catches = [error for catcher in state.get("Catch", []) for error in catcher["ErrorEquals"]]
        if state["Type"] == "Parallel" or "${Plan" in str(state.get("Arguments")):
            assert catches == ["States.DataLimitExceeded", "States.ALL"]


@pytest.mark.parametrize("state", ["Roll back", "Notify success", "Notify failure", "Notify removal", "Take over lock"])
def test_an_attempt_without_an_answer_is_not_the_last_one_where_nothing_else_follows(state: str) -> None:
    """Each such call checks what exists first, so that another attempt is harmless."""
    found = [each for name, each in STATES_OF_ALL if name == state]

    retried = [[error for rule in each["Retry"] for error in rule["ErrorEquals"]] for each in found]

    assert found
    assert all("States.Timeout" in errors for errors in retried)


def test_failures_in_the_try_block_are_left_to_its_catch_except_for_two_that_may_be_none() -> None:
    """A check that is due, and a refused call whose first response may be lost: the next function checks both."""
    (branch,) = project.state_machine()["States"]["Try deployment"]["Branches"]

    catches = {name: state["Catch"] for name, state in graph.states(branch) if "Catch" in state}

    assert {name: [catcher["Next"] for catcher in each] for name, each in catches.items()} == {
        "Create model": ["Keep refusal"],
        "Create endpoint config": ["Prepare endpoint"],
        "Create endpoint": ["Check endpoint"],
        "Update endpoint": ["Check endpoint"],
        "Shift traffic": ["Check endpoint"],
        "Check endpoint": ["Check endpoint"],
    }
    assert {error for name in NATIVE_STATES for error in catches[name][0]["ErrorEquals"]} == {*SDK, "States.Timeout"}
    assert catches["Check endpoint"][0]["ErrorEquals"] == ["States.Timeout"]


@pytest.mark.parametrize("state", NATIVE_STATES)
def test_a_refusal_has_its_state_and_operation(state: str) -> None:
    task = project.states()[state]
    output = {"Error": "SageMaker.SageMakerException", "Cause": "no"}
    context = {"State": {"EnteredTime": "now"}}
    states = {"errorOutput": output, "context": context, "input": {"ModelName": "m"}}

    (catcher,) = task["Catch"]
    member = "Output" if state == "Create model" else "Assign"
    refused = fill(catcher[member], {"refused": [], "states": states}, member)["refused"]

    operation = task["Resource"].rpartition(":")[2]
    expected = {"state": state, "operation": operation[0].upper() + operation[1:], "failure": output}
    assert refused == (expected | {"modelName": "m"} if state == "Create model" else [expected])


@pytest.mark.parametrize(
    ("results", "names"),
    [
        ([{}], []),
        ([{}, {}], []),
        ([{"refused": {"modelName": "a"}}], ["a"]),
        ([{"refused": {"modelName": "a"}}, {}, {"refused": {"modelName": "c"}}], ["a", "c"]),
    ],
)
def test_the_refusals_of_all_models_are_a_list(results: list[dict[str, Any]], names: list[str]) -> None:
    assigned = fill(project.states()["Create models"]["Assign"], {"states": {"result": results}}, "Assign")

    assert [each["modelName"] for each in assigned["refused"]] == names


@pytest.mark.parametrize("count", [1, 2])
def test_one_model_is_an_item_like_several(count: int) -> None:
    steps = [{"operation": "CreateModel", "request": {"ModelName": f"m-{number}"}} for number in range(count)]
    steps.append({"operation": "CreateEndpoint", "request": {}})

    items = evaluate(project.states()["Create models"]["Items"], {"plan": {"steps": steps}})

    assert items == [step["request"] for step in steps[:count]]


def test_a_refusal_is_added_to_those_before_it() -> None:
    (catcher,) = project.states()["Create endpoint config"]["Catch"]
    bindings = {"refused": [{"state": "Create model"}], "states": {"errorOutput": {"Error": "no"}}}

    assigned = fill(catcher["Assign"], bindings, "Assign")

    assert [each["state"] for each in assigned["refused"]] == ["Create model", "Create endpoint config"]


@pytest.mark.parametrize("machine", project.MACHINES)
def test_every_path_into_the_plan_is_a_member_of_the_plan(machine: str) -> None:
    """The state machines read no key that functions/shared/plan.py does not have."""
    text = json.dumps(project.state_machine(machine))
    keys = {*get_type_hints(plan.DeploymentPlan), *get_type_hints(plan.RemovalPlan)}
    inner = {"busy": set(get_type_hints(plan.Busy)), "steps": set(get_type_hints(plan.Step))}

    paths = set(re.findall(r"(?:\$|\.Input\.|\.input\.)plan\.(\w+)(?:\[(\w+) = '\w+'\])?(?:\.(\w+))?", text))

    assert {key for key, _, _ in paths} <= keys
    assert {(key, name) for key, *names in paths for name in names if name and name not in inner[key]} == set()
    assert paths


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


def test_any_failure_after_planning_leads_to_the_rollback_and_one_notification() -> None:
    follows, catch = followers(project.DEPLOYS)

    assert catch["Try deployment"] == "Roll back"
    assert catch["Roll back"] == "Notify failure"
    assert (follows["Notify failure"], catch["Notify failure"]) == ("Deployment failed", "Deployment failed")


def test_a_clean_up_that_fails_does_not_fail_the_deployment() -> None:
    follows, catch = followers(project.DEPLOYS)

    assert (follows["Try deployment"], follows["Clean up"], catch["Clean up"]) == (
        "Clean up",
        "Notify success",
        "Notify success",
    )


def test_any_failure_of_a_removal_leads_to_one_notification() -> None:
    follows, catch = followers(project.REMOVES)

    assert catch["Remove endpoint"] == "Notify failure"
    assert (follows["Notify failure"], catch["Notify failure"]) == ("Removal failed", "Removal failed")


def followers(machine: str) -> tuple[dict[str, str], dict[str, str]]:
    """Next state of each state, and next state after its failure."""
    edges = list(graph.edges(project.state_machine(machine)))
    follows = {edge.source: edge.target for edge in edges if not edge.label and not edge.caught}
    return follows, {edge.source: edge.target for edge in edges if edge.caught}


def test_a_removal_waits_for_its_turn_like_a_deployment() -> None:
    deploys, removes = project.states(), project.states(project.REMOVES)
    first, second = (states["Whose turn is it?"] for states in (deploys, removes))

    assert [rule["Condition"] for rule in first["Choices"]] == [rule["Condition"] for rule in second["Choices"]]
    assert first["Choices"][-1] == second["Choices"][-1]
    assert deploys["Wait for turn"]["Seconds"] == removes["Wait for turn"]["Seconds"]


def test_states_with_the_same_name_make_the_same_call_in_every_machine() -> None:
    """A function does not have to know which machine calls it, and a runbook holds for all machines."""
    seen: dict[str, Any] = {}
    for name, state in STATES_OF_ALL:
        call = [state.get(member) for member in ("Type", "Resource", "TimeoutSeconds", "Retry")]
        if name in project.lambda_states():
            call.append(sorted(state["Arguments"]["Payload"]))

        assert seen.setdefault(name, call) == call


def test_the_states_that_decide_whether_an_execution_can_be_rolled_back_exist() -> None:
    assert {recovery.PLANNED, recovery.CHANGING, *recovery.DONE} <= set(project.states())


def test_a_recovery_waits_as_long_as_any_function_of_the_ended_execution_may_run() -> None:
    resources = project.transformed()["Resources"].values()
    functions = [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Function"]
    # A test that is still running changes nothing.
    longest = max(each["Timeout"] for each in functions if each["Handler"] != "test_endpoint.app.lambda_handler")
    machine = project.state_machine(project.RECOVERS)
    before = [edge.source for edge in graph.edges(machine) if edge.target == "Roll back"]

    assert before == ["Wait for calls in flight", "Wait for rollback"]
    assert machine["States"]["Wait for calls in flight"]["Seconds"] == turn.CALL_SECONDS >= longest


def test_any_failure_of_a_recovery_leads_to_one_notification() -> None:
    _, catch = followers(project.RECOVERS)

    assert (catch["Take over lock"], catch["Roll back"]) == ("Notify failure", "Notify failure")
    assert catch["Notify failure"] == "Recovery failed"


def test_a_recovery_takes_over_the_lock_by_its_key() -> None:
    arguments = project.states(project.RECOVERS)["Take over lock"]["Arguments"]
    machine_input = {"plan": {"endpointName": "Churn-EU"}, "execution": {"arn": "ended"}}
    context = {"Execution": {"Id": "me", "RedriveCount": 0}, "State": {"EnteredTime": "now"}}

    filled = fill(arguments, {"states": {"context": context, "input": machine_input}}, "Arguments")

    assert filled["Key"] == {"lockId": {"S": locks.lock_id("Churn-EU")}}


@pytest.mark.parametrize("machine", project.MACHINES)
def test_step_functions_accepts_each_state_machine(machine: str) -> None:
    text = json.dumps(project.state_machine(machine)).replace("${Partition}", "aws")

    assert definition_problems(text) == ()
