"""moto's Step Functions API over this interpreter: definitions are checked, executions run.

moto's state machines, tags, aliases and pages are kept; its executions are not run at all, or by an interpreter
without a JSONata engine that keeps real time (moto 5.2.5).
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.models import StateMachine, StateMachineInstance, StepFunctionBackend
from moto.stepfunctions.responses import StepFunctionResponse

from emulator import gateway, principals
from emulator.clock import clock
from emulator.stepfunctions import tokens
from emulator.stepfunctions.definition import Problem, problems
from emulator.stepfunctions.executions import Execution

_LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


class InvalidDefinitionError(ServiceException):
    """The definition is refused; the message names every fault."""

    code = "InvalidDefinition"


class InvalidExecutionInputError(ServiceException):
    """The input is no JSON."""

    code = "InvalidExecutionInput"


class ResourceNotFoundError(ServiceException):
    """There is no such version."""

    code = "ResourceNotFound"


def check_definition(definition: str) -> None:
    """Refuse what Step Functions would refuse.

    Raises
    ------
    InvalidDefinitionError
        With every problem, each with its location.
    """
    if found := problems(definition):
        said = ", ".join(f"'{each.code}: {each.message} at {each.location}'" for each in found)
        raise InvalidDefinitionError(f"Invalid State Machine Definition: {said}")


def check_logging(role_arn: str, configuration: dict[str, Any] | None) -> None:
    """The role sets up the log delivery (Step Functions developer guide, "Logging using CloudWatch Logs")."""
    if (configuration or {}).get("level", "OFF") == "OFF":
        return
    message = "The state machine IAM Role is not authorized to access the Log Destination"
    for action in _LOG_DELIVERY:
        gateway.authorize(principals.role(role_arn, "states"), action, ["*"], message=message)


def install() -> None:
    """Put the checks and the interpreter behind moto's API."""
    create, update = StepFunctionBackend.create_state_machine, StepFunctionBackend.update_state_machine

    def create_state_machine(self: StepFunctionBackend, name: str, definition: str, **more: Any) -> Any:
        check_definition(definition)
        check_logging(more["roleArn"], more.get("loggingConfiguration"))
        if more.get("sm_type") == "EXPRESS":
            raise gateway.NotModelledError("Express state machines are not modelled")
        return create(self, name, definition, **more)

    def update_state_machine(self: StepFunctionBackend, arn: str, definition: str | None = None, **more: Any) -> Any:
        if definition is not None:
            check_definition(definition)
        machine = self.describe_state_machine(arn)
        check_logging(more.get("role_arn") or machine.roleArn, more.get("logging_configuration"))
        return update(self, arn, definition, **more)

    StepFunctionBackend.create_state_machine = create_state_machine
    StepFunctionBackend.update_state_machine = update_state_machine
    StepFunctionBackend.start_execution = _start_execution
    responses: dict[str, Any] = {
        "stop_execution": _stop_execution,
        "describe_execution": _describe_execution,
        "get_execution_history": _get_execution_history,
        "send_task_success": _send_task_success,
        "send_task_failure": _send_task_failure,
        "send_task_heartbeat": _send_task_heartbeat,
        "validate_state_machine_definition": _validate_state_machine_definition,
        "publish_state_machine_version": _publish_state_machine_version,
        "list_state_machine_versions": _list_state_machine_versions,
        "delete_state_machine_version": _delete_state_machine_version,
    }
    for name, method in responses.items():
        setattr(StepFunctionResponse, name, method)


def _start_execution(self: StepFunctionBackend, state_machine_arn: str, name: str | None, execution_input: str) -> Any:
    name = name or str(uuid.uuid4())
    self._validate_name(name)
    machine, qualified = _machine_to_run(self, state_machine_arn)
    try:
        json.loads(execution_input)
    except json.JSONDecodeError as error:
        raise InvalidExecutionInputError(f"Invalid State Machine Execution Input: '{error}'") from error
    if existing := machine._handle_name_input_idempotency(name, execution_input):
        return existing
    arn = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"
    execution = Execution(qualified, arn, name, execution_input, self.region_name, state_machine_arn)
    execution.state_machine_arn = machine.arn
    machine.executions.append(execution)
    _trace(machine)
    execution.start()
    return execution


def _trace(machine: StateMachine) -> None:
    """A traced machine's role sends its segments; they are lost, and nothing else, where it may not."""
    if machine.tracingConfiguration.get("enabled"):
        with suppress(gateway.AccessDenied):
            gateway.authorize(principals.role(machine.roleArn, machine.name), "xray:PutTraceSegments", ["*"])


def _machine_to_run(backend: StepFunctionBackend, arn: str) -> tuple[StateMachine, StateMachineInstance]:
    """The machine of the ARN, and what of it runs: the machine as it is, a version, or an alias's version."""
    parts = arn.split(":")
    machine = backend.describe_state_machine(":".join(parts[:7]))
    if len(parts) == 7:
        return machine, machine
    qualifier = parts[7]
    if not qualifier.isdigit():
        alias = backend.describe_state_machine_alias(arn)
        # The first of two versions: how AWS draws between them cannot be told apart from here.
        qualifier = alias.routing_configuration[0]["stateMachineVersionArn"].rsplit(":", 1)[1]
    return machine, backend.describe_state_machine(f"{machine.arn}:{qualifier}")


def _stop_execution(self: StepFunctionResponse) -> ActionResult:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    execution.stop("ABORTED", self._get_param("error"), self._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def _describe_execution(self: StepFunctionResponse) -> ActionResult:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    described = {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "redriveCount": 0,
    }
    if execution.stop_date:
        described["stopDate"] = execution.stop_date
    if execution.output is not None:
        described |= {"output": execution.output, "outputDetails": {"included": True}}
    described |= {name: value for name in ("error", "cause") if (value := getattr(execution, name))}
    return ActionResult(described)


def _get_execution_history(self: StepFunctionResponse) -> ActionResult:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    found = list(execution.history.events)
    if self._get_bool_param("reverseOrder"):
        found.reverse()
    start, size = int(self._get_param("nextToken") or 0), self._get_int_param("maxResults") or 1000
    page = found[start : start + size]
    following = {"nextToken": str(start + size)} if start + size < len(found) else {}
    return ActionResult({"events": page, **following})


def _send_task_success(self: StepFunctionResponse) -> EmptyResult:
    tokens.succeed(self._get_param("taskToken"), self._get_param("output"))
    return EmptyResult()


def _send_task_failure(self: StepFunctionResponse) -> EmptyResult:
    tokens.fail(self._get_param("taskToken"), self._get_param("error"), self._get_param("cause"))
    return EmptyResult()


def _send_task_heartbeat(self: StepFunctionResponse) -> EmptyResult:
    tokens.beat(self._get_param("taskToken"))
    return EmptyResult()


def _validate_state_machine_definition(self: StepFunctionResponse) -> ActionResult:
    found = problems(self._get_param("definition"))
    return ActionResult({"result": "FAIL" if found else "OK", "diagnostics": [_diagnostic(each) for each in found]})


def _diagnostic(problem: Problem) -> dict[str, str]:
    return {"severity": "ERROR", "code": problem.code, "message": problem.message, "location": problem.location}


def _publish_state_machine_version(self: StepFunctionResponse) -> ActionResult:
    machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
    machine.publish(self._get_param("description"))
    version = machine.latest_version
    version.creation_date = clock.utc()
    return ActionResult({"creationDate": version.creation_date, "stateMachineVersionArn": version.arn})


def _list_state_machine_versions(self: StepFunctionResponse) -> ActionResult:
    machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
    versions = sorted(machine.versions.values(), key=lambda version: version.version, reverse=True)
    listed = [{"stateMachineVersionArn": each.arn, "creationDate": each.creation_date} for each in versions]
    return ActionResult({"stateMachineVersions": listed})


def _delete_state_machine_version(self: StepFunctionResponse) -> EmptyResult:
    machine_arn, number = self._get_param("stateMachineVersionArn").rsplit(":", 1)
    machine = self.stepfunction_backend.describe_state_machine(machine_arn)
    if int(number) not in machine.versions:
        raise ResourceNotFoundError(f"State Machine Version Does Not Exist: '{machine_arn}:{number}'")
    del machine.versions[int(number)]
    return EmptyResult()
