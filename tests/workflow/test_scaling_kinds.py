"""Each kind of endpoint with its presets, and updates from each kind to those that SageMaker accepts."""

from typing import Any

from tests.support import project
from tests.support.deployment import Slipway
from tests.support.scaling import registered

Json = dict[str, Any]
OFFICE_HOURS = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin", "minCapacity": 2}
ASYNC = {"asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://churn-results/answers"}}}
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 2}
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
    (scaled,) = run.output["scaling"]["variants"]
    assert scaled["sentence"] in run.message["message"]
    return found, triggered, scaled["sentence"]


def test_a_serverless_endpoint_moves_to_instances_and_changes_its_presets(slipway: Slipway) -> None:
    """The other way is refused: SageMaker cannot make instances serverless."""
    there, triggered, _ = deployed(slipway, serverless("kinds-1", {"preset": "bursty"}))
    assert there == {
        OF_CONCURRENCY: {"policies": {"slipway-utilization": 0.5, "slipway-surge": "steps"}, "scheduled": {}}
    }
    assert triggered == ["slipway-surge"]

    bursty = instances("kinds-1", {"preset": "bursty", "expectedPeakRps": 20, "officeHours": OFFICE_HOURS})
    there, triggered, sentence = deployed(slipway, bursty)
    assert there == {OF_INSTANCES: {"policies": BURSTY, "scheduled": HOURS}}
    assert triggered == ["slipway-surge"]
    assert sentence.endswith("at least 2 on weekdays from 07:00 to 20:00 Berlin time"), sentence

    there, triggered, _ = deployed(slipway, instances("kinds-1", {"preset": "off-hours", "officeHours": OFFICE_HOURS}))
    assert there == {OF_INSTANCES: {"policies": {"slipway-invocations": 5000.0}, "scheduled": HOURS}}
    assert triggered == []


def test_an_asynchronous_endpoint_scales_to_zero_and_returns(slipway: Slipway) -> None:
    to_zero = instances("kinds-2", {"preset": "to-zero", "minCapacity": 0}, **ASYNC)

    there, triggered, _ = deployed(slipway, to_zero)
    assert there == {OF_INSTANCES: {"policies": {"slipway-backlog": 5.0, "slipway-wake-up": "steps"}, "scheduled": {}}}
    assert triggered == ["slipway-wake-up"]

    there, triggered, _ = deployed(slipway, instances("kinds-2", {"preset": "steady"}))
    assert there == {OF_INSTANCES: {"policies": {"slipway-invocations": 5000.0}, "scheduled": {}}}
    assert triggered == []
