"""Operations of Step Functions that moto lacks or answers differently from AWS."""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.core.responses import TYPE_RESPONSE, EmptyResult
from moto.stepfunctions.responses import StepFunctionResponse

from local_aws.core import constraints, gateway
from local_aws.core.errors import ApiError
from local_aws.core.operations import Answer
from local_aws.stepfunctions import history, machines, permissions, strict_json, tokens
from local_aws.stepfunctions.definition import ERROR, Problem, problems
from local_aws.stepfunctions.executions import Execution

_PAGE_EVENTS, _PAGE_EXECUTIONS, _PAGE_VERSIONS, _MOST_DIAGNOSTICS = 100, 100, 100, 100
# UpdateStateMachine must change one of them.
_UPDATABLE = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")

Operation = Callable[[StepFunctionResponse], Any]

_moto_update = StepFunctionResponse.update_state_machine


def checked(operation: Operation) -> Operation:
    """The operation, after a check of the request against the API model."""

    @functools.wraps(operation)
    def check_and_answer(response: StepFunctionResponse) -> Any:
        call = gateway.current()
        constraints.check(call.service, call.operation, call.parameters)
        return operation(response)

    return check_and_answer


def start_execution(response: StepFunctionResponse) -> Answer:
    """StartExecution: the same name and input of a running execution return that execution."""
    backend = response.stepfunction_backend
    asked = gateway.current().parameters
    name, execution_input = asked.get("name") or str(uuid.uuid4()), asked.get("input", "{}")
    backend._validate_name(name)
    machine, what_runs = machines.to_run(backend, asked["stateMachineArn"], name)
    try:
        strict_json.loads(execution_input)
    except json.JSONDecodeError as error:
        message = f"Invalid State Machine Execution Input: '{error}'"
        raise ApiError("InvalidExecutionInput", message) from error
    execution: Any = machine._handle_name_input_idempotency(name, execution_input)
    if execution is None:
        execution = Execution(what_runs, machine.arn, asked["stateMachineArn"], name, execution_input)
        machine.executions.append(execution)
        if machine.tracingConfiguration.get("enabled"):
            permissions.trace(execution.role_arn, machine.name)
        execution.start()
    return Answer({"executionArn": execution.execution_arn, "startDate": execution.start_date})


def stop_execution(response: StepFunctionResponse) -> Answer:
    """StopExecution, which has no effect on an ended execution."""
    asked = gateway.current().parameters
    execution = _execution(response)
    execution.stop("ABORTED", error=asked.get("error"), cause=asked.get("cause"))
    return Answer({"stopDate": execution.stop_date})


def redrive_execution(response: StepFunctionResponse) -> Answer:
    """RedriveExecution: resume the execution at the state that did not succeed."""
    return Answer({"redriveDate": _execution(response).redrive(gateway.current().parameters.get("clientToken"))})


def describe_execution(response: StepFunctionResponse) -> Answer:
    """DescribeExecution, with `includedData`."""
    execution = _execution(response)
    included = gateway.current().parameters.get("includedData") != "METADATA_ONLY"
    described: dict[str, Any] = {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "stateMachineVersionArn": execution.state_machine_version_arn,
        "stateMachineAliasArn": execution.state_machine_alias_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "input": execution.execution_input if included else None,
        "inputDetails": {"included": included},
        "output": execution.output if included else None,
        "outputDetails": {"included": included} if execution.output is not None else None,
        "error": execution.error,
        "cause": execution.cause if included else None,
        "redriveCount": execution.redrive_count,
        "redriveDate": execution.redrive_date,
        "redriveStatus": execution.redrive_status,
        "redriveStatusReason": execution.redrive_status_reason,
    }
    return Answer({name: value for name, value in described.items() if value is not None})


def get_execution_history(response: StepFunctionResponse) -> TYPE_RESPONSE:
    """GetExecutionHistory, with pages, in reverse, with or without data.

    Its events already have the members of the service model: for a thousand events, moto's serializer would take
    longer than the execution.
    """
    asked = gateway.current().parameters
    found = list(_execution(response).history.events)
    if asked.get("reverseOrder"):
        found.reverse()
    page, token = _page(found, asked, _PAGE_EVENTS)
    if not asked.get("includeExecutionData", True):
        page = [history.without_data(event) for event in page]
    body = json.dumps({"events": page, **token}, default=datetime.timestamp)
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, body


def list_executions(response: StepFunctionResponse) -> Answer:
    """ListExecutions of a machine, a version or an alias, latest first."""
    asked = gateway.current().parameters
    if "stateMachineArn" not in asked:
        raise ApiError("ValidationException", "Only ListExecutions of a state machine is modelled: stateMachineArn")
    if "redriveFilter" in asked:  # refused on AWS, too (recorded, 09/2026); the message is not AWS's
        raise ApiError("ValidationException", "redriveFilter is not supported for a state machine")
    arn = asked["stateMachineArn"]
    machine = machines.machine_of(response.stepfunction_backend, ":".join(arn.split(":")[:7]))
    executions: Any = machine.executions
    found = [
        _listed(each)
        for each in reversed(executions)
        if arn in (each.state_machine_arn, each.state_machine_version_arn, each.state_machine_alias_arn)
        and asked.get("statusFilter") in (None, each.status)
    ]
    page, token = _page(found, asked, _PAGE_EXECUTIONS)
    return Answer({"executions": page, **token})


def describe_state_machine_for_execution(response: StepFunctionResponse) -> Answer:
    """DescribeStateMachineForExecution: the revision that the execution runs, not the current one."""
    execution = _execution(response)
    machine: Any = execution.machine
    return Answer(
        {
            "stateMachineArn": execution.state_machine_arn,
            "name": machine.name,
            "definition": execution.machine_definition,
            "roleArn": execution.role_arn,
            "updateDate": machine.update_date,
            "loggingConfiguration": machine.loggingConfiguration,
            "tracingConfiguration": machine.tracingConfiguration,
        }
    )


def describe_state_machine(response: StepFunctionResponse) -> Answer:
    """DescribeStateMachine, with the revision."""
    arn = gateway.current().parameters["stateMachineArn"]
    answer = response._describe_state_machine(arn)
    described: Any = answer.result
    return Answer({**described, **_revision(response.stepfunction_backend.describe_state_machine(arn))})


def update_state_machine(response: StepFunctionResponse) -> Answer:
    """UpdateStateMachine, with the new revision."""
    asked = gateway.current().parameters
    if not any(name in asked for name in _UPDATABLE):
        message = (
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration "
            "must be specified"
        )
        raise ApiError("MissingRequiredParameter", message)
    answer = _moto_update(response)
    updated: Any = answer.result
    machine = machines.machine_of(response.stepfunction_backend, asked["stateMachineArn"])
    return Answer({**updated, **_revision(machine)})


def send_task_success(_: StepFunctionResponse) -> EmptyResult:
    """SendTaskSuccess."""
    asked = gateway.current().parameters
    tokens.succeed(asked["taskToken"], asked["output"])
    return EmptyResult()


def send_task_failure(_: StepFunctionResponse) -> EmptyResult:
    """SendTaskFailure."""
    asked = gateway.current().parameters
    tokens.fail(asked["taskToken"], asked.get("error"), asked.get("cause"))
    return EmptyResult()


def send_task_heartbeat(_: StepFunctionResponse) -> EmptyResult:
    """SendTaskHeartbeat."""
    tokens.beat(gateway.current().parameters["taskToken"])
    return EmptyResult()


def validate_state_machine_definition(_: StepFunctionResponse) -> Answer:
    """ValidateStateMachineDefinition: errors, and warnings on request."""
    asked = gateway.current().parameters
    found = problems(asked["definition"], is_express=asked.get("type") == "EXPRESS")
    result = "FAIL" if any(each.severity == ERROR for each in found) else "OK"
    shown = [_diagnostic(each) for each in found if each.severity == ERROR or asked.get("severity") == "WARNING"]
    most = asked.get("maxResults") or _MOST_DIAGNOSTICS
    return Answer({"result": result, "diagnostics": shown[:most], "truncated": len(shown) > most})


def publish_state_machine_version(response: StepFunctionResponse) -> Answer:
    """PublishStateMachineVersion, which publishes each revision once."""
    asked = gateway.current().parameters
    machine = machines.machine_of(response.stepfunction_backend, asked["stateMachineArn"])
    machines.publish(machine, asked.get("description"), asked.get("revisionId"))
    version: Any = machine.latest_version
    return Answer({"creationDate": version.creation_date, "stateMachineVersionArn": version.arn})


def list_state_machine_versions(response: StepFunctionResponse) -> Answer:
    """ListStateMachineVersions, latest first."""
    asked = gateway.current().parameters
    machine = machines.machine_of(response.stepfunction_backend, asked["stateMachineArn"])
    versions = sorted(machine.versions.values(), key=lambda version: version.version, reverse=True)
    listed = [{"stateMachineVersionArn": each.arn, "creationDate": each.creation_date} for each in versions]
    page, token = _page(listed, asked, _PAGE_VERSIONS)
    return Answer({"stateMachineVersions": page, **token})


def delete_state_machine_version(response: StepFunctionResponse) -> EmptyResult:
    """DeleteStateMachineVersion."""
    machines.delete_version(response.stepfunction_backend, gateway.current().parameters["stateMachineVersionArn"])
    return EmptyResult()


def _revision(machine: Any) -> dict[str, str]:
    """The revision in answers: the first one has no id (API reference, DescribeStateMachine)."""
    revision = machines.revision_of(machine)
    return {} if revision == machines.INITIAL_REVISION else {"revisionId": revision}


def _execution(response: StepFunctionResponse) -> Execution:
    found: Any = response.stepfunction_backend.describe_execution(gateway.current().parameters["executionArn"])
    assert isinstance(found, Execution)
    return found


def _listed(execution: Execution) -> dict[str, Any]:
    listed = {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "stateMachineVersionArn": execution.state_machine_version_arn,
        "stateMachineAliasArn": execution.state_machine_alias_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "redriveCount": execution.redrive_count,
        "redriveDate": execution.redrive_date,
    }
    return {name: value for name, value in listed.items() if value is not None}


def _page(found: list[Any], asked: dict[str, Any], usual: int) -> tuple[list[Any], dict[str, str]]:
    """The requested page and the token of the next one."""
    token, size = asked.get("nextToken", "0"), asked.get("maxResults") or usual
    if not token.isdigit():
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    start = int(token)
    following = {"nextToken": str(start + size)} if start + size < len(found) else {}
    return found[start : start + size], following


def _diagnostic(problem: Problem) -> dict[str, str]:
    diagnostic = {"severity": problem.severity, "code": problem.code, "message": problem.message}
    return {**diagnostic, "location": problem.location} if problem.location else diagnostic
