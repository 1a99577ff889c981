"""Calls and steps of a plan, one constructor for each operation, with its sentence."""

from collections.abc import Iterable
from typing import Any

from shared import components, weights
from shared.aws import Json
from shared.plan import Call, Phase, Service, Step, Verb

STATES: dict[str, str] = {
    "CreateModel": "Create model",
    "CreateEndpointConfig": "Create endpoint config",
    "CreateEndpoint": "Create endpoint",
    "UpdateEndpoint": "Update endpoint",
    "UpdateEndpointWeightsAndCapacities": "Shift traffic",
}
STATES_OF_PHASES: dict[Phase, str] = {
    "prepare": "Prepare endpoint",
    "components": "Deploy components",
    "scale": "Register scaling",
    "clean up": "Clean up",
}
REMOVE_ENDPOINT = "Remove endpoint"
# Members that identify a scalable target, and a policy on it.
OF_A_TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
OF_A_POLICY = ("PolicyName", *OF_A_TARGET)
VERBS: dict[str, Verb] = {
    "CreateModel": "create",
    "CreateEndpointConfig": "create",
    "CreateEndpoint": "create",
    "UpdateEndpoint": "update",
    "UpdateEndpointWeightsAndCapacities": "update",
    "CreateInferenceComponent": "create",
    "UpdateInferenceComponent": "update",
    "UpdateInferenceComponentRuntimeConfig": "update",
    "PutMetricAlarm": "create",
    "RegisterScalableTarget": "register",
    "PutScalingPolicy": "register",
    "PutScheduledAction": "register",
    "DeregisterScalableTarget": "deregister",
    "CreateSchedule": "create",
    "UpdateSchedule": "update",
}


def step(phase: Phase, call: Call, undo: Iterable[Call] = (), state: str = "", action: Verb | None = None) -> Step:
    """Return the step that makes the call.

    Parameters
    ----------
    state : str
        The state that makes it; by default the one of its operation or phase.
    action : Verb or None
        Effect of the call; by default the usual effect of its operation.
    """
    operation = call["operation"]
    return {
        **call,
        "phase": phase,
        "state": state or STATES.get(operation) or STATES_OF_PHASES[phase],
        "action": action or VERBS.get(operation, "delete"),
        "undo": list(undo),
    }


def create_model(request: Json) -> Call:
    return _sagemaker("CreateModel", request, f"model {request['ModelName']}")


def delete_model(name: str, condition: str = "") -> Call:
    return _sagemaker("DeleteModel", {"ModelName": name}, f"model {name}{condition}")


def create_config(request: Json) -> Call:
    return _sagemaker("CreateEndpointConfig", request, f"endpoint config {request['EndpointConfigName']}")


def delete_config(name: str, condition: str = "") -> Call:
    return _sagemaker("DeleteEndpointConfig", {"EndpointConfigName": name}, f"endpoint config {name}{condition}")


def create_endpoint(request: Json) -> Call:
    what = f"endpoint {request['EndpointName']} with config {request['EndpointConfigName']}"
    return _sagemaker("CreateEndpoint", request, what)


def delete_endpoint(name: str, status: str = "") -> Call:
    return _sagemaker("DeleteEndpoint", {"EndpointName": name}, f"endpoint {name}" + (f", {status}" if status else ""))


def update_endpoint(request: Json, what: str = "") -> Call:
    spoken = what or f"endpoint {request['EndpointName']} to config {request['EndpointConfigName']}"
    return _sagemaker("UpdateEndpoint", request, spoken)


def set_weights(endpoint_name: str, wanted: weights.Weights, before: weights.Weights | None = None) -> Call:
    """Return the call that sets the weights of the variants.

    Parameters
    ----------
    before : dict of str to float or None
        The live weights, where the sentence names them.
    """
    change = f" from {weights.spoken(before)} to" if before is not None else " to"
    what = f"weights of endpoint {endpoint_name}{change} {weights.spoken(wanted)}"
    return _sagemaker("UpdateEndpointWeightsAndCapacities", weights.update(endpoint_name, wanted), what)


def create_component(request: Json) -> Call:
    base = components.base_of(request)
    where = f"as an adapter of {base}" if base else f"on variant {request['VariantName']}"
    copies = f", {_copies(request['RuntimeConfig']['CopyCount'])}" if "RuntimeConfig" in request else ""
    return _sagemaker("CreateInferenceComponent", request, f"{_component(request)} {where}{copies}")


def update_component(request: Json, before: Json | None = None) -> Call:
    """Return the call that updates a component.

    Parameters
    ----------
    before : Json or None
        The content before, where the sentence names the models.
    """
    old, new = (_models(each) for each in (before or {}, request))
    change = f" from model {old} to {new}" if old and new and old != new else ""
    return _sagemaker("UpdateInferenceComponent", request, f"{_component(request)}{change}")


def set_copies(name: str, count: int, before: int | None = None) -> Call:
    """Return the call that sets the number of copies of a component.

    Parameters
    ----------
    before : int or None
        The live number, where the sentence names it.
    """
    request = {"InferenceComponentName": name, "DesiredRuntimeConfig": {"CopyCount": count}}
    change = f" from {before}" if before is not None else ""
    return _sagemaker(
        "UpdateInferenceComponentRuntimeConfig", request, f"{_component(request)}{change} to {_copies(count)}"
    )


def delete_component(name: str) -> Call:
    request = {"InferenceComponentName": name}
    return _sagemaker("DeleteInferenceComponent", request, _component(request))


def register_target(request: Json) -> Call:
    what = f"{_target(request)}, {request['MinCapacity']} to {request['MaxCapacity']}"
    return _scaling("RegisterScalableTarget", request, what)


def deregister_target(target: Json) -> Call:
    request = {name: target[name] for name in OF_A_TARGET}
    return _scaling("DeregisterScalableTarget", request, _target(target))


def put_policy(request: Json) -> Call:
    return _scaling("PutScalingPolicy", request, _policy(request))


def delete_policy(policy: Json) -> Call:
    return _scaling("DeleteScalingPolicy", {name: policy[name] for name in OF_A_POLICY}, _policy(policy))


def put_scheduled_action(request: Json) -> Call:
    return _scaling("PutScheduledAction", request, _action(request))


def delete_scheduled_action(action: Json) -> Call:
    request = {name: action[name] for name in ("ScheduledActionName", *OF_A_TARGET)}
    return _scaling("DeleteScheduledAction", request, _action(action))


def put_alarm(request: Json) -> Call:
    return _call("cloudwatch", "PutMetricAlarm", request, f"alarm {request['AlarmName']}")


def put_scaling_alarm(request: Json, policy: Json) -> Call:
    """Return the call that puts an alarm that triggers the scaling policy, which exists by then."""
    return {**put_alarm(request), "policy": {name: policy[name] for name in OF_A_POLICY}}


def delete_alarm(name: str) -> Call:
    return _call("cloudwatch", "DeleteAlarms", {"AlarmNames": [name]}, f"alarm {name}")


def create_schedule(request: Json) -> Call:
    return _call("scheduler", "CreateSchedule", request, _schedule(request))


def update_schedule(request: Json) -> Call:
    return _call("scheduler", "UpdateSchedule", request, _schedule(request))


def delete_schedule(schedule: Json) -> Call:
    request = {name: schedule[name] for name in ("GroupName", "Name")}
    return _call("scheduler", "DeleteSchedule", request, _schedule(schedule))


def delete_records(endpoint_name: str, count: int) -> Call:
    """Return the call that deletes the history of the endpoint: every item of its partition."""
    what = f"{count} {'record' if count == 1 else 'records'} of endpoint {endpoint_name}"
    return _call("dynamodb", "DeleteItem", {"Key": {"endpoint": {"S": endpoint_name.lower()}}}, what)


def _component(request: Json) -> str:
    return f"inference component {request['InferenceComponentName']}"


def _models(body: Json) -> str:
    """Return the models of a component's content, each once; empty if it has none."""
    named = (each.get("ModelName") for each in components.specifications_of(body))
    return " and ".join(dict.fromkeys(name for name in named if name))


def _copies(count: int) -> str:
    return f"{count} {'copy' if count == 1 else 'copies'}"


def _target(body: Json) -> str:
    return f"scalable target {body['ResourceId']} ({body['ScalableDimension']})"


def _action(body: Json) -> str:
    return f"scheduled action {body['ScheduledActionName']} of {body['ResourceId']}"


def _schedule(body: Json) -> str:
    does = f": {body['Description']}" if "Description" in body else ""
    return f"schedule {body['Name']}{does}"


def _policy(body: Json) -> str:
    return f"policy {body['PolicyName']} of {body['ResourceId']}"


def _sagemaker(operation: str, request: dict[str, Any], what: str) -> Call:
    return _call("sagemaker", operation, request, what)


def _scaling(operation: str, request: dict[str, Any], what: str) -> Call:
    return _call("application-autoscaling", operation, request, what)


def _call(service: Service, operation: str, request: dict[str, Any], what: str) -> Call:
    return {"service": service, "operation": operation, "request": request, "what": what}
