"""Each kind of endpoint with its presets, and updates from each kind to those that SageMaker accepts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from local_aws import until
from tests.support import project
from tests.support.deployment import Slipway
from tests.support.scaling import registered

Json = dict[str, Any]
OFFICE_HOURS = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin", "minCapacity": 2}
ASYNC = {"asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://churn-results/answers"}}}
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 2}
POLICIES = project.event("deploy_scaled")["autoscaling"]["Champion"]["policies"]
OF_INSTANCES, OF_CONCURRENCY = "AllTraffic:InstanceCount", "AllTraffic:ProvisionedConcurrency"
HOURS = {
    "slipway-office-hours-weekdays-begin": "cron(0 7 ? * MON-FRI *)",
    "slipway-office-hours-weekdays-end": "cron(0 20 ? * MON-FRI *)",
}
BURSTY = {"slipway-invocations": 600.0, "slipway-concurrent-requests": 5.0, "slipway-surge": "steps"}


def instances(name: str, scaling: Json, **more: Any) -> Json:
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    return {
        "endpointName": name,
        "productionVariants": [variant | {"InitialInstanceCount": 2}],
        "autoscaling": {"*": {"minCapacity": 1, "maxCapacity": 4} | scaling},
        **more,
    }


def serverless(name: str, scaling: Json) -> Json:
    (variant,) = project.event("deploy_endpoint")["productionVariants"]
    on_demand = {member: variant[member] for member in ("VariantName", "ModelName")}
    return instances(name, scaling) | {"productionVariants": [on_demand | {"ServerlessConfig": SERVERLESS}]}


def pooled(name: str, scaling: Json, *types: str) -> Json:
    """A request for a variant on pools of these types, the first with the highest priority."""
    asked = instances(name, scaling)
    (variant,) = asked["productionVariants"]
    pools = [{"InstanceType": each, "Priority": number} for number, each in enumerate(types, 1)]
    on_pools = {member: value for member, value in variant.items() if member != "InstanceType"}
    return asked | {"productionVariants": [on_pools | {"InstancePools": pools}]}


def pools_of(slipway: Slipway, name: str) -> dict[str, int]:
    """The instances of the endpoint's only variant, by type."""
    (variant,) = slipway.aws.client("sagemaker").describe_endpoint(EndpointName=name)["ProductionVariants"]
    return {each["InstanceType"]: each["CurrentInstanceCount"] for each in variant["InstancePools"]}


def deployed(slipway: Slipway, request: Json) -> tuple[dict[str, Json], list[str], str]:
    """Deploy; return policies and scheduled actions by dimension, what the scaling alarms trigger, and the sentence."""
    name = request["endpointName"]
    run = slipway.deploy(request)
    assert run.status == "SUCCEEDED", run.cause
    found = {
        dimension: {"policies": scaled["policies"], "scheduled": scaled["scheduled"]}
        for dimension, scaled in registered(slipway, name).items()
    }
    alarms = slipway.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"slipway/{name}/")["MetricAlarms"]
    policies = slipway.aws.client("application-autoscaling").get_paginator("describe_scaling_policies")
    arns = {
        policy["PolicyARN"]: policy["PolicyName"]
        for page in policies.paginate(ServiceNamespace="sagemaker")
        for policy in page["ScalingPolicies"]
    }
    triggered = [arns[action] for alarm in alarms for action in alarm["AlarmActions"]]
    (scaled,) = run.output["scaling"]["resources"]
    assert scaled["sentence"] in run.message["message"]
    return found, triggered, scaled["sentence"]


def on_two_pools(name: str, scaling: Json) -> Json:
    return pooled(name, scaling, "ml.c6i.xlarge", "ml.m6i.xlarge")


def asynchronous(name: str, scaling: Json) -> Json:
    return instances(name, scaling, **ASYNC)


@dataclass(frozen=True)
class Update:
    """An update to a kind of endpoint, and what is registered then.

    Attributes
    ----------
    triggered : tuple of str
        Policies that the alarms of the scaling trigger.
    says : str
        End of the sentence about the scaling.
    """

    kind: Callable[[str, Json], Json]
    scaling: Json
    policies: Json
    triggered: tuple[str, ...] = ()
    scheduled: Json = field(default_factory=dict)
    says: str = ""


STEADY, OF_ASYNC = {"slipway-invocations": 5000.0}, {"slipway-backlog": 5.0}
HOURLY = {"preset": "off-hours", "officeHours": OFFICE_HOURS}
WITH_HOURS = {"preset": "bursty", "expectedPeakRps": 20, "officeHours": OFFICE_HOURS}
IN_HOURS = "at least 2 on weekdays from 07:00 to 20:00 Berlin time"
TO_ZERO = {"preset": "to-zero", "minCapacity": 0}
SURGE = ("slipway-surge",)
WITH_STEPS = {"slipway-invocations": 600.0, "slipway-surge": "steps"}
# Each update that SageMaker accepts, once: it cannot make instances serverless. After an update outside of the office
# hours, Application Auto Scaling changes an endpoint that may be at zero, so that update is the last one.
ROUTES = {
    "kinds-1": (
        Update(serverless, {"preset": "bursty"}, {"slipway-utilization": 0.5, "slipway-surge": "steps"}, SURGE),
        Update(instances, WITH_HOURS, BURSTY, SURGE, HOURS, IN_HOURS),
        Update(on_two_pools, HOURLY, STEADY, (), HOURS, IN_HOURS),
        Update(instances, {"policies": POLICIES}, WITH_STEPS, SURGE),
        Update(asynchronous, {"preset": "steady"}, OF_ASYNC),
        Update(asynchronous, HOURLY | {"minCapacity": 0}, OF_ASYNC, (), HOURS),
    ),
    "kinds-2": (
        Update(serverless, {"preset": "steady"}, {"slipway-utilization": 0.5}),
        Update(asynchronous, TO_ZERO, OF_ASYNC | {"slipway-wake-up": "steps"}, ("slipway-wake-up",)),
        Update(on_two_pools, {"preset": "steady"}, STEADY),
        Update(asynchronous, {"preset": "bursty"}, OF_ASYNC | {"slipway-surge": "steps"}, SURGE),
        Update(instances, {"policies": POLICIES}, WITH_STEPS, SURGE),
    ),
    "kinds-4": (
        Update(serverless, {"preset": "steady"}, {"slipway-utilization": 0.5}),
        Update(on_two_pools, {"preset": "bursty", "expectedPeakRps": 20}, BURSTY, SURGE),
    ),
}


@pytest.mark.parametrize("name", ROUTES)
def test_updates_between_kinds_register_the_scaling_of_the_new_kind_alone(slipway: Slipway, name: str) -> None:
    for update in ROUTES[name]:
        there, triggered, sentence = deployed(slipway, update.kind(name, update.scaling))

        dimension = OF_CONCURRENCY if update.kind is serverless else OF_INSTANCES
        assert there == {dimension: {"policies": update.policies, "scheduled": update.scheduled}}, update
        assert triggered == list(update.triggered), update
        assert sentence.endswith(update.says), sentence


def test_an_endpoint_on_instance_pools_falls_back_scales_and_changes_its_pools(slipway: Slipway) -> None:
    """Pools of other types need the scalable target to be deregistered, as another instance type does."""
    slipway.aws.post("sagemaker/shortages", {"ml.c6i.xlarge": 1})
    two = pooled("kinds-3", {"preset": "bursty"}, "ml.c6i.xlarge", "ml.m6i.xlarge")
    there, triggered, sentence = deployed(slipway, two)
    assert there[OF_INSTANCES]["policies"].keys() == BURSTY.keys()
    assert triggered == ["slipway-surge"]
    assert sentence.startswith("1 to 4 instances"), sentence
    assert pools_of(slipway, "kinds-3") == {"ml.c6i.xlarge": 1, "ml.m6i.xlarge": 1}
    slipway.aws.delete("sagemaker/shortages")

    more = pooled("kinds-3", {"preset": "bursty", "minCapacity": 3}, "ml.c6i.xlarge", "ml.m6i.xlarge")
    deployed(slipway, more | {"productionVariants": [more["productionVariants"][0] | {"InitialInstanceCount": 3}]})
    until(lambda: sum(pools_of(slipway, "kinds-3").values()) == 3)

    other = pooled("kinds-3", {"preset": "steady"}, "ml.c6i.xlarge", "ml.r6i.xlarge")
    run = slipway.deploy(other)
    assert run.status == "SUCCEEDED", run.cause
    (variant,) = run.output["variants"]
    assert variant["instancePools"] == [
        {"instanceType": "ml.c6i.xlarge", "currentInstanceCount": 3},
        {"instanceType": "ml.r6i.xlarge", "currentInstanceCount": 0},
    ]
    assert "on 3 × ml.c6i.xlarge and 0 × ml.r6i.xlarge" in run.message["message"]
    assert registered(slipway, "kinds-3")[OF_INSTANCES]["policies"] == {"slipway-invocations": 5000.0}
    assert run.mutations("application-autoscaling")[0] == "DeregisterScalableTarget"
