"""Kinds of deployments for the fault matrix; each prepares the account for its deployment."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.planning.names import schedule_name
from tests.faults.ticking import DAY, morning
from tests.support import project
from tests.support.answering import GOLDEN, SETOSA, asynchronous, set_answer
from tests.support.components import adapter, component, hosting_request, set_outcome
from tests.support.deployment import Slipway
from tools import approval, stack

Request = dict[str, Any]
KEPT_DEPLOYMENTS = 5  # default of the template
REFUSED_METRIC = {"code": "ValidationException", "message": "No such metric", "status": 400}


@dataclass(frozen=True)
class Kind:
    """A kind of deployment.

    Attributes
    ----------
    prepare : callable
        Prepares the account for an endpoint of this name and returns the request.
    inject_failure : callable
        Makes SageMaker or Application Auto Scaling fail the deployment, in addition to the case's fault.
    everywhere : bool
        Whether faults are injected into every call, or only into calls that no other kind makes.
    expected : callable
        Returns the expected live configuration: the request itself, or the profile of an event.
    """

    name: str
    prepare: Callable[[Slipway, str], Request]
    inject_failure: Callable[[Slipway, Request], None] = lambda *_: None
    everywhere: bool = False
    expected: Callable[[Request], Request] = lambda request: request


def original(name: str, **changes: Any) -> Request:
    """The field's original payload for an endpoint of its own."""
    return {**project.event("deploy_endpoint"), "endpointName": name, **changes}


def newer(name: str) -> Request:
    """The same request with another model and other bounds."""
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    return original(name, productionVariants=[{**variant, "ModelName": "newer"}], autoscalingMaxCapacity=7)


def _deployed(slipway: Slipway, name: str) -> None:
    request = original(name)
    stack.make_models(slipway.aws, request)
    described = slipway.wait(slipway.start(request))
    assert described["status"] == "SUCCEEDED", described.get("cause")


def _create(slipway: Slipway, name: str) -> Request:
    return original(name)


def _morning(slipway: Slipway, name: str) -> Request:
    return morning(slipway, original(name))


def _brought_back(tick_or_request: Request) -> Request:
    return original(tick_or_request["endpointName"], schedule={"weekdays": DAY, "weekends": DAY})


def _update(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    return newer(name)


def _weights(slipway: Slipway, name: str) -> Request:
    """Two variants, one drained by another user; the request has other weights than the config."""
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    variants = [{**variant, "VariantName": each} for each in "AB"]
    request = original(name, productionVariants=variants)
    stack.make_models(slipway.aws, request)
    assert slipway.wait(slipway.start(request))["status"] == "SUCCEEDED"
    slipway.set_weights(name, A=0, B=1)
    weights = {"A": 3, "B": 1}
    weighed = [{**each, "InitialVariantWeight": weights[each["VariantName"]]} for each in variants]
    return original(name, productionVariants=weighed, autoscalingMaxCapacity=7)


def _no_op(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    return original(name)


def _lock_of_ended_execution(slipway: Slipway, name: str) -> Request:
    holder = slipway.start({"endpointName": "-"})
    slipway.wait(holder)
    slipway.wait_for_rule(holder)  # otherwise the rule would release the lock
    slipway.lock(name, holder)
    return original(name)


def _lock_of_expired_execution(slipway: Slipway, name: str) -> Request:
    slipway.lock(name, slipway.execution_named("never-was"))
    return original(name)


def _another_instance_type(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    (variant,) = original(name)["productionVariants"]
    return original(name, productionVariants=[{**variant, "InstanceType": "ml.c5.4xlarge"}])


def _scaling_dropped(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    return {field: newer(name)[field] for field in ("endpointName", "productionVariants")}


def _many_old_configs(slipway: Slipway, name: str) -> Request:
    """An endpoint with more old configs than are kept, each with a model tagged as created by Slipway."""
    request = _update(slipway, name)
    sagemaker = slipway.aws.client("sagemaker")
    variants = project.event("deploy_endpoint")["productionVariants"]
    tags = {"slipway:execution": slipway.execution_named("of-an-earlier-deployment"), "slipway:endpoint": name}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    for number in range(KEPT_DEPLOYMENTS):
        stack.make_models(slipway.aws, {"productionVariants": [{"ModelName": f"{name}-{number}"}]})
        model = sagemaker.describe_model(ModelName=f"{name}-{number}")
        sagemaker.add_tags(ResourceArn=model["ModelArn"], Tags=listed[:1])
        sagemaker.create_endpoint_config(
            EndpointConfigName=f"{name}-{number:012x}",
            ProductionVariants=[{**variants[0], "ModelName": model["ModelName"]}],
            Tags=listed,
        )
    return request


def _failed_endpoint(slipway: Slipway, name: str) -> Request:
    request = original(name, onFailure="KEEP")
    stack.make_models(slipway.aws, request)
    slipway.outcome(name, "create", "fails")
    slipway.wait(slipway.start(request))
    return original(name)


def approved(slipway: Slipway, name: str) -> Request:
    """The event of an approval in a group named after the endpoint."""
    event = json.loads(json.dumps(project.event("model_approved")).replace("h2o3-gbm", name))
    detail = event["detail"]
    approval.make_package(slipway.aws, detail)
    # No profile exists yet: the approval itself deploys nothing.
    approve = lambda: approval.approve_package(slipway.aws, detail)  # noqa: E731
    slipway.wait(approval.started_by(slipway.aws, slipway.machine_arn, approve))
    slipway.aws.client("ssm").put_parameter(
        Name=f"/slipway/profiles/{detail['ModelPackageGroupName']}",
        Type="String",
        Value=json.dumps(_profile(event)),
        Overwrite=True,
    )
    return event


def _profile(event: Request) -> Request:
    name = event["detail"]["ModelPackageGroupName"]
    return {**project.event("profile_h2o3-gbm"), "endpointName": name}


def _several_models(slipway: Slipway, name: str) -> Request:
    """A creation with two models of the request."""
    (variant,) = original(name)["productionVariants"]
    image = f"123456789012.dkr.ecr.{slipway.aws.region}.amazonaws.com/model"
    return original(
        name,
        models={key: {"image": f"{image}:{key}"} for key in ("first", "second")},
        productionVariants=[{**variant, "VariantName": key, "ModelName": key} for key in ("first", "second")],
    )


def _without_models(request: Request) -> Request:
    """The request without the names of its models, which get a hash."""
    variants = [
        {name: value for name, value in variant.items() if name != "ModelName"}
        for variant in request["productionVariants"]
    ]
    return {**request, "productionVariants": variants}


def _tested(slipway: Slipway, name: str) -> Request:
    set_answer(slipway, name, SETOSA)
    return {**_update(slipway, name), "test": [GOLDEN]}


def _tested_through_s3(slipway: Slipway, name: str) -> Request:
    set_answer(slipway, name, SETOSA, delaySeconds=30)
    return asynchronous(slipway, name)


def _container_fails(slipway: Slipway, request: Request) -> None:
    match = {"EndpointName": request["endpointName"]}
    error = {"code": "ModelError", "message": "Received server error (500) from primary", "status": 424}
    body = {"service": "sagemaker-runtime", "operation": "InvokeEndpoint", "match": match, "error": error}
    slipway.aws.post("faults", [body])


def _with_alarms(slipway: Slipway, name: str) -> Request:
    """An endpoint with alarms that was updated once."""
    _deployed(slipway, name)
    request = {**newer(name), "alarms": "create"}
    stack.make_models(slipway.aws, request)
    slipway.wait(slipway.start(request))
    return original(name, alarms="create", alarmThresholds={"serverErrorPercent": 5})


def _creation_fails(slipway: Slipway, request: Request) -> None:
    slipway.outcome(request["endpointName"], "create", "fails")


def _response_is_lost(slipway: Slipway, request: Request) -> None:
    """The creation is carried out, its response is lost, and its retry is refused."""
    met = {"service": "sagemaker", "operation": "CreateEndpoint", "match": {"EndpointName": request["endpointName"]}}
    slipway.aws.post("faults", [{**met, "principal": "DeployEndpointRole", "answer": "cut", "times": 1}])


def _update_is_rolled_back(slipway: Slipway, request: Request) -> None:
    slipway.outcome(request["endpointName"], "update", "rolls_back")


def _scaling_is_refused(slipway: Slipway, request: Request, variant: str = "AllTraffic") -> None:
    resource = f"endpoint/{request['endpointName']}/variant/{variant}"
    match = {"ResourceId": resource}
    body = {
        "service": "application-autoscaling",
        "operation": "RegisterScalableTarget",
        "match": match,
        "error": REFUSED_METRIC,
    }
    # Only for the registration: the rollback can put the previous policy.
    slipway.aws.post("faults", [{**body, "principal": "RegisterScalingFunctionRole"}])


def _scaling_of_a_is_refused(slipway: Slipway, request: Request) -> None:
    _scaling_is_refused(slipway, request, "A")


def _policies_and_schedule(slipway: Slipway, name: str) -> Request:
    """Other policies, alarms and scheduled actions than the live ones, of which one remains."""
    tracking, surge = project.event("deploy_scaled")["autoscaling"]["Champion"]["policies"]
    action = {"name": "morning", "schedule": "rate(1 day)", "minCapacity": 3, "maxCapacity": 10}
    first = _scheduled(name, {"policies": [tracking, surge], "scheduledActions": [action]})
    stack.make_models(slipway.aws, first)
    described = slipway.wait(slipway.start(first))
    assert described["status"] == "SUCCEEDED", described.get("cause")
    changed = {"policies": [tracking, surge | {"name": "rush"}], "scheduledActions": [action | {"name": "early"}]}
    return _scheduled(name, changed)


def _components(slipway: Slipway, name: str) -> Request:
    """Components that are updated, scaled, created and deleted, with an adapter before and after."""
    first = [component(f"{name}-{each}") for each in ("llm", "small", "old")]
    request = hosting_request(slipway, name, *first, adapter(f"{name}-de", f"{name}-old"))
    stack.make_models(slipway.aws, request)
    described = slipway.wait(slipway.start(request))
    assert described["status"] == "SUCCEEDED", described.get("cause")
    second = [
        component(f"{name}-llm", "llm-2"),
        component(f"{name}-small", copyCount=2),
        component(f"{name}-new", copyCount=None, autoscaling={"minCapacity": 1, "maxCapacity": 2}),
    ]
    return hosting_request(slipway, name, *second, adapter(f"{name}-fr", f"{name}-new"))


def _component_update_is_rolled_back(slipway: Slipway, request: Request) -> None:
    set_outcome(slipway, f"{request['endpointName']}-llm", "update", "rolls_back")


def _component_creation_fails(slipway: Slipway, request: Request) -> None:
    set_outcome(slipway, f"{request['endpointName']}-new", "create", "fails")


def _scaling_of_a_component_is_refused(slipway: Slipway, request: Request) -> None:
    """The last change is refused, so that the rollback has to undo all changes of components."""
    match = {"ResourceId": f"inference-component/{request['endpointName']}-new"}
    body = {"service": "application-autoscaling", "operation": "RegisterScalableTarget", "match": match}
    slipway.aws.post("faults", [{**body, "principal": "RegisterScalingFunctionRole", "error": REFUSED_METRIC}])


def _schedule_is_refused(slipway: Slipway, request: Request) -> None:
    """The last change of the scaling is refused, so that the rollback has to undo all others."""
    match = {"ResourceId": f"endpoint/{request['endpointName']}/variant/AllTraffic"}
    body = {"service": "application-autoscaling", "operation": "DeleteScheduledAction", "match": match}
    # Only for the registration: the rollback can delete the new action.
    slipway.aws.post("faults", [{**body, "principal": "RegisterScalingFunctionRole", "error": REFUSED_METRIC}])


def _scheduled(name: str, scaling: Request) -> Request:
    bounds = {"autoscalingMinCapacity": 2, "autoscalingMaxCapacity": 10}
    (variant,) = project.event("deploy_minimal")["productionVariants"]
    scaled = {**variant, "InitialInstanceCount": 2, "InstanceType": "ml.m5.large"}
    return {"endpointName": name, "productionVariants": [scaled], **bounds, "autoscaling": {"*": scaling}}


def _with_hours(slipway: Slipway, name: str) -> Request:
    return original(name, schedule={"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"})


def _other_hours(slipway: Slipway, name: str) -> Request:
    """Schedules are created, updated and deleted: hours that begin at midnight need one less."""
    before = {"weekdays": "00:00-20:00", "weekends": "09:00-18:00", "timeZone": "Europe/Berlin"}
    request = original(name, schedule=before)
    stack.make_models(slipway.aws, request)
    described = slipway.wait(slipway.start(request))
    assert described["status"] == "SUCCEEDED", described.get("cause")
    return original(name, schedule={"weekdays": "07:00-21:00", "timeZone": "Europe/Berlin"})


def _deletion_of_schedule_is_refused(slipway: Slipway, request: Request) -> None:
    """The last change of the schedules is refused, so that the rollback has to undo all others."""
    name = schedule_name(request["endpointName"], "weekends", "away")
    body = {"service": "scheduler", "operation": "DeleteSchedule", "match": {"Name": name}, "error": REFUSED_METRIC}
    slipway.aws.post("faults", [{**body, "principal": "RegisterScalingFunctionRole"}])


KINDS = (
    Kind("create", _create, everywhere=True),
    Kind("update", _update, everywhere=True),
    Kind("no-op", _no_op, everywhere=True),
    Kind("create with the lock of an ended execution", _lock_of_ended_execution),
    Kind("create with the lock of an expired execution", _lock_of_expired_execution),
    Kind("update to another instance type", _another_instance_type),
    Kind("update without scaling", _scaling_dropped),
    Kind("update of policies and schedules", _policies_and_schedule),
    Kind("update that removes old configs", _many_old_configs),
    Kind("replacement of a failed endpoint", _failed_endpoint),
    Kind("update with alarms", _with_alarms),
    Kind("update of weights", _weights),
    Kind("create with several models", _several_models, expected=_without_models),
    Kind("approval", approved, expected=_profile),
    Kind("morning of a schedule", _morning, expected=_brought_back),
    Kind("morning of a schedule that fails", _morning, _creation_fails, expected=_brought_back),
    Kind("update with a test", _tested),
    Kind("create with an asynchronous test", _tested_through_s3),
    Kind("update whose test fails", _tested, _container_fails),
    Kind("create that fails", _create, _creation_fails),
    Kind("update that is rolled back", _update, _update_is_rolled_back),
    Kind("create with a lost response", _create, _response_is_lost),
    Kind("create with refused scaling", _create, _scaling_is_refused),
    Kind("update with alarms that is rolled back", _with_alarms, _update_is_rolled_back),
    Kind("update with refused scaling", _update, _scaling_is_refused),
    Kind("update of weights with refused scaling", _weights, _scaling_of_a_is_refused),
    Kind("components", _components),
    Kind("components that SageMaker rolls back", _components, _component_update_is_rolled_back),
    Kind("components of which one fails", _components, _component_creation_fails),
    Kind("components with refused scaling", _components, _scaling_of_a_component_is_refused),
    Kind("update of policies with a refused schedule", _policies_and_schedule, _schedule_is_refused),
    Kind("create with hours", _with_hours),
    Kind("update of hours", _other_hours),
    Kind("update of hours that is refused", _other_hours, _deletion_of_schedule_is_refused),
)
