from typing import Any

import pytest
from moto.utilities.utils import load_resource

from plan_deployment.request.instance_rules import KNOWN_TYPES, LOCAL_STORAGE, has_local_storage
from tests.unit.fakes import SESSION
from tests.unit.plan_deployment.request.reading import MINIMAL, POLICY, VARIANT, faults, read

KEY = "arn:aws:kms:eu-west-1:123456789012:key/15eab80e-7b31-418d-8309-1e20f00aea51"
TYPE = "/productionVariants/0/InstanceType"


def on(instance_type: Any, **members: Any) -> dict[str, Any]:
    return MINIMAL | {"productionVariants": [VARIANT | {"InstanceType": instance_type} | members]}


def pools(*instance_types: str, **members: Any) -> dict[str, Any]:
    listed = [{"InstanceType": name, "Priority": n + 1} for n, name in enumerate(instance_types)]
    return {"VariantName": "v", "ModelName": "m", "InstancePools": listed} | members


def test_the_known_types_are_those_of_the_pinned_botocore() -> None:
    types = SESSION.get_service_model("sagemaker").shape_for("ProductionVariantInstanceType").enum

    assert set(types) == KNOWN_TYPES


def test_the_types_with_local_storage_are_those_of_ec2() -> None:
    ec2 = load_resource("ec2/resources/instance_types.json")
    known = {name: ec2[name[3:]]["InstanceStorageSupported"] for name in KNOWN_TYPES if name[3:] in ec2}

    assert {name: has_local_storage(name) for name in known} == known
    assert {name.split(".")[1] for name in KNOWN_TYPES - known.keys()} - {"p2", "p3"} == {"dl1", "p6e-gb200"}
    assert {name.split(".")[1] for name in KNOWN_TYPES} >= LOCAL_STORAGE


def test_a_key_is_refused_where_an_instance_has_local_storage() -> None:
    assert faults(on("ml.g5.xlarge") | {"kmsKeyId": KEY}) == {
        "/kmsKeyId": "does not encrypt the local NVMe storage of ml.g5.xlarge. Remove it, because the instance encrypts "
        "its local storage itself, or choose a type without local storage, such as ml.m5.xlarge."
    }


def test_a_key_is_refused_for_one_pool_or_shadow_with_local_storage() -> None:
    shadow = {"shadowProductionVariants": [VARIANT | {"VariantName": "s", "InstanceType": "ml.m5d.large"}]}
    pool = {"productionVariants": [pools("ml.m5.large", "ml.g6e.xlarge")]}

    assert "ml.m5d.large" in faults(on("ml.m5.large") | shadow | {"kmsKeyId": KEY})["/kmsKeyId"]
    assert "ml.g6e.xlarge" in faults(MINIMAL | pool | {"kmsKeyId": KEY})["/kmsKeyId"]


def test_a_key_is_accepted_without_local_storage() -> None:
    assert read(on("ml.m5.large") | {"kmsKeyId": KEY}).warnings == ()


def test_a_volume_is_refused_where_an_instance_has_local_storage() -> None:
    assert faults(on("ml.g5.xlarge", VolumeSizeInGB=256)) == {
        "/productionVariants/0/VolumeSizeInGB": "ml.g5.xlarge has local NVMe storage and supports no other volume. "
        "Remove it, or choose a type without local storage, such as ml.m5.xlarge."
    }
    assert read(on("ml.inf2.xlarge", VolumeSizeInGB=256)).warnings == ()


@pytest.mark.parametrize("name", ["ml.trn1.2xlarge", "ml.trn1n.32xlarge", "ml.trn2.48xlarge"])
def test_trainium_can_be_scaled(name: str) -> None:
    assert read(on(name) | {"autoscalingMaxCapacity": 2}).scaling is not None


@pytest.mark.parametrize("name", ["ml.t2.medium", "ml.t3.large", "ml.t4g.large"])
def test_burstable_types_cannot_be_scaled(name: str) -> None:
    assert (
        "cannot be scaled: Application Auto Scaling refuses burstable instances"
        in faults(on(name) | {"autoscalingMaxCapacity": 2})[TYPE]
    )


def test_a_type_that_is_newer_than_botocore_is_passed_with_a_warning() -> None:
    request = read(on("ml.m9g.24xlarge", VolumeSizeInGB=8) | {"kmsKeyId": KEY})

    assert request.config["ProductionVariants"][0]["InstanceType"] == "ml.m9g.24xlarge"
    assert request.warnings == (
        f"{TYPE}: ml.m9g.24xlarge is unknown to this version of Slipway and is passed to SageMaker unchanged.",
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [("m5.large", "ml.m5.large"), ("c5.2xlarge", "ml.c5.2xlarge"), ("ml.c5.2xlrge", "ml.c5.2xlarge")],
)
def test_a_misspelled_type_is_refused_with_the_type_that_is_meant(written: str, meant: str) -> None:
    assert faults(on(written)) == {
        TYPE: f'expected an instance type of SageMaker, such as ml.m5.large, got "{written}". Did you mean "{meant}"?'
    }


@pytest.mark.parametrize("count", [2**31, 10**20, 1e20])
def test_a_count_beyond_32_bits_is_refused(count: float) -> None:
    found = faults(on("ml.m5.large", InitialInstanceCount=count))

    assert "expected at most 2147483647" in found["/productionVariants/0/InitialInstanceCount"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e200])
def test_a_target_that_a_metric_cannot_reach_is_refused(value: float) -> None:
    found = faults(MINIMAL | {"autoscalingMaxCapacity": 2, POLICY[1:]: {"TargetValue": value}})

    assert found.keys() == {f"{POLICY}/TargetValue"}
    assert "expected" in found[f"{POLICY}/TargetValue"]
