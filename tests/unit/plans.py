"""Plans as the planners write them, with what a test is about."""

from typing import Any, cast

from shared.plan import Call, DeploymentPlan, Phase, RemovalPlan, Service, Step, Verb
from tests.unit.conftest import EXECUTION_ARN

STATES: dict[Phase, str] = {"prepare": "Prepare endpoint", "scale": "Register scaling", "clean up": "Clean up"}
OF_SAGEMAKER = {
    "CreateModel": "Create model",
    "CreateEndpointConfig": "Create endpoint config",
    "CreateEndpoint": "Create endpoint",
    "UpdateEndpoint": "Update endpoint",
    "UpdateEndpointWeightsAndCapacities": "Shift traffic",
}


def call(operation: str, request: dict[str, Any], what: str = "something") -> Call:
    return Call(service=_service(operation), operation=operation, request=request, what=what)


def step(
    operation: str, request: dict[str, Any], what: str = "something", *undo: Call, phase: Phase = "change"
) -> Step:
    """A step of the plan; the state follows from the phase, or from SageMaker's own operation."""
    return Step(
        service=_service(operation),
        operation=operation,
        request=request,
        what=what,
        phase=phase,
        state=STATES.get(phase) or OF_SAGEMAKER[operation],
        action=_verb(operation),
        undo=list(undo),
    )


def create_model(name: str) -> Step:
    deletion = call("DeleteModel", {"ModelName": name}, f"model {name}")
    return step("CreateModel", {"ModelName": name}, f"model {name}", deletion, phase="create")


def create_config(name: str) -> Step:
    request, what = {"EndpointConfigName": name}, f"endpoint config {name}"
    deletion = call("DeleteEndpointConfig", request, what)
    return step("CreateEndpointConfig", request | {"ProductionVariants": []}, what, deletion, phase="create")


def create_endpoint(name: str, config_name: str) -> Step:
    deletion = call("DeleteEndpoint", {"EndpointName": name}, f"endpoint {name}")
    request = {"EndpointName": name, "EndpointConfigName": config_name}
    return step("CreateEndpoint", request, f"endpoint {name} with config {config_name}", deletion)


def deployment_plan(*steps: Step, **changes: Any) -> DeploymentPlan:
    """The plan of the creation of test-endpoint, with these steps."""
    plan = {
        "action": "create",
        "endpointName": "test-endpoint",
        "executionArn": EXECUTION_ARN,
        "startedAt": "2026-11-21T05:00:00.000Z",
        "turnSince": "2026-11-21T05:00:00.000Z",
        "deadlineAt": "2026-11-21T06:00:00.000Z",
        "requestHash": "ba9876543210",
        "trigger": {"kind": "request"},
        "dryRun": False,
        "busy": None,
        "steps": list(steps),
        "planHash": "0123456789ab",
        "exists": {},
        "warnings": [],
        "onFailure": "ROLL_BACK",
        "request": {"endpointName": "test-endpoint"},
        "endpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/test-endpoint",
        "endpointConfigName": "new",
        "previousEndpointConfigName": None,
        "previous": None,
        "variants": [{"variantName": "AllTraffic", "modelName": "m", "instanceType": "ml.c5.large"}],
        "model": None,
        "modelNames": ["m"],
        "weights": {"AllTraffic": 1},
        "guardrails": None,
        "firstLookSeconds": 120,
        "scaling": [],
        "alarmPrefix": "slipway/test-endpoint/",
        "differences": [],
    }
    return cast(DeploymentPlan, plan | changes)


def removal_plan(*steps: Step, **changes: Any) -> RemovalPlan:
    """The plan of the removal of test-endpoint, with these steps."""
    plan = {
        "action": "remove",
        "endpointName": "test-endpoint",
        "executionArn": EXECUTION_ARN,
        "startedAt": "2026-11-21T05:00:00.000Z",
        "turnSince": "2026-11-21T05:00:00.000Z",
        "deadlineAt": "2026-11-21T13:00:00.000Z",
        "requestHash": "ba9876543210",
        "trigger": {"kind": "removal"},
        "dryRun": False,
        "busy": None,
        "steps": list(steps),
        "planHash": "0123456789ab",
        "exists": {},
        "warnings": [],
        "endpointStatus": "InService",
        "deletesRecords": False,
    }
    return cast(RemovalPlan, plan | changes)


def _service(operation: str) -> Service:
    if "Alarm" in operation:
        return "cloudwatch"
    if "Scal" in operation or "ScheduledAction" in operation:
        return "application-autoscaling"
    return "dynamodb" if operation == "DeleteItem" else "sagemaker"


def _verb(operation: str) -> Verb:
    verbs: dict[str, Verb] = {
        "Create": "create",
        "Update": "update",
        "Register": "register",
        "Deregister": "deregister",
        "Delete": "delete",
    }
    return next((verb for beginning, verb in verbs.items() if operation.startswith(beginning)), "register")
