"""Executions: names, versions, logs, events, pages of history."""

import json
from typing import Any

import pytest

from local_aws import LocalAws
from support.callers import allow, error_of, make_role
from support.machines import TRUST, Machines, jsonata, pass_on, task
from support.queues import make_queue, next_message


@pytest.fixture(scope="module")
def machines(local_aws: LocalAws) -> Machines:
    return Machines(local_aws)


def test_the_same_name_and_input_is_the_same_execution_while_it_runs(machines: Machines, local_aws: LocalAws) -> None:
    waits = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity.waitForTaskToken",
        "Arguments": {},
        "End": True,
    }
    machine = machines.create(jsonata("A", {"A": waits}))
    start = machines.states.start_execution
    first = start(stateMachineArn=machine, name="once", input="{}")

    again = start(stateMachineArn=machine, name="once", input="{}")

    assert again["executionArn"] == first["executionArn"]
    with pytest.raises(machines.states.exceptions.ExecutionAlreadyExists, match="once"):
        start(stateMachineArn=machine, name="once", input='{"other": 1}')
    machines.states.stop_execution(executionArn=first["executionArn"])
    with pytest.raises(machines.states.exceptions.ExecutionAlreadyExists):
        start(stateMachineArn=machine, name="once", input="{}")


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', "Infinity", '{"a": 1e999}', '{"a": -1e999}'])
def test_input_that_is_not_json_is_refused(machines: Machines, text: str) -> None:
    machine = machines.create(jsonata("A", {"A": pass_on(1)}))

    with pytest.raises(machines.states.exceptions.InvalidExecutionInput, match="Invalid State Machine Execution Input"):
        machines.states.start_execution(stateMachineArn=machine, input=text)


def test_an_update_returns_its_revision(machines: Machines) -> None:
    machine = machines.create(jsonata("A", {"A": pass_on("old")}))
    update = machines.states.update_state_machine

    same = update(stateMachineArn=machine, definition=json.dumps(jsonata("A", {"A": pass_on("old")})))
    other = update(stateMachineArn=machine, definition=json.dumps(jsonata("A", {"A": pass_on("new")})))

    described = machines.states.describe_state_machine(stateMachineArn=machine)
    assert "revisionId" not in same
    assert other["revisionId"] == described["revisionId"]


def test_an_empty_update_is_refused(machines: Machines) -> None:
    machine = machines.create(jsonata("A", {"A": pass_on(1)}))

    with pytest.raises(machines.states.exceptions.MissingRequiredParameter, match="must be specified"):
        machines.states.update_state_machine(stateMachineArn=machine)


def test_an_alias_of_the_same_version_twice_is_refused(machines: Machines) -> None:
    machine = machines.create(jsonata("A", {"A": pass_on(1)}), publish=True)
    half = {"stateMachineVersionArn": f"{machine}:1", "weight": 50}

    with pytest.raises(machines.states.exceptions.ValidationException, match="must contain distinct state machine ver"):
        machines.states.create_state_machine_alias(name="live", routingConfiguration=[half, half])


def test_deleting_a_missing_alias_is_not_an_error(machines: Machines) -> None:
    machine = machines.create(jsonata("A", {"A": pass_on(1)}), publish=True)
    whole = {"stateMachineVersionArn": f"{machine}:1", "weight": 100}
    machines.states.create_state_machine_alias(name="live", routingConfiguration=[whole])

    for _ in range(2):
        machines.states.delete_state_machine_alias(stateMachineAliasArn=f"{machine}:live")

    assert machines.states.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"] == []


@pytest.mark.parametrize("ending", ["send_task_success", "send_task_failure", "send_task_heartbeat"])
def test_answering_a_task_needs_a_right_on_its_state_machine(
    machines: Machines, local_aws: LocalAws, ending: str
) -> None:
    queue = local_aws.client("sqs").create_queue(QueueName=ending)["QueueUrl"]
    body = "{% $states.context.Task.Token %}"
    arguments = {"QueueUrl": queue, "MessageBody": body}
    machine = machines.create(jsonata("A", {"A": task("sqs:sendMessage.waitForTaskToken", arguments)}))
    machines.start(machine)
    (message,) = local_aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    more = {"output": "{}"} if ending == "send_task_success" else {}
    parameters = {"taskToken": message["Body"], **more}
    other = machines.create(jsonata("A", {"A": pass_on(1)}))
    stranger, worker = (make_role(local_aws, allow("states:SendTask*", arn)) for arn in (other, machine))

    code, said, _ = error_of(getattr(stranger.client("stepfunctions"), ending), **parameters)
    getattr(worker.client("stepfunctions"), ending)(**parameters)

    assert (code, f"on resource: {machine}" in said) == ("AccessDeniedException", True)


def test_a_version_and_an_alias_run_the_published_definition(machines: Machines) -> None:
    machine = machines.create(jsonata("A", {"A": pass_on("old")}))
    version = machines.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    routing = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = machines.states.create_state_machine_alias(name="live", routingConfiguration=routing)[
        "stateMachineAliasArn"
    ]
    newer = json.dumps(jsonata("A", {"A": pass_on("new")}))

    machines.states.update_state_machine(stateMachineArn=machine, definition=newer)

    outputs = [machines.wait(machines.start(arn)).output for arn in (machine, version, alias)]
    assert outputs == ["new", "old", "old"]


def test_the_history_has_pages_and_can_be_reversed(machines: Machines) -> None:
    ended = machines.run(jsonata("A", {"A": {"Type": "Pass", "Next": "B"}, "B": pass_on(1)}))
    history = machines.states.get_execution_history

    first = history(executionArn=ended.arn, maxResults=2)
    second = history(executionArn=ended.arn, maxResults=2, nextToken=first["nextToken"])
    latest = history(executionArn=ended.arn, reverseOrder=True, maxResults=1)["events"][0]

    assert [event["id"] for event in first["events"] + second["events"]] == [1, 2, 3, 4]
    assert latest["type"] == "ExecutionSucceeded"


def test_a_history_of_25000_events_ends_the_execution(machines: Machines) -> None:
    loop = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Condition": True, "Next": "A"}], "Default": "C"},
        "C": {"Type": "Succeed"},
    }

    arn = machines.start(machines.create(jsonata("A", loop)))

    ended = machines.described(arn)
    (last,) = machines.states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)["events"]
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "25000" in ended["cause"]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
    ],
)
def test_events_are_logged_by_level(machines: Machines, local_aws: LocalAws, level: str, kinds: list[str]) -> None:
    logs = local_aws.client("logs")
    group = f"/aws/vendedlogs/states/{level}"
    logs.create_log_group(logGroupName=group)
    group_arn = f"arn:aws:logs:eu-west-1:123456789012:log-group:{group}:*"
    logging: dict[str, Any] = {
        "level": level,
        "includeExecutionData": False,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group_arn}}],
    }
    definition = jsonata("F", {"F": {"Type": "Fail", "Error": "E", "Cause": "a secret"}})
    machine = machines.create(definition, loggingConfiguration=logging)

    machines.wait(machines.start(machine, {"password": "also secret"}))

    entries = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert [entry["type"] for entry in entries] == kinds
    assert "secret" not in json.dumps(entries)


def test_a_role_without_log_delivery_permissions_cannot_log(machines: Machines, local_aws: LocalAws) -> None:
    iam = local_aws.client("iam")
    role = iam.create_role(RoleName="no-logs", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    local_aws.client("logs").create_log_group(logGroupName="/aws/vendedlogs/states/denied")
    group_arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/denied:*"
    logging = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group_arn}}]}

    with pytest.raises(machines.states.exceptions.ClientError, match="not authorized to access the Log Destination"):
        machines.create(jsonata("A", {"A": pass_on(1)}), roleArn=role, loggingConfiguration=logging)


def announced(machines: Machines, local_aws: LocalAws, name: str, machine: str, started: str) -> list[dict[str, Any]]:
    """Details of the two events of an execution that is started by this ARN, RUNNING first."""
    url, arn = make_queue(local_aws, name, "events.amazonaws.com")
    events = local_aws.client("events")
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    machines.wait(machines.start(started))

    details = [json.loads(next_message(local_aws, url)["Body"])["detail"] for _ in range(2)]
    return sorted(details, key=lambda detail: detail["status"] != "RUNNING")


def test_every_change_of_status_is_emitted_on_the_default_bus(machines: Machines, local_aws: LocalAws) -> None:
    machine = machines.create(jsonata("A", {"A": pass_on({"n": 1})}))

    running, succeeded = announced(machines, local_aws, "execution-events", machine, machine)

    assert (running["status"], running["stopDate"], running["output"]) == ("RUNNING", None, None)
    assert (succeeded["status"], succeeded["output"]) == ("SUCCEEDED", '{"n":1}')
    assert isinstance(succeeded["stopDate"], int)
    nothing = dict.fromkeys(["error", "cause", "stateMachineVersionArn", "stateMachineAliasArn", "redriveDate"])
    for detail in (running, succeeded):
        reason = f"Execution is {detail['status']} and cannot be redriven"
        redrive = {"redriveCount": 0, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
        assert {name: detail[name] for name in (*nothing, *redrive)} == nothing | redrive


def test_the_event_of_a_failure_has_the_cause_the_version_and_the_alias(
    machines: Machines, local_aws: LocalAws
) -> None:
    machine = machines.create(jsonata("F", {"F": {"Type": "Fail", "Error": "E", "Cause": "why"}}), publish=True)
    routing = [{"stateMachineVersionArn": f"{machine}:1", "weight": 100}]
    machines.states.create_state_machine_alias(name="live", routingConfiguration=routing)

    _, failed = announced(machines, local_aws, "failure-events", machine, f"{machine}:live")

    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "E", "why")
    assert failed["stateMachineVersionArn"] == f"{machine}:1"
    assert failed["stateMachineAliasArn"] == f"{machine}:live"
    assert (failed["redriveStatus"], failed["redriveStatusReason"]) == ("REDRIVABLE", None)
