"""Changes of the scaling, decided on plain values."""

from typing import Any

import pytest

from plan_deployment.scaling.changes import Change, Comparison, decide, scaled_variants
from plan_deployment.scaling.requested import ResourceScaling
from plan_deployment.scaling.warnings import warnings
from plan_deployment.variants import INSTANCES, PROVISIONED_CONCURRENCY
from shared.autoscaling import NOT_SUSPENDED
from shared.planning.scaling_snapshot import Snapshot, take
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


def wanted(name: str = "v", policy_name: str = "e-v-target-tracking", **bounds: int) -> ResourceScaling:
    body = {member: value for member, value in target(name, **bounds).items() if member != "SuspendedState"}
    return ResourceScaling(name, body, [policy(policy_name, name)])


def compared(
    snapshot: Snapshot, before: Json | None, after: Json, *asked: ResourceScaling, is_update: bool = True
) -> Comparison:
    return Comparison("e", snapshot, before, after, list(asked), is_update)


OWN = Snapshot([target()], [policy()])


def test_scaling_registered_as_requested_does_not_change() -> None:
    assert decide(compared(OWN, config(variant()), config(variant(ModelName="new")), wanted())) == Change()


@pytest.mark.parametrize(
    "extra",
    [
        {"DisableScaleIn": True},
        {"CustomizedMetricSpecification": {"MetricName": "Load", "Unit": "Count"}},
        {"CustomizedMetricSpecification": {"MetricName": "Load", "Dimensions": [{"Name": "Zone", "Value": "a"}]}},
    ],
)
def test_a_policy_with_more_members_than_requested_is_put_again(extra: Json) -> None:
    configuration = {"TargetValue": 70.0, "CustomizedMetricSpecification": {"MetricName": "Load"}}
    asked = policy(TargetTrackingScalingPolicyConfiguration=configuration)
    found = policy(TargetTrackingScalingPolicyConfiguration=configuration | extra)
    asked_for = ResourceScaling("v", wanted().target, [asked])

    assert decide(
        compared(Snapshot([target()], [found]), None, config(variant()), asked_for, is_update=False)
    ).policies == [asked]


def test_members_that_aws_adds_without_a_meaning_are_not_a_difference() -> None:
    configuration = {"TargetValue": 70.0, "CustomizedMetricSpecification": {"MetricName": "Load"}}
    added = {"DisableScaleIn": False, "CustomizedMetricSpecification": {"MetricName": "Load", "Dimensions": []}}
    asked = policy(TargetTrackingScalingPolicyConfiguration=configuration)
    found = policy(TargetTrackingScalingPolicyConfiguration=configuration | added)
    asked_for = ResourceScaling("v", wanted().target, [asked])

    assert (
        decide(compared(Snapshot([target()], [found]), None, config(variant()), asked_for, is_update=False)) == Change()
    )


def test_new_bounds_preserve_suspended_processes() -> None:
    change = decide(compared(OWN, None, config(variant()), wanted(MaxCapacity=7), is_update=False))

    assert change == Change(targets=[wanted(MaxCapacity=7).target])
    assert change.in_effect.policies == [policy()]
    assert "SuspendedState" not in change.targets[0]


def test_a_variant_whose_scaling_ends_is_no_longer_scaled() -> None:
    asked, unasked = (compared(OWN, config(variant()), config(variant()), *scalings) for scalings in ([wanted()], []))

    assert scaled_variants(asked, decide(asked)) == {"v"}
    assert scaled_variants(unasked, decide(unasked)) == set()


def test_instance_pools_of_other_types_block_an_update() -> None:
    old, new = (
        {"VariantName": "v", "InstancePools": [{"InstanceType": f"ml.m5.{size}", "Priority": 1}]}
        for size in ("large", "xlarge")
    )

    assert decide(compared(OWN, config(old), config(old), wanted())) == Change()
    assert decide(compared(OWN, config(old), config(new), wanted())).deregister == [target()]


def test_a_removed_shadow_is_deregistered() -> None:
    registered = Snapshot([target("s")])
    before = config(variant(), ShadowProductionVariants=[variant("s")])

    assert decide(compared(registered, before, config(variant()))).deregister == [target("s")]


def test_suspended_scaling_stays_suspended_after_a_deregistration() -> None:
    suspended = NOT_SUSPENDED | {"ScheduledScalingSuspended": True}
    registered = Snapshot([target(SuspendedState=suspended)], [policy()])

    change = decide(compared(registered, config(variant()), config(variant(InstanceType="ml.m5.xlarge")), wanted()))

    assert change.targets == [target(SuspendedState=suspended)]
    assert (change.deregister, change.policies, change.remove_targets) == (
        [target(SuspendedState=suspended)],
        [policy()],
        [],
    )


def test_slipways_own_scaling_is_not_registered_again_unless_requested() -> None:
    change = decide(compared(OWN, config(variant()), config(variant(InstanceType="ml.m5.xlarge"))))

    assert change == Change(deregister=[target()])


def test_external_scaling_is_registered_again_without_slipways_policy() -> None:
    registered = Snapshot([target()], [policy(), policy("theirs")], [action()])

    change = decide(compared(registered, config(variant()), config(variant(InstanceType="ml.m5.xlarge"))))

    assert change == Change(
        deregister=[target()], targets=[target()], policies=[policy("theirs")], scheduled_actions=[action()]
    )


def test_an_adopted_policy_is_put_again_once_as_requested() -> None:
    registered = Snapshot([target()], [policy("theirs", TargetTrackingScalingPolicyConfiguration={})])
    asked = wanted(policy_name="theirs")

    change = decide(compared(registered, config(variant()), config(variant(InstanceType="ml.m5.xlarge")), asked))

    assert change.policies == asked.policies


def test_nothing_is_registered_again_in_a_removed_dimension() -> None:
    concurrency = target(dimension=PROVISIONED_CONCURRENCY)
    theirs = {**action(), "ScalableDimension": PROVISIONED_CONCURRENCY}
    before = config(serverless(ProvisionedConcurrency=2))
    comparison = compared(Snapshot([concurrency], [], [theirs]), before, config(variant()))

    assert decide(comparison) == Change(deregister=[concurrency])
    (warning,) = warnings(comparison)
    assert warning.startswith("scheduled action office-hours of endpoint/e/variant/v")


def test_a_variant_that_becomes_a_shadow_is_deregistered() -> None:
    after = config(variant("other"), ShadowProductionVariants=[variant()])

    assert decide(compared(OWN, config(variant()), after, wanted("other"))).remove_targets == [target()]


def test_a_snapshot_has_exactly_the_members_that_register_it_again() -> None:
    autoscaling = FakeAutoScaling()
    autoscaling.targets["endpoint/e/variant/v"] = {**key(), "MinCapacity": 0, "MaxCapacity": 4, "RoleARN": "arn:role"}
    autoscaling.policies["theirs"] = {**policy("theirs"), "PolicyARN": "arn:policy", "Alarms": []}
    autoscaling.scheduled_actions["office-hours"] = {**action(), "ScheduledActionARN": "arn:action"}

    found = take(autoscaling, "e", ["v", "v"])

    assert found == Snapshot([target(MinCapacity=0)], [policy("theirs")], [action()])
