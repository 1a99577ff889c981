"""moto's Step Functions API on this interpreter.

moto's state machines, tags, aliases and pages are kept. moto does not run executions, or only with an interpreter
without JSONata in real time (moto 5.2.5).
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.models import StateMachine, StepFunctionBackend
from moto.stepfunctions.responses import StepFunctionResponse

from local_aws.stepfunctions import api, machines

_OWN_OPERATIONS = (
    api.delete_state_machine_version,
    api.describe_execution,
    api.describe_state_machine,
    api.describe_state_machine_for_execution,
    api.get_execution_history,
    api.list_executions,
    api.list_state_machine_versions,
    api.publish_state_machine_version,
    api.redrive_execution,
    api.send_task_failure,
    api.send_task_heartbeat,
    api.send_task_success,
    api.start_execution,
    api.stop_execution,
    api.update_state_machine,
    api.validate_state_machine_definition,
)
_MOTOS_OPERATIONS = (
    StepFunctionResponse.create_state_machine,
    StepFunctionResponse.create_state_machine_alias,
    StepFunctionResponse.list_state_machines,
    StepFunctionResponse.update_state_machine_alias,
)


def install() -> None:
    """Put the checks and the interpreter behind moto's API."""
    moto_update_alias = StepFunctionBackend.update_state_machine_alias

    def update_alias(backend: StepFunctionBackend, arn: str, **changes: Any) -> Any:
        machines.check_routing(backend, changes["routing_configuration"] or [])
        return moto_update_alias(backend, arn, **changes)

    backend_methods: dict[str, Any] = {
        "create_state_machine": machines.create,
        "update_state_machine": machines.update,
        "delete_state_machine": machines.delete,
        "create_state_machine_alias": machines.create_alias,
        "update_state_machine_alias": update_alias,
        "delete_state_machine_alias": machines.delete_alias,
    }
    for name, method in backend_methods.items():
        setattr(StepFunctionBackend, name, method)
    setattr(StateMachine, "publish", machines.publish)  # noqa: B010 - mypy forbids the assignment
    for operation in (*_OWN_OPERATIONS, *_MOTOS_OPERATIONS):
        setattr(StepFunctionResponse, operation.__name__, api.checked(operation))
