"""Variants on instance pools: what is accepted, scaled and refused about them."""

from typing import Any

import pytest

from plan_deployment.request.scaling_kinds import INVOCATIONS
from tests.unit.plan_deployment.request.reading import MINIMAL, SERVERLESS, faults, read, scaled

Json = dict[str, Any]
POINTER = "/productionVariants/0"
UTILIZATION = {"PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"}
WEIGHTED = {
    "Metrics": [
        {
            "Id": "load",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SageMaker",
                    "MetricName": "ConcurrentRequestsPerModel",
                    "Dimensions": [
                        {"Name": "EndpointName", "Value": "e"},
                        {"Name": "VariantName", "Value": "AllTraffic"},
                        {"Name": "InstanceType", "Value": "ml.c6i.xlarge"},
                    ],
                },
                "Stat": "Average",
            },
            "ReturnData": True,
        }
    ]
}


def pooled(*types: str, scaling: Json | None = None, **changes: Any) -> Json:
    """A request with one variant on pools of these types, scaled from 1 to 4."""
    pools = [{"InstanceType": each, "Priority": number} for number, each in enumerate(types, 1)]
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InitialInstanceCount": 2, "InstancePools": pools}
    entry = {"minCapacity": 1, "maxCapacity": 4} | (scaling or {})
    return MINIMAL | {"productionVariants": [variant | changes], "autoscaling": {"AllTraffic": entry}}


TWO = ("ml.c6i.xlarge", "ml.m6i.xlarge")


def test_a_variant_on_pools_scales_its_instances_as_one_on_a_single_type_does() -> None:
    found = scaled(pooled(*TWO, scaling={"preset": "steady"}))

    (policy,) = found.policies
    tracking = policy["targetTracking"]
    assert (found.min_capacity, found.max_capacity) == (1, 4)
    assert tracking["PredefinedMetricSpecification"]["PredefinedMetricType"] == INVOCATIONS


def test_pools_of_an_asynchronous_endpoint_can_scale_to_zero() -> None:
    output = {"asyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out"}}}

    assert scaled(pooled(*TWO, scaling={"preset": "to-zero", "minCapacity": 0}) | output).min_capacity == 0


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            pooled(*TWO, InitialInstanceCount=5),
            {f"{POINTER}/InitialInstanceCount": "5 is outside 1 to 4, between which the scaling keeps it"},
        ),
        (
            pooled(*TWO, scaling={"minCapacity": 0}),
            {"/autoscaling/AllTraffic/minCapacity": "only an asynchronous endpoint can scale to 0 instances"},
        ),
        (
            pooled(TWO[0], "ml.t2.large"),
            {f"{POINTER}/InstancePools/1/InstanceType": "ml.t2.large cannot be scaled"},
        ),
        (pooled(*TWO, InstanceType=TWO[0]), {POINTER: "has InstanceType and InstancePools. Keep one of them"}),
        (
            pooled(*TWO, ServerlessConfig=SERVERLESS["ServerlessConfig"]),
            {POINTER: "has InstancePools and ServerlessConfig. Keep one of them"},
        ),
    ],
)
def test_what_pools_cannot_do_is_refused_by_its_pointer(request_: Json, expected: dict[str, str]) -> None:
    found = faults(request_)

    for pointer, said in expected.items():
        assert found[pointer].startswith(said), found


def test_a_metric_of_another_kind_is_refused() -> None:
    policies = [{"name": "load", "targetTracking": {"TargetValue": 0.7, "PredefinedMetricSpecification": UTILIZATION}}]

    (pointer,) = faults(pooled(*TWO, scaling={"policies": policies}))

    assert pointer.startswith("/autoscaling/AllTraffic/policies/0/targetTracking/PredefinedMetricSpecification")


def test_more_than_five_pools_are_refused() -> None:
    sizes = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge")

    assert f"{POINTER}/InstancePools" in faults(pooled(*(f"ml.m6i.{size}" for size in sizes)))


def of_different_sizes(request_: Json) -> list[str]:
    return [warning for warning in read(request_).warnings if "different sizes" in warning]


def test_pools_of_different_sizes_are_warned_about_unless_the_policy_weighs_them() -> None:
    mixed = (TWO[0], "ml.m6i.4xlarge")
    weighted = [{"name": "load", "targetTracking": {"TargetValue": 0.7, "CustomizedMetricSpecification": WEIGHTED}}]

    (warning,) = of_different_sizes(pooled(*mixed))

    assert warning == (
        "/productionVariants/0/InstancePools has instances of different sizes, and the load per instance is an average "
        "over all of them: a smaller one can be overloaded while the average is at its target. Track metric math on "
        "metrics with the dimension InstanceType if their capacities differ."
    )
    assert of_different_sizes(pooled(*mixed, scaling={"policies": weighted})) == []
    assert of_different_sizes(pooled(*TWO)) == []
