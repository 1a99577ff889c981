"""Kinds of deployments that meet the faults: each leaves the world as it should be when the deployment begins."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support import project
from tests.support.deployment import Slipway
from tools import approval, stack

Request = dict[str, Any]
KEPT = 5  # deployments, as the template says
UNSCALABLE = {"code": "ValidationException", "message": "No such metric", "status": 400}


@dataclass(frozen=True)
class Kind:
    """A kind of deployment.

    Attributes
    ----------
    prepare : callable
        Makes the world before it, for an endpoint of this name; returns the request.
    spoil : callable
        Lets SageMaker or Application Auto Scaling fail it, beside the fault.
    everywhere : bool
        Whether it meets faults at every call it makes, or only at those that no other kind makes.
    wants : callable
        What is to serve in the end: the request itself, or the profile that goes with an event.
    """

    name: str
    prepare: Callable[[Slipway, str], Request]
    spoil: Callable[[Slipway, Request], None] = lambda *_: None
    everywhere: bool = False
    wants: Callable[[Request], Request] = lambda request: request


def original(name: str, **changes: Any) -> Request:
    """The field's original payload for an endpoint of its own."""
    return {**project.event("deploy_endpoint"), "endpointName": name, **changes}


def newer(name: str) -> Request:
    """The same with another model and other bounds."""
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    return original(name, productionVariants=[{**variant, "ModelName": "newer"}], autoscalingMaxCapacity=7)


def _deployed(slipway: Slipway, name: str) -> None:
    request = original(name)
    stack.make_models(slipway.aws, request)
    described = slipway.wait(slipway.start(request))
    assert described["status"] == "SUCCEEDED", described.get("cause")


def _create(slipway: Slipway, name: str) -> Request:
    return original(name)


def _update(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    return newer(name)


def _weights(slipway: Slipway, name: str) -> Request:
    """Two variants of which somebody has drained one; the request has other weights than the config."""
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


def _orphaned(slipway: Slipway, name: str) -> Request:
    holder = slipway.start({"endpointName": "-"})
    slipway.wait(holder)
    slipway.wait_for_rule(holder)  # else that would free the lock
    slipway.lock(name, holder)
    return original(name)


def _forgotten(slipway: Slipway, name: str) -> Request:
    slipway.lock(name, slipway.execution_named("never-was"))
    return original(name)


def _another_instance_type(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    (variant,) = original(name)["productionVariants"]
    return original(name, productionVariants=[{**variant, "InstanceType": "ml.c5.4xlarge"}])


def _scaling_dropped(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    return {field: newer(name)[field] for field in ("endpointName", "productionVariants")}


def _overdue(slipway: Slipway, name: str) -> Request:
    """An endpoint with configs of more earlier deployments than are kept, each with a model that Slipway made."""
    request = _update(slipway, name)
    sagemaker = slipway.aws.client("sagemaker")
    variants = project.event("deploy_endpoint")["productionVariants"]
    tags = {"slipway:execution": slipway.execution_named("of-an-earlier-deployment"), "slipway:endpoint": name}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    for number in range(KEPT):
        stack.make_models(slipway.aws, {"productionVariants": [{"ModelName": f"{name}-{number}"}]})
        model = sagemaker.describe_model(ModelName=f"{name}-{number}")
        sagemaker.add_tags(ResourceArn=model["ModelArn"], Tags=listed[:1])
        sagemaker.create_endpoint_config(
            EndpointConfigName=f"{name}-{number:012x}",
            ProductionVariants=[{**variants[0], "ModelName": model["ModelName"]}],
            Tags=listed,
        )
    return request


def _failed_before(slipway: Slipway, name: str) -> Request:
    request = original(name, onFailure="KEEP")
    stack.make_models(slipway.aws, request)
    slipway.outcome(name, "create", "fails")
    slipway.wait(slipway.start(request))
    return original(name)


def approved(slipway: Slipway, name: str) -> Request:
    """The event of an approval, of a group that is named for the endpoint."""
    event = json.loads(json.dumps(project.event("model_approved")).replace("h2o3-gbm", name))
    detail = event["detail"]
    approval.make_package(slipway.aws, detail)
    # Before there is a profile, so that nothing is deployed yet.
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


def _watched(slipway: Slipway, name: str) -> Request:
    """An endpoint that has been updated once, with alarms."""
    _deployed(slipway, name)
    request = {**newer(name), "alarms": "create"}
    stack.make_models(slipway.aws, request)
    slipway.wait(slipway.start(request))
    return original(name, alarms="create", alarmThresholds={"serverErrorPercent": 5})


def _creation_fails(slipway: Slipway, request: Request) -> None:
    slipway.outcome(request["endpointName"], "create", "fails")


def _answer_is_lost(slipway: Slipway, request: Request) -> None:
    """The creation is carried out, and its next try is refused."""
    met = {"service": "sagemaker", "operation": "CreateEndpoint", "match": {"EndpointName": request["endpointName"]}}
    slipway.aws.post("faults", [{**met, "principal": "DeployEndpointRole", "answer": "cut", "times": 1}])


def _update_is_rolled_back(slipway: Slipway, request: Request) -> None:
    slipway.outcome(request["endpointName"], "update", "rolls_back")


def _scaling_is_refused(slipway: Slipway, request: Request, variant: str = "AllTraffic") -> None:
    resource = f"endpoint/{request['endpointName']}/variant/{variant}"
    match = {"ResourceId": resource}
    body = {"service": "application-autoscaling", "operation": "PutScalingPolicy", "match": match, "error": UNSCALABLE}
    # Only until the way back: what was there before can be put again.
    slipway.aws.post("faults", [{**body, "principal": "RegisterScalingFunctionRole"}])


def _scaling_of_a_is_refused(slipway: Slipway, request: Request) -> None:
    _scaling_is_refused(slipway, request, "A")


KINDS = (
    Kind("create", _create, everywhere=True),
    Kind("update", _update, everywhere=True),
    Kind("no-op", _no_op, everywhere=True),
    Kind("create of an orphaned lock", _orphaned),
    Kind("create of a forgotten lock", _forgotten),
    Kind("update to another instance type", _another_instance_type),
    Kind("update without scaling", _scaling_dropped),
    Kind("update that removes old configs", _overdue),
    Kind("replacement of a failed endpoint", _failed_before),
    Kind("update with alarms", _watched),
    Kind("update of weights", _weights),
    Kind("approval", approved, wants=_profile),
    Kind("create that fails", _create, _creation_fails),
    Kind("update that is rolled back", _update, _update_is_rolled_back),
    Kind("create whose answer is lost", _create, _answer_is_lost),
    Kind("create whose scaling is refused", _create, _scaling_is_refused),
    Kind("update with alarms that is rolled back", _watched, _update_is_rolled_back),
    Kind("update whose scaling is refused", _update, _scaling_is_refused),
    Kind("update of weights whose scaling is refused", _weights, _scaling_of_a_is_refused),
)
