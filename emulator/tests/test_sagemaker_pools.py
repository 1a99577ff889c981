"""Instance pools of variants: which types their instances have, when a type lacks capacity, and when they scale."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.hosting import Hosting, refused
from support.playing import constant, of_variant, play, sums
from support.scaling import Scaled, tracking
from support.serving import Serving

Json = dict[str, Any]

FIRST, SECOND = "ml.c6i.xlarge", "ml.m6i.xlarge"
NO_CAPACITY = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."


@pytest.fixture(autouse=True)
def enough_capacity(hosting: Hosting) -> Iterator[None]:
    yield
    hosting.aws.delete("sagemaker/shortages")


def pool(instance_type: str, priority: int, **more: Any) -> Json:
    return {"InstanceType": instance_type, "Priority": priority, **more}


def variant(hosting: Hosting, model: str, count: int = 2, **changes: Any) -> Json:
    """A variant of two pools, not in the order of their priorities."""
    made = hosting.variant(model, InitialInstanceCount=count, InstancePools=[pool(SECOND, 2), pool(FIRST, 1)])
    del made["InstanceType"]
    return {**made, **changes}


def endpoint(hosting: Hosting, name: str, count: int = 2, **changes: Any) -> str:
    return hosting.endpoint(name, variant(hosting, hosting.model(f"{name}-model"), count, **changes))


def lack(hosting: Hosting, **most: int) -> None:
    """Set the most instances of ``first`` and ``second`` type."""
    types = {"first": FIRST, "second": SECOND}
    hosting.aws.post("sagemaker/shortages", {types[name]: count for name, count in most.items()})


def counts(described: Json) -> dict[str, int]:
    return {each["InstanceType"]: each["CurrentInstanceCount"] for each in described["InstancePools"]}


def live(hosting: Hosting, name: str) -> dict[str, int]:
    (described,) = hosting.describe(name)["ProductionVariants"]
    assert described["CurrentInstanceCount"] == sum(counts(described).values())
    return counts(described)


def test_instances_are_of_the_pool_with_the_highest_priority(hosting: Hosting) -> None:
    endpoint(hosting, "pooled")

    config = hosting.sagemaker.describe_endpoint_config(EndpointConfigName="pooled-1")

    assert config["ProductionVariants"][0]["InstancePools"] == [pool(SECOND, 2), pool(FIRST, 1)]
    assert list(live(hosting, "pooled").items()) == [(FIRST, 2), (SECOND, 0)]


def test_a_pool_without_capacity_falls_back_to_the_next(hosting: Hosting) -> None:
    lack(hosting, first=1)

    endpoint(hosting, "falls-back", 3)

    assert live(hosting, "falls-back") == {FIRST: 1, SECOND: 2}


def test_a_creation_fails_when_all_pools_lack_capacity_until_the_time_out(hosting: Hosting) -> None:
    lack(hosting, first=1, second=0)
    made = variant(hosting, hosting.model("exhausted-model"), VariantInstanceProvisionTimeoutInSeconds=900)
    hosting.sagemaker.create_endpoint(EndpointName="exhausted", EndpointConfigName=hosting.config("exhausted-1", made))

    failed = hosting.wait("exhausted", "Failed")

    assert failed["FailureReason"] == NO_CAPACITY
    assert (failed["LastModifiedTime"] - failed["CreationTime"]).total_seconds() == pytest.approx(420 + 900, abs=5)


def test_a_single_instance_type_lacks_capacity_too(hosting: Hosting) -> None:
    lack(hosting, first=0)
    made = hosting.variant(hosting.model("only-type-model"), InstanceType=FIRST)
    hosting.sagemaker.create_endpoint(EndpointName="only-type", EndpointConfigName=hosting.config("only-type-1", made))

    assert hosting.wait("only-type", "Failed")["FailureReason"] == NO_CAPACITY


def test_scale_out_returns_to_the_preferred_pool_and_scale_in_releases_the_other_first(hosting: Hosting) -> None:
    lack(hosting, first=1)
    endpoint(hosting, "prefers")
    assert live(hosting, "prefers") == {FIRST: 1, SECOND: 1}
    hosting.aws.delete("sagemaker/shortages")

    hosting.scale("prefers", 4)
    assert live(hosting, "prefers") == {FIRST: 3, SECOND: 1}
    hosting.scale("prefers", 3)
    assert live(hosting, "prefers") == {FIRST: 3, SECOND: 0}
    hosting.scale("prefers", 1)
    assert live(hosting, "prefers") == {FIRST: 1, SECOND: 0}


def test_a_scale_out_without_capacity_has_what_there_is(hosting: Hosting) -> None:
    endpoint(hosting, "partly", 1)
    scaled = Scaled(hosting, hosting.register("partly", 1, 6))
    lack(hosting, first=2, second=1)

    hosting.register("partly", 5, 6)
    (activity,) = scaled.ended()

    assert activity["StatusCode"] == "Unfulfilled"
    assert live(hosting, "partly") == {FIRST: 2, SECOND: 1}
    described = hosting.describe("partly")
    assert described["ProductionVariants"][0]["DesiredInstanceCount"] == 3
    assert (described["EndpointStatus"], described["FailureReason"]) == ("InService", NO_CAPACITY)


def test_an_endpoint_moves_from_one_type_to_pools_and_an_update_without_capacity_is_rolled_back(
    hosting: Hosting,
) -> None:
    hosting.endpoint("moves")
    hosting.config("moves-2", variant(hosting, "moves-1-model"))
    hosting.sagemaker.update_endpoint(EndpointName="moves", EndpointConfigName="moves-2")
    hosting.wait("moves")
    assert live(hosting, "moves") == {FIRST: 2, SECOND: 0}

    lack(hosting, first=0, second=1)
    hosting.config("moves-3", variant(hosting, hosting.model("moves-3-model")))
    hosting.sagemaker.update_endpoint(EndpointName="moves", EndpointConfigName="moves-3")
    rolled_back = hosting.wait("moves")

    assert (rolled_back["EndpointConfigName"], rolled_back["FailureReason"]) == ("moves-2", NO_CAPACITY)
    assert live(hosting, "moves") == {FIRST: 2, SECOND: 0}


def test_a_guarded_update_provisions_its_fleet_by_priority_again(hosting: Hosting) -> None:
    endpoint(hosting, "guarded-pools", 3)
    hosting.config("guarded-pools-2", variant(hosting, "guarded-pools-model", 3))
    lack(hosting, first=1)
    canary = {"Type": "INSTANCE_COUNT", "Value": 1}
    traffic = {"Type": "CANARY", "CanarySize": canary, "WaitIntervalInSeconds": 300}
    with hosting.standing_still():
        hosting.sagemaker.update_endpoint(
            EndpointName="guarded-pools",
            EndpointConfigName="guarded-pools-2",
            DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": traffic}},
        )
        (pending,) = hosting.describe("guarded-pools")["PendingDeploymentSummary"]["ProductionVariants"]

    assert (pending["DesiredInstanceCount"], counts(pending)) == (3, {FIRST: 0, SECOND: 0})
    hosting.wait("guarded-pools")
    assert live(hosting, "guarded-pools") == {FIRST: 1, SECOND: 2}


def test_the_pools_of_an_asynchronous_endpoint_can_be_empty(hosting: Hosting) -> None:
    made = variant(hosting, hosting.model("empty-pools-model"), 1)
    hosting.config("empty-pools-1", made, AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://out/put"}})
    hosting.sagemaker.create_endpoint(EndpointName="empty-pools", EndpointConfigName="empty-pools-1")
    hosting.wait("empty-pools")

    hosting.scale("empty-pools", 0)

    assert live(hosting, "empty-pools") == {FIRST: 0, SECOND: 0}


def test_a_pool_answers_with_a_model_of_its_own(hosting: Hosting, serving: Serving) -> None:
    for key in ("pool-usual", "pool-own"):
        serving.config(key, serving.container(key))
    pools = [pool(FIRST, 1), pool(SECOND, 2, ModelNameOverride="pool-own")]
    lack(hosting, first=0)
    hosting.endpoint("override", variant(hosting, "pool-usual", 1, InstancePools=pools))
    assert serving.invoke("override")["model"] == "pool-own"

    hosting.aws.delete("sagemaker/shortages")
    hosting.scale("override", 8)

    assert {serving.invoke("override")["model"] for _ in range(40)} == {"pool-usual", "pool-own"}


def test_target_tracking_scales_a_variant_on_pools_and_each_pool_has_its_metrics(hosting: Hosting) -> None:
    endpoint(hosting, "busy-fleet")
    scaled = Scaled(hosting, hosting.register("busy-fleet", 1, 4))
    scaled.track("busy-fleet", tracking(120.0))
    lack(hosting, first=3)

    result = play(hosting, "busy-fleet", constant(8), hours=0.5)

    (resource,) = result["resources"]
    assert resource["running"][-1] == 4
    assert {each: column[-1] for each, column in resource["instancePools"].items()} == {FIRST: 3, SECOND: 1}
    assert resource["instanceType"] is None
    of_first = {**of_variant("busy-fleet"), "InstanceType": FIRST}
    assert sums(hosting, "Invocations", of_first)[-1] == 360.0
    assert sums(hosting, "InvocationsPerInstance", of_first)[-1] == 120.0
    assert sums(hosting, "Invocations", of_variant("busy-fleet"))[-1] == 480.0


def test_the_type_of_a_scaled_variant_and_its_pools_cannot_change(hosting: Hosting) -> None:
    endpoint(hosting, "stays-pooled")
    hosting.register("stays-pooled")
    hosting.config("stays-pooled-2", hosting.variant("stays-pooled-model", InstanceType=FIRST))
    message = (
        'The variant(s) "AllTraffic" must be deregistered as scalable targets with Application Auto Scaling before '
        "they can be removed or have their instance type changed."
    )
    with refused("ValidationException", message):
        hosting.sagemaker.update_endpoint(EndpointName="stays-pooled", EndpointConfigName="stays-pooled-2")


def test_a_burstable_pool_cannot_be_scaled(hosting: Hosting) -> None:
    endpoint(hosting, "bursting-pools", InstancePools=[pool(FIRST, 1), pool("ml.t2.large", 2)])
    message = (
        "You cannot register a variant with ml.t2.large instance type as a scalable target. This is because the "
        "burstable performance of these instances can lead to unpredictable behavior with Auto Scaling."
    )
    with refused("ValidationException", message):
        hosting.register("bursting-pools")


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"InstanceType": FIRST},
            "ValidationException",
            "InstanceType cannot be specified together with InstancePools.",
        ),
        (
            {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}},
            "ValidationException",
            "ServerlessConfig cannot be specified together with InstancePools.",
        ),
        (
            {"InstancePools": [pool("ml.m5d.large", 1)], "VolumeSizeInGB": 8},
            "ValidationException",
            "VolumeSize parameter is not allowed for the selected Instance type ml.m5d.large.",
        ),
        (
            {"InstancePools": [pool(FIRST, 1), pool(FIRST, 2)]},
            "NotImplemented",
            "The local AWS does not model this: InstancePools of which two have the same InstanceType",
        ),
        (
            {"InstancePools": [pool(FIRST, 1), pool(SECOND, 1)]},
            "NotImplemented",
            "The local AWS does not model this: InstancePools of which two have the same Priority",
        ),
    ],
)
def test_a_config_with_other_pools_is_refused(hosting: Hosting, changes: Json, code: str, message: str) -> None:
    made = variant(hosting, "hosted-by-pools", **changes)

    with refused(code, message):
        hosting.unchecked.create_endpoint_config(EndpointConfigName="other-pools", ProductionVariants=[made])


def test_a_missing_model_of_a_pool_is_refused(hosting: Hosting) -> None:
    made = variant(hosting, hosting.model("pool-model"), InstancePools=[pool(FIRST, 1, ModelNameOverride="no-model")])

    with pytest.raises(hosting.sagemaker.exceptions.ClientError, match=r'Could not find model "arn:.*no-model"'):
        hosting.config("lacks-model", made)


def test_a_shortage_must_be_a_number(hosting: Hosting) -> None:
    with pytest.raises(ValueError, match=r"/ml\.c6i\.xlarge: -1 is not a number of instances, 0 or more"):
        lack(hosting, first=-1)
