"""State machines with revisions, versions and aliases.

moto returns the old machine for a name that is taken, publishes the same revision again, and overwrites aliases.
"""

from __future__ import annotations

import random
import uuid
from typing import Any, cast

from moto.stepfunctions.models import StateMachine, StateMachineInstance, StepFunctionBackend

from local_aws.core import partition
from local_aws.core.clock import clock
from local_aws.core.errors import ApiError, NotModelledError
from local_aws.stepfunctions import permissions
from local_aws.stepfunctions.definition import ERROR, problems, waits_for_executions
from local_aws.stepfunctions.executions import Execution

INITIAL_REVISION = "INITIAL"
_LOGGING_OFF = {"level": "OFF"}

_moto_create = StepFunctionBackend.create_state_machine
_moto_update = StepFunctionBackend.update_state_machine
_moto_publish = StateMachine.publish
_moto_create_alias = StepFunctionBackend.create_state_machine_alias


def check_definition(definition: str) -> None:
    """Refuse a definition that Step Functions would refuse.

    Raises
    ------
    ApiError
        InvalidDefinition, with all problems and their locations.
    """
    if found := [problem for problem in problems(definition) if problem.severity == ERROR]:
        said = ", ".join(f"{each.code}: {each.message} at {each.location or 'null'}" for each in found)
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{said}'")


def create(backend: StepFunctionBackend, name: str, definition: str, **settings: Any) -> StateMachine:
    """CreateStateMachine, which can be repeated."""
    if settings.get("sm_type") == "EXPRESS":
        raise NotModelledError("Express state machines")
    arn = f"arn:{partition.NAME}:states:{backend.region_name}:{backend.account_id}:stateMachine:{name}"
    existing = next((each for each in backend.state_machines if each.arn == arn), None)
    if existing is not None:
        if not _equals_request(existing, definition, settings):
            raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
        return existing
    backend._validate_name(name)
    check_definition(definition)
    _check_role(arn, settings["roleArn"], definition, {}, settings.get("loggingConfiguration"))
    return _moto_create(backend, name, definition, **settings)


def update(backend: StepFunctionBackend, arn: str, definition: str | None = None, **settings: Any) -> StateMachine:
    """UpdateStateMachine; another definition or role creates a revision."""
    machine: Any = machine_of(backend, arn)
    if definition is not None:
        check_definition(definition)
    role_arn = settings.get("role_arn") or machine.roleArn
    asked = definition or machine.definition
    _check_role(arn, role_arn, asked, machine.loggingConfiguration, settings.get("logging_configuration"))
    if (asked, role_arn) != (machine.definition, machine.roleArn):
        machine.revision_id = str(uuid.uuid4())
    return _moto_update(backend, arn, definition, **settings)


def delete(backend: StepFunctionBackend, arn: str) -> None:
    """DeleteStateMachine, which ends the running executions."""
    backend._validate_machine_arn(arn)
    for machine in [each for each in backend.state_machines if each.arn == arn]:
        backend.state_machines.remove(machine)
        for execution in machine.executions:
            cast(Execution, execution).stop("ABORTED")


def publish(machine: StateMachine, description: str | None = None, revision_id: str | None = None) -> None:
    """Publish the current revision, unless its version exists."""
    current = revision_of(machine)
    if revision_id not in (None, current):
        message = (
            f"Failed to publish the State Machine version for revision {revision_id}. "
            f"The current State Machine revision is {current}."
        )
        raise ApiError("ConflictException", message)
    latest: Any = machine.latest_version
    if latest is None or latest.revision_id != current:
        _moto_publish(machine, description)
        latest = machine.latest_version
        latest.revision_id, latest.creation_date = current, clock.utc()


def delete_version(backend: StepFunctionBackend, version_arn: str) -> None:
    """DeleteStateMachineVersion; a missing version is not an error."""
    machine_arn, number = version_arn.rsplit(":", 1)
    machine = machine_of(backend, machine_arn)
    aliases = [alias.name for alias in machine.aliases.values() if version_arn in _routes(alias.routing_configuration)]
    if aliases:
        message = (
            "Version to be deleted must not be referenced by an alias. "
            f"Current list of aliases referencing this version: [{', '.join(aliases)}]"
        )
        raise ApiError("ConflictException", message)
    if number.isdigit():
        gone = machine.versions.pop(int(number), None)
        if gone is machine.latest_version:
            machine.latest_version = None


def create_alias(
    backend: StepFunctionBackend, name: str, routing: list[dict[str, Any]], description: str | None
) -> Any:
    """CreateStateMachineAlias, which can be repeated."""
    check_routing(backend, routing)
    machine = machine_of(backend, _routes(routing)[0].rsplit(":", 1)[0])
    existing = machine.aliases.get(name)
    if existing is None:
        return _moto_create_alias(backend, name, routing, description)
    if (existing.routing_configuration, existing.description) != (routing, description):
        message = (
            "Failed to create alias because an alias with the same name and a different routing configuration already "
            "exists."
        )
        raise ApiError("ConflictException", message)
    return existing


def delete_alias(backend: StepFunctionBackend, arn: str) -> None:
    """DeleteStateMachineAlias; a missing alias is not an error."""
    machine_arn, name = arn.rsplit(":", 1)
    machine_of(backend, machine_arn).aliases.pop(name, None)


def check_routing(backend: StepFunctionBackend, routing: list[dict[str, Any]]) -> None:
    """Refuse an alias of the same version twice, or of missing versions."""
    routes = _routes(routing)
    if len(set(routes)) < len(routes):
        said = (
            f"Routing configuration must contain distinct state machine version ARNs. Received: [{', '.join(routes)}]"
        )
        raise ApiError("ValidationException", said)
    for version_arn in routes:
        machine_arn, _, number = version_arn.rpartition(":")
        machine = next((each for each in backend.state_machines if each.arn == machine_arn), None)
        if machine is None or not number.isdigit() or int(number) not in machine.versions:
            raise ApiError("ResourceNotFound", f"Request references a resource that does not exist: {version_arn}")


def to_run(backend: StepFunctionBackend, arn: str, execution_name: str) -> tuple[StateMachine, StateMachineInstance]:
    """The machine of the ARN, and what it runs: the current machine, a version, or a version of an alias."""
    machine_arn, qualifier = _without_qualifier(arn)
    machine = machine_of(backend, machine_arn)
    if not qualifier:
        return machine, machine
    if qualifier.isdigit():
        version_arn = arn
    elif alias := machine.aliases.get(qualifier):
        version_arn = _select_version(alias.routing_configuration, execution_name)
    else:
        raise _missing(arn)
    version = machine.versions.get(int(version_arn.rsplit(":", 1)[1]))
    if version is None:
        raise _missing(arn)
    return machine, version


def machine_of(backend: StepFunctionBackend, arn: str) -> StateMachine:
    """The machine of its own ARN.

    Raises
    ------
    ApiError
        StateMachineDoesNotExist.
    """
    backend._validate_machine_arn(arn)
    found = next((each for each in backend.state_machines if each.arn == arn), None)
    if found is None:
        raise _missing(arn)
    return found


def revision_of(machine: Any) -> str:
    """Id of the revision of the current machine or of a version."""
    return getattr(machine, "revision_id", INITIAL_REVISION)


def _without_qualifier(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    return ":".join(parts[:7]), ":".join(parts[7:])


def _select_version(routing: list[dict[str, Any]], execution_name: str) -> str:
    """A version of an alias by weight, derived from the execution's name, so that an execution can be repeated."""
    weights = [each["weight"] for each in routing]
    return random.Random(execution_name).choices(_routes(routing), weights)[0]


def _routes(routing: list[dict[str, Any]]) -> list[str]:
    return [str(each["stateMachineVersionArn"]) for each in routing]


def _equals_request(machine: StateMachine, definition: str, settings: dict[str, Any]) -> bool:
    """Whether an existing machine equals the request, without role and tags (API reference, CreateStateMachine)."""
    logging = settings.get("loggingConfiguration") or _LOGGING_OFF
    tracing = settings.get("tracingConfiguration") or {"enabled": False}
    return (machine.definition, machine.loggingConfiguration, machine.tracingConfiguration) == (
        definition,
        logging,
        tracing,
    )


def _check_role(
    machine_arn: str, role_arn: str, definition: str, logging: dict[str, Any], new_logging: dict[str, Any] | None
) -> None:
    permissions.check_trust(role_arn, machine_arn)
    if waits_for_executions(definition):
        permissions.check_managed_rule(role_arn, machine_arn)
    permissions.check_logging(role_arn, machine_arn, logging, new_logging or logging)


def _missing(arn: str) -> ApiError:
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
