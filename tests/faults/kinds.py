"""Kinds of deployments that meet the faults: each leaves the world as it should be when the deployment begins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support import project
from tests.support.deployment import Slipway
from tools import stack

Request = dict[str, Any]
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
    """

    name: str
    prepare: Callable[[Slipway, str], Request]
    spoil: Callable[[Slipway, Request], None] = lambda *_: None
    everywhere: bool = False


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


def _no_op(slipway: Slipway, name: str) -> Request:
    _deployed(slipway, name)
    return original(name)


def _orphaned(slipway: Slipway, name: str) -> Request:
    holder = slipway.start({"endpointName": "-"})
    slipway.wait(holder)
    slipway.lock(name, holder)
    return original(name)


def _forgotten(slipway: Slipway, name: str) -> Request:
    slipway.lock(name, slipway.machine_arn.replace(":stateMachine:", ":execution:") + ":never-was")
    return original(name)


def _creation_fails(slipway: Slipway, request: Request) -> None:
    slipway.outcome(request["endpointName"], "create", "fails")


def _update_is_rolled_back(slipway: Slipway, request: Request) -> None:
    slipway.outcome(request["endpointName"], "update", "rolls_back")


def _scaling_is_refused(slipway: Slipway, request: Request) -> None:
    resource = f"endpoint/{request['endpointName']}/variant/AllTraffic"
    match = {"ResourceId": resource}
    body = {"service": "application-autoscaling", "operation": "PutScalingPolicy", "match": match, "error": UNSCALABLE}
    # Only until the way back: what was there before can be put again.
    slipway.aws.post("faults", [{**body, "principal": "PutScalingPoliciesRole"}])


KINDS = (
    Kind("create", _create, everywhere=True),
    Kind("update", _update, everywhere=True),
    Kind("no-op", _no_op, everywhere=True),
    Kind("create of an orphaned lock", _orphaned),
    Kind("create of a forgotten lock", _forgotten),
    Kind("create that fails", _create, _creation_fails),
    Kind("update that is rolled back", _update, _update_is_rolled_back),
    Kind("create whose scaling is refused", _create, _scaling_is_refused),
    Kind("update whose scaling is refused", _update, _scaling_is_refused),
)
