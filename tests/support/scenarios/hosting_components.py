"""Deployments of inference components."""

from typing import Any

from tests.support.alarms import make_alarm
from tests.support.components import adapter, component, hosting_request
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import endpoint, scenario

METRIC = {"PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"}
TRACKING = {"name": "load", "targetTracking": {"TargetValue": 60, "PredefinedMetricSpecification": METRIC}}
SCALED = {"minCapacity": 1, "maxCapacity": 3, "policies": [TRACKING]}
ROLLING = {"MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1}, "WaitIntervalInSeconds": 0}


@scenario
def components_created(slipway: Slipway) -> Run:
    """Create a scaled component and one with an adapter; the answer to the first creation is lost."""
    name = endpoint("components_created")
    fault = {"service": "sagemaker", "operation": "CreateInferenceComponent", "answer": "cut", "times": 3}
    slipway.aws.post("faults", [fault | {"principal": "DeployComponentsFunctionRole"}])
    return slipway.deploy(_request(slipway, name, component(f"{name}-b"), adapter(f"{name}-fr", f"{name}-b")))


@scenario
def components_changed(slipway: Slipway) -> Run:
    """Update a component under an alarm, change the copies of another, and delete a third with its adapter."""
    name = endpoint("components_changed")
    base, fine = component(f"{name}-b"), adapter(f"{name}-fr", f"{name}-b")
    slipway.deploy(_request(slipway, name, component(f"{name}-c"), component(f"{name}-d"), base, fine))
    make_alarm(slipway.aws.client("cloudwatch"), f"{name}-errors")
    watched = {"Alarms": [{"AlarmName": f"{name}-errors"}]}
    deployment = {"RollingUpdatePolicy": ROLLING, "AutoRollbackConfiguration": watched}
    updated = component(f"{name}-c", f"{name}-2", copyCount=2, DeploymentConfig=deployment)
    return slipway.deploy(_request(slipway, name, updated, component(f"{name}-d", copyCount=2)))


@scenario
def component_refused(slipway: Slipway) -> Run:
    name = endpoint("component_refused")
    slipway.fault("sagemaker", "CreateInferenceComponent", "ValidationException", "Cannot do that, says SageMaker")
    return slipway.deploy(_request(slipway, name))


def _request(slipway: Slipway, name: str, *components: Any) -> dict[str, Any]:
    """A request with a scaled component and others."""
    return hosting_request(slipway, name, component(f"{name}-a", autoscaling=SCALED), *components)
