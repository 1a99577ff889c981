"""The decisions about scaling, on plain values."""

from typing import Any

import pytest

from plan_deployment.hosts import INSTANCES, PROVISIONED_CONCURRENCY
from plan_deployment.retention import retention, update_request
from plan_deployment.scaling import Wanted
from plan_deployment.scaling_change import Change, Scene, decide, step_policy_faults
from plan_deployment.scaling_warnings import warnings
from shared.autoscaling import NOT_SUSPENDED
from shared.planning.snapshot import Snapshot, take
from tests.unit.fakes import FakeAutoScaling

Json = dict[str, Any]
TRACKING = {"TargetValue": 5000.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "a"}}


def variant(name: str = "v", **changes: Any) -> Json:
    return {"VariantName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **changes}


def serverless(name: str = "v", **config: Any) -> Json:
    return {"VariantName": name, "ServerlessConfig": {"MaxConcurrency": 10, **config}}


def config(*variants: Json, **more: Any) -> Json:
    return {"ProductionVariants": list(variants), **more}


def key(name: str = "v", dimension: str = INSTANCES) -> Json:
    return {"ServiceNamespace": "sagemaker", "ResourceId": f"endpoint/e/variant/{name}", "ScalableDimension": dimension}


def target(name: str = "v", dimension: str = INSTANCES, **changes: Any) -> Json:
    return {**key(name, dimension), "MinCapacity": 1, "MaxCapacity": 4, "SuspendedState": NOT_SUSPENDED, **changes}


def policy(policy_name: str = "e-v-target-tracking", name: str = "v", **changes: Any) -> Json:
    tracking = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": TRACKING}
    return {"PolicyName": policy_name, **key(name), **tracking, **changes}


def action(action_name: str = "office-hours", name: str = "v") -> Json:
    return {"ScheduledActionName": action_name, **key(name), "Schedule": "rate(1 day)", "ScalableTargetAction": {}}


def wanted(name: str = "v", policy_name: str = "e-v-target-tracking", **bounds: int) -> Wanted:
    body = {member: value for member, value in target(name, **bounds).items() if member != "SuspendedState"}
    return Wanted(body, policy(policy_name, name))


def scene(snapshot: Snapshot, before: Json | None, after: Json, *asked: Wanted, is_update: bool = True) -> Scene:
    return Scene("e", snapshot, before, after, list(asked), is_update)


OWN = Snapshot([target()], [policy()])
STEP = policy("steps", PolicyType="StepScaling")


def test_what_is_there_as_asked_is_left_alone() -> None:
    assert decide(scene(OWN, config(variant()), config(variant(ModelName="new")), wanted())) == Change()


@pytest.mark.parametrize(
    "extra",
    [
        {"DisableScaleIn": True},
        {"CustomizedMetricSpecification": {"MetricName": "Load", "Unit": "Count"}},
        {"CustomizedMetricSpecification": {"MetricName": "Load", "Dimensions": [{"Name": "Zone", "Value": "a"}]}},
    ],
)
def test_a_policy_that_says_more_than_is_asked_for_is_put_again(extra: Json) -> None:
    configuration = {"TargetValue": 70.0, "CustomizedMetricSpecification": {"MetricName": "Load"}}
    asked = policy(TargetTrackingScalingPolicyConfiguration=configuration)
    found = policy(TargetTrackingScalingPolicyConfiguration=configuration | extra)
    asked_for = Wanted(wanted().target, asked)

    assert decide(
        scene(Snapshot([target()], [found]), None, config(variant()), asked_for, is_update=False)
    ).policies == [asked]


def test_what_aws_adds_without_a_meaning_is_no_difference() -> None:
    configuration = {"TargetValue": 70.0, "CustomizedMetricSpecification": {"MetricName": "Load"}}
    added = {"DisableScaleIn": False, "CustomizedMetricSpecification": {"MetricName": "Load", "Dimensions": []}}
    asked = policy(TargetTrackingScalingPolicyConfiguration=configuration)
    found = policy(TargetTrackingScalingPolicyConfiguration=configuration | added)
    asked_for = Wanted(wanted().target, asked)

    assert decide(scene(Snapshot([target()], [found]), None, config(variant()), asked_for, is_update=False)) == Change()


def test_other_bounds_are_registered_without_a_word_on_what_is_suspended() -> None:
    change = decide(scene(OWN, None, config(variant()), wanted(MaxCapacity=7), is_update=False))

    assert change == Change(targets=[wanted(MaxCapacity=7).target], policies=[policy()])
    assert "SuspendedState" not in change.targets[0]


def test_pools_of_other_instance_types_are_another_host() -> None:
    old, new = (
        {"VariantName": "v", "InstancePools": [{"InstanceType": f"ml.m5.{size}", "Priority": 1}]}
        for size in ("large", "xlarge")
    )

    assert decide(scene(OWN, config(old), config(old), wanted())) == Change()
    assert decide(scene(OWN, config(old), config(new), wanted())).deregister == [key()]


def test_a_shadow_that_goes_is_deregistered_too() -> None:
    registered = Snapshot([target("s")])
    before = config(variant(), ShadowProductionVariants=[variant("s")])

    assert decide(scene(registered, before, config(variant()))).deregister == [key("s")]


def test_what_somebody_suspended_stays_so_through_a_deregistration() -> None:
    suspended = NOT_SUSPENDED | {"ScheduledScalingSuspended": True}
    registered = Snapshot([target(SuspendedState=suspended)], [policy()])

    change = decide(scene(registered, config(variant()), config(variant(InstanceType="ml.m5.xlarge")), wanted()))

    assert change.targets == [target(SuspendedState=suspended)]
    assert (change.deregister, change.policies, change.remove_targets) == ([key()], [policy()], [])


def test_what_is_slipways_alone_does_not_come_back_unasked() -> None:
    change = decide(scene(OWN, config(variant()), config(variant(InstanceType="ml.m5.xlarge"))))

    assert change == Change(deregister=[key()])


def test_what_others_have_put_comes_back_unasked_without_slipways_policy() -> None:
    registered = Snapshot([target()], [policy(), policy("theirs")], [action()])

    change = decide(scene(registered, config(variant()), config(variant(InstanceType="ml.m5.xlarge"))))

    assert change == Change(
        deregister=[key()], targets=[target()], policies=[policy("theirs")], scheduled_actions=[action()]
    )


def test_an_adopted_policy_comes_back_once_as_it_is_asked() -> None:
    registered = Snapshot([target()], [policy("theirs", TargetTrackingScalingPolicyConfiguration={})])
    asked = wanted(policy_name="theirs")

    change = decide(scene(registered, config(variant()), config(variant(InstanceType="ml.m5.xlarge")), asked))

    assert change.policies == [asked.policy]


def test_nothing_comes_back_in_a_dimension_that_is_gone() -> None:
    concurrency = target(dimension=PROVISIONED_CONCURRENCY)
    theirs = {**action(), "ScalableDimension": PROVISIONED_CONCURRENCY}
    before = config(serverless(ProvisionedConcurrency=2))
    looked_at = scene(Snapshot([concurrency], [], [theirs]), before, config(variant()))

    assert decide(looked_at) == Change(deregister=[key(dimension=PROVISIONED_CONCURRENCY)])
    (warning,) = warnings(looked_at)
    assert warning.startswith("scheduled action office-hours of endpoint/e/variant/v")


def test_step_policies_are_only_in_the_way_of_a_deregistration() -> None:
    registered = Snapshot([target()], [STEP])

    assert list(step_policy_faults(scene(registered, config(variant()), config(variant(ModelName="new"))))) == []
    (fault,) = step_policy_faults(scene(registered, config(variant()), config(variant("other"))))
    assert fault.pointer == "/productionVariants"
    assert "--policy-name steps" in fault.remedy


def test_a_variant_that_becomes_a_shadow_is_scaled_by_slipway_no_more() -> None:
    after = config(variant("other"), ShadowProductionVariants=[variant()])

    assert decide(scene(OWN, config(variant()), after, wanted("other"))).remove_targets == [key()]


def kept(before: Json, after: Json, *asked: Wanted, snapshot: Snapshot = OWN, counts: Json | None = None) -> Any:
    looked_at = scene(snapshot, before, after, *asked)
    live = [{"VariantName": name, "CurrentInstanceCount": count} for name, count in (counts or {}).items()]
    return retention(looked_at, decide(looked_at), {"ProductionVariants": live}, has_fleet=True)


def excluded(found: Any) -> list[str]:
    return [each["VariantPropertyType"] for each in found.members["ExcludeRetainedVariantProperties"]]


NOBODY = Snapshot()


def test_live_counts_stay_where_the_request_says_the_same() -> None:
    found = kept(config(variant()), config(variant(ModelName="new")), snapshot=NOBODY)

    assert (found.keeps_counts, excluded(found), found.warnings) == (True, ["DesiredWeight"], [])


def test_another_count_of_an_unscaled_variant_is_meant_there_and_back() -> None:
    found = kept(config(variant()), config(variant(InitialInstanceCount=3)), snapshot=NOBODY)

    assert (found.keeps_counts, excluded(found)) == (False, ["DesiredWeight", "DesiredInstanceCount"])
    assert update_request("e", "old", found) == {
        "EndpointName": "e",
        "EndpointConfigName": "old",
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [
            {"VariantPropertyType": "DesiredWeight"},
            {"VariantPropertyType": "DesiredInstanceCount"},
        ],
    }


def test_another_count_of_a_variant_whose_scaling_ends_is_meant() -> None:
    assert not kept(config(variant()), config(variant(InitialInstanceCount=3))).keeps_counts


def test_another_count_of_a_scaled_variant_is_scalings_affair() -> None:
    found = kept(config(variant()), config(variant(InitialInstanceCount=3)), wanted())

    assert (found.keeps_counts, found.warnings) == (True, [])


def test_one_scaled_variant_keeps_the_counts_of_all() -> None:
    theirs = Snapshot([target("w")])
    before = config(variant(), variant("w"))

    found = kept(before, config(variant(InitialInstanceCount=3), variant("w")), snapshot=theirs)

    assert found.keeps_counts
    assert "from 1 to 3, but its live count stays" in found.warnings[0]


def test_a_count_that_goes_back_with_another_is_told() -> None:
    before, after = config(variant(), variant("w")), config(variant(InitialInstanceCount=3), variant("w"))

    found = kept(before, after, snapshot=NOBODY, counts={"v": 1, "w": 5})

    assert not found.keeps_counts
    assert found.warnings[0].startswith("Variant w goes from 5 instances to its InitialInstanceCount, 1")


def test_a_snapshot_says_all_that_puts_it_so_again_and_no_more() -> None:
    autoscaling = FakeAutoScaling()
    autoscaling.targets["endpoint/e/variant/v"] = {**key(), "MinCapacity": 0, "MaxCapacity": 4, "RoleARN": "arn:role"}
    autoscaling.policies["theirs"] = {**policy("theirs"), "PolicyARN": "arn:policy", "Alarms": []}
    autoscaling.scheduled_actions["office-hours"] = {**action(), "ScheduledActionARN": "arn:action"}

    found = take(autoscaling, "e", ["v", "v"])

    assert found == Snapshot([target(MinCapacity=0)], [policy("theirs")], [action()])
