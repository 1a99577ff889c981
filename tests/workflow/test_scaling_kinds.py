"""Each kind of endpoint with its presets, and updates from each kind to those that SageMaker accepts."""

from typing import Any

from local_aws import until
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
