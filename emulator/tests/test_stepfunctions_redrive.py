"""RedriveExecution: the same execution, from the state that did not succeed."""

import json
from typing import Any

import pytest

from local_aws import LocalAws, until
from support.callers import allow, error_of, make_role
from support.machines import Ended, Machines, jsonata, pass_on, task
from support.queues import make_queue, next_message

CONTEXT = "{% $states.context %}"
DAY = 86_400


@pytest.fixture(scope="module")
def machines(local_aws: LocalAws) -> Machines:
    return Machines(local_aws)


class Worker:
    """Worker that answers tasks in a queue."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self._url, _ = make_queue(aws, name)
        self._aws, self._states = aws, aws.client("stepfunctions")

    def task(self, **fields: Any) -> dict[str, Any]:
        """A task for this worker; the message is the context object."""
        return task("sqs:sendMessage.waitForTaskToken", {"QueueUrl": self._url, "MessageBody": CONTEXT}, **fields)

    def take(self) -> dict[str, Any]:
        """The context object of the next task."""
        context: dict[str, Any] = json.loads(next_message(self._aws, self._url)["Body"])
        return context

    def succeed(self, context: dict[str, Any], output: Any) -> None:
        self._states.send_task_success(taskToken=context["Task"]["Token"], output=json.dumps(output))

    def fail(self, context: dict[str, Any]) -> None:
        self._states.send_task_failure(taskToken=context["Task"]["Token"], error="Broken", cause="for a test")


def redrive(machines: Machines, arn: str, **fields: Any) -> Ended:
    machines.states.redrive_execution(executionArn=arn, **fields)
    return machines.wait(arn)


def since_redrive(ended: Ended) -> list[tuple[str, int]]:
    """Type and previous event of each event from the last redrive on."""
    last = max(number for number, kind in enumerate(ended.kinds) if kind == "ExecutionRedriven")
    return list(zip(ended.kinds[last:], ended.chain[last:], strict=True))


def test_a_redrive_resumes_at_the_failed_state_with_its_input_and_variables(
    machines: Machines, local_aws: LocalAws
) -> None:
    worker = Worker(local_aws, "redriven-task")
    first = pass_on({"n": 1}, Assign={"kept": "yes"}, Next="B")
    del first["End"]
    retry = [{"ErrorEquals": ["Broken"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    after = pass_on("{% {'result': $states.input, 'kept': $kept} %}")
    machine = machines.create(jsonata("A", {"A": first, "B": worker.task(Next="C", Retry=retry), "C": after}))
    arn = machines.start(machine)
    contexts = []
    for _ in range(2):
        contexts.append(worker.take())
        worker.fail(contexts[-1])
    failed = machines.wait(arn)
    newer = json.dumps(jsonata("A", {"A": pass_on("other")}))
    machines.states.update_state_machine(stateMachineArn=machine, definition=newer)

    machines.states.redrive_execution(executionArn=arn)
    running = machines.states.describe_execution(executionArn=arn)
    for _ in range(2):
        contexts.append(worker.take())
        if len(contexts) == 3:
            worker.fail(contexts[-1])
    with pytest.raises(machines.states.exceptions.TaskTimedOut):
        worker.succeed(contexts[1], "late")
    worker.succeed(contexts[-1], "done")
    ended = machines.wait(arn)

    entered = failed.kinds.index("TaskStateEntered") + 1
    assert (failed.status, ended.status) == ("FAILED", "SUCCEEDED")
    assert ended.output == {"result": "done", "kept": "yes"}
    assert ended.visited == ["A", "B", "C"]
    assert since_redrive(ended)[:2] == [("ExecutionRedriven", len(failed.events)), ("TaskScheduled", entered)]
    assert [each["State"]["RetryCount"] for each in contexts] == [0, 1, 0, 1]
    assert [each["Execution"]["RedriveCount"] for each in contexts] == [0, 0, 1, 1]
    assert ["RedriveTime" in each["Execution"] for each in contexts] == [False, False, True, True]
    assert len({each["State"]["EnteredTime"] for each in contexts}) == 1
    assert len({each["Task"]["Token"] for each in contexts}) == 4
    assert (running["status"], running["redriveCount"], running["redriveStatus"]) == ("RUNNING", 1, "NOT_REDRIVABLE")
    assert not {"stopDate", "error", "cause"} & running.keys()


def test_an_execution_that_was_stopped_resumes_where_it_was(machines: Machines, local_aws: LocalAws) -> None:
    worker = Worker(local_aws, "redriven-stopped")
    arn = machines.start(machines.create(jsonata("A", {"A": worker.task()})))
    worker.take()
    machines.states.stop_execution(executionArn=arn, error="Stop", cause="for a test")

    machines.states.redrive_execution(executionArn=arn)
    worker.succeed(worker.take(), 2)

    assert (machines.wait(arn).status, machines.wait(arn).output) == ("SUCCEEDED", 2)


def test_the_timeout_of_an_execution_starts_again_with_a_redrive(machines: Machines) -> None:
    waits = jsonata("A", {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}, TimeoutSeconds=600)
    timed_out = machines.run(waits)

    again = redrive(machines, timed_out.arn)

    assert (timed_out.status, again.status) == ("TIMED_OUT", "TIMED_OUT")
    moments = [event["timestamp"] for event in again.events if event["type"] == "ExecutionTimedOut"]
    assert (moments[1] - moments[0]).total_seconds() >= 600


def test_a_redriven_fail_state_fails_without_a_second_entered_event(machines: Machines) -> None:
    failed = machines.run(jsonata("F", {"F": {"Type": "Fail", "Error": "E", "Cause": "why"}}))

    again = redrive(machines, failed.arn)

    last = len(failed.events)
    assert (again.status, again.error, again.cause) == ("FAILED", "E", "why")
    assert since_redrive(again) == [("ExecutionRedriven", last), ("ExecutionFailed", last + 1)]


def test_only_branches_that_did_not_succeed_resume(machines: Machines, local_aws: LocalAws) -> None:
    worker = Worker(local_aws, "redriven-branches")
    names = ["Succeeds", "Fails", "Stops"]
    branches = [{"StartAt": name, "States": {name: worker.task()}} for name in names]
    arn = machines.start(machines.create(jsonata("P", {"P": {"Type": "Parallel", "Branches": branches, "End": True}})))
    tasks = {context["State"]["Name"]: context for context in (worker.take() for _ in names)}
    worker.succeed(tasks["Succeeds"], "first run")
    until(lambda: "TaskStateExited" in _kinds(machines, arn))
    worker.fail(tasks["Fails"])
    failed = machines.wait(arn)

    machines.states.redrive_execution(executionArn=arn)
    resumed = {context["State"]["Name"]: context for context in (worker.take() for _ in range(2))}
    for context in resumed.values():
        worker.succeed(context, "second run")
    ended = machines.wait(arn)

    assert failed.error == "Broken"
    assert sorted(resumed) == ["Fails", "Stops"]
    assert ended.output == ["first run", "second run", "second run"]
    assert ended.kinds.count("ParallelStateStarted") == 1
    assert sorted(ended.visited) == ["Fails", "P", "Stops", "Succeeds"]


def test_only_iterations_that_did_not_succeed_resume(machines: Machines, local_aws: LocalAws) -> None:
    worker = Worker(local_aws, "redriven-iterations")
    processor = {"StartAt": "I", "States": {"I": worker.task()}}
    each = {"Type": "Map", "Items": [10, 20, 30], "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
    arn = machines.start(machines.create(jsonata("M", {"M": each})))
    worker.succeed(worker.take(), "first run")
    worker.fail(worker.take())
    machines.wait(arn)

    machines.states.redrive_execution(executionArn=arn)
    resumed = []
    for _ in range(2):
        resumed.append(worker.take())
        worker.succeed(resumed[-1], "second run")
    ended = machines.wait(arn)

    assert [context["Map"]["Item"]["Value"] for context in resumed] == [20, 30]
    assert ended.output == ["first run", "second run", "second run"]
    assert (ended.kinds.count("MapStateStarted"), ended.kinds.count("MapIterationStarted")) == (1, 3)


def test_a_running_succeeded_or_old_execution_is_not_redriven(machines: Machines, local_aws: LocalAws) -> None:
    worker = Worker(local_aws, "not-redriven")
    running = machines.start(machines.create(jsonata("A", {"A": worker.task()})))
    succeeded = machines.run(jsonata("A", {"A": pass_on(1)})).arn
    fails = jsonata("F", {"F": {"Type": "Fail"}})
    old = machines.run(fails).arn
    machines.run(jsonata("W", {"W": {"Type": "Wait", "Seconds": 14 * DAY + 1, "End": True}}))
    operation = machines.states.redrive_execution

    said = [error_of(operation, executionArn=arn)[:2] for arn in (running, succeeded, old)]
    missing = error_of(operation, executionArn=f"{old}-missing")[0]

    words = "invalid for redrive as: Execution"
    assert said == [
        ("ExecutionNotRedrivable", f"Execution {running} {words} is RUNNING and cannot be redriven"),
        ("ExecutionNotRedrivable", f"Execution {succeeded} {words} is SUCCEEDED and cannot be redriven"),
        ("ExecutionNotRedrivable", f"Execution {old} {words} redrivable period exceeded"),
    ]
    assert missing == "ExecutionDoesNotExist"
    described = machines.states.describe_execution(executionArn=old)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == "Execution redrivable period exceeded"


def test_a_history_that_is_nearly_full_is_not_redriven(machines: Machines) -> None:
    loop: dict[str, Any] = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Condition": True, "Next": "A"}], "Default": "C"},
        "C": {"Type": "Succeed"},
    }
    full = machines.run(jsonata("A", loop)).arn

    _, said, _ = error_of(machines.states.redrive_execution, executionArn=full)

    assert said.endswith("Execution history event limit exceeded")


def test_a_client_token_redrives_once(machines: Machines) -> None:
    failed = machines.run(jsonata("F", {"F": {"Type": "Fail"}})).arn
    operation = machines.states.redrive_execution

    first = operation(executionArn=failed, clientToken="one")
    machines.wait(failed)
    same = operation(executionArn=failed, clientToken="one")
    redrive(machines, failed, clientToken="two")

    listed = machines.states.list_executions(stateMachineArn=_machine_of(failed))["executions"][0]
    assert same["redriveDate"] == first["redriveDate"]
    assert listed["redriveCount"] == 2
    assert listed["redriveDate"] >= first["redriveDate"]
    code, _, _ = error_of(
        machines.states.list_executions, stateMachineArn=_machine_of(failed), redriveFilter="REDRIVEN"
    )
    assert code == "ValidationException"


def test_the_events_of_a_redrive_count_it(machines: Machines, local_aws: LocalAws) -> None:
    failed = machines.run(jsonata("F", {"F": {"Type": "Fail"}})).arn
    url, queue = make_queue(local_aws, "redrive-events", "events.amazonaws.com")
    events = local_aws.client("events")
    pattern = json.dumps({"source": ["aws.states"], "detail": {"executionArn": [failed]}})
    events.put_rule(Name="redrive-events", EventPattern=pattern)
    events.put_targets(Rule="redrive-events", Targets=[{"Id": "queue", "Arn": queue}])

    redrive(machines, failed)

    details = [json.loads(next_message(local_aws, url)["Body"])["detail"] for _ in range(2)]
    details.sort(key=lambda detail: str(detail["status"] != "RUNNING"))
    assert [(each["status"], each["redriveCount"]) for each in details] == [("RUNNING", 1), ("FAILED", 1)]
    assert all(isinstance(each["redriveDate"], int) for each in details)
    assert details[0]["stopDate"] is None


def test_a_redrive_needs_a_right_on_the_execution(machines: Machines, local_aws: LocalAws) -> None:
    failed = machines.run(jsonata("F", {"F": {"Type": "Fail"}})).arn
    machine = _machine_of(failed)
    stranger, operator = (make_role(local_aws, allow("states:RedriveExecution", arn)) for arn in (machine, failed))

    code, said, _ = error_of(stranger.client("stepfunctions").redrive_execution, executionArn=failed)
    operator.client("stepfunctions").redrive_execution(executionArn=failed)

    assert (code, f"states:RedriveExecution on resource: {failed}" in said) == ("AccessDeniedException", True)


def _kinds(machines: Machines, arn: str) -> list[str]:
    return [event["type"] for event in machines.states.get_execution_history(executionArn=arn)["events"]]


def _machine_of(execution_arn: str) -> str:
    return execution_arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
