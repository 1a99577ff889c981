"""The way back of an update: the previous config, then its scaling, then away with the new config."""

from typing import Any

import pytest

from shared.errors import RollbackFailed
from tests.unit.fakes import client_error
from tests.unit.roll_back.updates import (
    MODEL,
    NEW,
    OLD,
    TOO_LATE,
    World,
    heading_for,
    plan,
    policy,
    scaling,
    scheduled,
    suspended,
    target,
)

REMOVALS = [f"endpoint config {NEW}", f"model {MODEL}"]


def test_an_endpoint_on_the_new_config_is_led_back_and_waited_for_before_anything_else() -> None:
    world = World()

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert world.made() == ["UpdateEndpoint"]
    assert progress["restored"] == [f"endpoint churn to config {OLD}"]
    assert ("UpdateEndpoint", plan()["previous"]["updateRequest"]) in world.sagemaker.calls


@pytest.mark.parametrize("config", [NEW, OLD])
def test_an_update_that_goes_on_is_waited_for_wherever_it_goes(config: str) -> None:
    world = World("Updating", OLD, **heading_for(config))

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"], world.made()) == (False, 30, [])


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "RollingBack"])
def test_a_change_of_capacity_is_waited_for(status: str) -> None:
    world = World(status)

    assert (world.look()["done"], world.made()) == (False, [])


def test_after_a_rollback_of_sagemaker_only_what_this_execution_made_goes() -> None:
    world = World(config=OLD)

    progress = world.look()

    assert (progress["done"], progress["removed"], progress["restored"]) == (True, REMOVALS, [])
    assert world.autoscaling.made() == []


def test_the_whole_way_back_leaves_the_world_as_it_was() -> None:
    world = World()
    world.scale({"targets": [target(MaxCapacity=9)], "policies": [policy("wanted")], "scheduledActions": []})

    progress = world.look()
    world.sagemaker.settle("churn")
    progress = world.look(previous=progress)

    assert progress["done"] is True
    assert list(world.sagemaker.configs) == [OLD]
    assert world.sagemaker.models == set()
    told = progress["restored"]
    assert told == [
        f"endpoint churn to config {OLD}",
        "scalable target endpoint/churn/variant/A",
        "scaling policy before",
        "scheduled action nightly",
    ]
    assert progress["removed"] == ["scaling policy wanted", *REMOVALS]
    assert world.autoscaling.targets == {
        "endpoint/churn/variant/A": target(MaxCapacity=4) | {"SuspendedState": suspended()}
    }
    assert world.autoscaling.policies == {"before": policy()}
    assert world.autoscaling.scheduled_actions == {"nightly": scheduled()}


@pytest.mark.parametrize(
    "variants",
    [
        pytest.param([{"VariantName": "A", "InstanceType": "ml.c5.xlarge"}], id="another instance type"),
        pytest.param([{"VariantName": "A", "ServerlessConfig": {}}], id="another kind"),
        pytest.param([{"VariantName": "B", "InstanceType": "ml.c5.large"}], id="another variant"),
        pytest.param(None, id="a config that somebody deleted"),
    ],
)
def test_what_sagemaker_would_refuse_the_update_for_is_deregistered_before(variants: Any) -> None:
    world = World()
    if variants is None:
        del world.sagemaker.configs[NEW]
    else:
        world.sagemaker.configs[NEW] = {"ProductionVariants": variants}

    progress = world.look()

    assert world.autoscaling.made() == ["DeregisterScalableTarget"]
    assert progress["removed"] == ["scalable target endpoint/churn/variant/A"]
    assert world.sagemaker.made() == ["UpdateEndpoint"]

    world.sagemaker.settle("churn")
    world.look(previous=progress)

    assert world.autoscaling.made() == [
        "DeregisterScalableTarget",
        "RegisterScalableTarget",
        "PutScalingPolicy",
        "PutScheduledAction",
    ]


def test_scaling_that_failed_with_no_update_is_led_back_and_the_config_stays() -> None:
    world = World(config=NEW)
    world.sagemaker.tags = {}
    world.scale(scaling()["snapshot"] | {"targets": [target(MaxCapacity=9)]})

    progress = world.look(plan(action="none", previous=None))

    assert (progress["done"], world.made()) == (True, ["RegisterScalableTarget"])


def test_an_endpoint_deleted_under_our_feet_takes_its_scaling_along() -> None:
    world = World(None)

    progress = world.look()

    assert (progress["done"], progress["removed"], world.autoscaling.calls) == (True, REMOVALS, [])


def test_the_deletion_of_an_endpoint_is_waited_for_before_its_config_goes() -> None:
    world = World("Deleting")

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"], world.made()) == (False, 15, [])


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        (World("Updating", OLD, **heading_for("theirs")), "it is on its way to config theirs"),
        (World("Updating", NEW, **heading_for("theirs")), "it is on its way to config theirs"),
        (World("InService", "theirs"), "somebody else updated it to config theirs"),
        (World("Creating", "theirs"), "this execution did not make it"),
    ],
)
def test_nobody_is_fought_who_changes_the_endpoint_meanwhile(world: World, reason: str) -> None:
    world.scale({"targets": [target(MaxCapacity=9)], "policies": [], "scheduledActions": []})

    progress = world.look()

    assert progress["done"] is True
    assert world.autoscaling.made() == []
    assert "UpdateEndpoint" not in world.sagemaker.made()
    assert progress["kept"][0].startswith(f"endpoint churn: {reason}")
    assert "scaling of endpoint churn: it belongs to what serves now" in progress["kept"]


def test_keep_touches_nothing_and_tells_the_commands_of_the_whole_way_back() -> None:
    world = World()

    progress = world.look(plan(onFailure="KEEP"))

    assert (progress["done"], world.made()) == (True, [])
    assert [command.split(" --")[0] for command in progress["commands"]] == [
        "aws sagemaker update-endpoint",
        "aws sagemaker wait endpoint-in-service",
        "aws sagemaker delete-endpoint-config",
        "aws sagemaker delete-model",
    ]
    assert progress["kept"] == [
        f"{what}: the request says onFailure KEEP"
        for what in (
            f"endpoint config {NEW}",
            f"model {MODEL}",
            f"the new state instead of endpoint churn to config {OLD}",
        )
    ]


def refused(world: World, now: str = TOO_LATE) -> str:
    with pytest.raises(RollbackFailed) as raised:
        world.look(now=now)
    return str(raised.value)


def test_an_update_stuck_for_ever_is_given_up_after_an_hour_with_the_commands_for_later() -> None:
    world = World("Updating", OLD, **heading_for(NEW))

    assert refused(world) == (
        f"The way back stopped: it is not done after 1 h. Endpoint churn is Updating on config {OLD}, on its way to "
        f"{NEW}; SageMaker cannot stop that. If it goes back by itself, leave update-endpoint out. "
        f"Of what this execution made there still is: endpoint config {NEW}, model {MODEL}. "
        f"To be restored: endpoint churn to config {OLD}. "
        f"To be removed: endpoint config {NEW}, model {MODEL}. In this order:\n"
        "aws sagemaker wait endpoint-in-service --endpoint-name churn\n"
        "aws sagemaker update-endpoint --cli-input-json "
        f'\'{{"EndpointName":"churn","EndpointConfigName":"{OLD}","RetainAllVariantProperties":true}}\'\n'
        "aws sagemaker wait endpoint-in-service --endpoint-name churn\n"
        f"aws sagemaker delete-endpoint-config --endpoint-config-name {NEW}\n"
        f"aws sagemaker delete-model --model-name {MODEL}"
    )


@pytest.mark.parametrize("status", ["UpdateRollbackFailed", "Failed", "OutOfService"])
def test_an_endpoint_that_only_a_person_may_delete_is_left_with_all_its_configs(status: str) -> None:
    world = World(status, OLD)

    told = refused(world, "2026-11-21T05:00:30.000Z")

    assert world.made() == []
    assert f"it cannot go on, for endpoint churn is {status}: " in told
    assert (f"is {status} on config {OLD}" in told) == (status != "UpdateRollbackFailed"), "a mix is live"
    assert [command.split(" --")[0] for command in told.partition("In this order:\n")[2].splitlines()][:5] == [
        "aws sagemaker delete-endpoint",
        "aws sagemaker wait endpoint-deleted",
        "aws sagemaker create-endpoint",
        "aws sagemaker wait endpoint-in-service",
        "aws application-autoscaling register-scalable-target",
    ]


@pytest.mark.parametrize("status", ["InService", "Failed"])
def test_a_previous_config_that_somebody_deleted_is_named_and_what_serves_stays(status: str) -> None:
    world = World(status)
    del world.sagemaker.configs[OLD]

    told = refused(world, "2026-11-21T05:00:30.000Z")

    assert world.made() == []
    assert f"config {OLD}, which" in told
    assert f"Endpoint churn is {status} on config {NEW}." in told
    assert f'"EndpointConfigName":"{OLD}"' in told or f"--endpoint-config-name {OLD}" in told


def test_an_update_back_that_sagemaker_refuses_is_told_with_what_it_said() -> None:
    world = World()
    world.sagemaker.errors["UpdateEndpoint"] = client_error("ValidationException", "no way", "UpdateEndpoint")

    told = refused(world, "2026-11-21T05:00:30.000Z")

    assert "The way back stopped: UpdateEndpoint: ValidationException: no way." in told
    assert "In this order:\naws sagemaker update-endpoint" in told


def test_an_update_back_that_meets_another_change_is_for_the_next_look() -> None:
    world = World()
    message = "Cannot update in-progress endpoint"
    world.sagemaker.errors["UpdateEndpoint"] = client_error("ValidationException", message, "UpdateEndpoint")

    assert world.look()["restored"] == []


def test_the_previous_config_serves_whatever_the_case_of_its_name() -> None:
    world = World(config=OLD.upper())

    assert (world.look()["removed"], world.sagemaker.made()) == (REMOVALS, ["DeleteEndpointConfig", "DeleteModel"])


def test_the_new_config_is_left_whatever_the_case_of_its_name() -> None:
    world = World(config=NEW.upper())

    assert world.look()["restored"] == [f"endpoint churn to config {OLD}"]


WEIGHTS = {"A": 1.0, "B": 9.0}
SHIFT_BACK = {
    "EndpointName": "churn",
    "DesiredWeightsAndCapacities": [
        {"VariantName": "A", "DesiredWeight": 1.0},
        {"VariantName": "B", "DesiredWeight": 9.0},
    ],
}


def weighing(a: float, b: float) -> dict[str, Any]:
    weights = {"A": a, "B": b}
    return {"ProductionVariants": [{"VariantName": name, "CurrentWeight": weights[name]} for name in weights]}


def shifting(config: str = OLD, **changes: Any) -> dict[str, Any]:
    previous = {"endpointConfigName": OLD, "updateRequest": plan()["previous"]["updateRequest"], "weights": WEIGHTS}
    return (
        plan(action="shift", endpointConfig={"name": config, "exists": True}, model=None, previous=previous) | changes
    )


def test_weights_that_were_shifted_are_restored_and_waited_for() -> None:
    world = World(config=OLD, **weighing(5, 5))

    progress = world.look(shifting())

    assert world.made() == ["UpdateEndpointWeightsAndCapacities"]
    assert ("UpdateEndpointWeightsAndCapacities", SHIFT_BACK) in world.sagemaker.calls
    assert (progress["done"], progress["restored"]) == (False, ["weights of endpoint churn, A 1, B 9"])


def test_weights_that_are_as_before_are_left_alone() -> None:
    world = World(config=OLD, **weighing(1, 9))

    assert (world.look(shifting())["done"], world.made()) == (True, [])


def test_keep_says_that_weights_are_not_restored() -> None:
    world = World(config=OLD, **weighing(5, 5))

    assert world.look(shifting(onFailure="KEEP"))["kept"] == [
        "the new state instead of weights of endpoint churn, A 1, B 9: the request says onFailure KEEP"
    ]


def test_an_update_that_is_undone_restores_the_weights_that_were_live_before_it() -> None:
    """The previous config has weights to begin with; somebody had shifted them since."""
    world = World(config=OLD, **weighing(5, 5))

    progress = world.look(shifting(NEW, action="update"))

    assert progress["restored"] == ["weights of endpoint churn, A 1, B 9"]


def test_commands_that_undo_an_update_restore_the_weights_after_it() -> None:
    world = World(config=NEW, **weighing(5, 5))
    variants = [{"VariantName": name, "InstanceType": "ml.c5.large"} for name in WEIGHTS]
    world.sagemaker.configs[OLD] = {"ProductionVariants": variants}

    commands = world.look(shifting(NEW, action="update", onFailure="KEEP"))["commands"]

    update, wait, shift, wait_again = commands[:4]
    assert update.startswith("aws sagemaker update-endpoint --cli-input-json")
    assert wait == wait_again == "aws sagemaker wait endpoint-in-service --endpoint-name churn"
    assert shift.startswith("aws sagemaker update-endpoint-weights-and-capacities --cli-input-json")
