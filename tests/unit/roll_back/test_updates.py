"""The rollback of an update: the previous config, then its scaling, then the deletion of the new config."""

import json
from typing import Any

import pytest

from shared.errors import RollbackFailed
from shared.plan import DeploymentPlan
from shared.planning import calls
from tests.support.plans import RETAINED, shift_traffic
from tests.unit.fakes import client_error
from tests.unit.roll_back.updates import (
    BEFORE,
    MODEL,
    NEW,
    OLD,
    SOON,
    TOO_LATE,
    WEIGHTS,
    World,
    around,
    heading_for,
    nothing,
    plan,
    policy,
    puts,
    scheduled,
    suspended,
    target,
)

REMOVALS = [f"endpoint config {NEW}", f"model {MODEL}"]


def test_an_endpoint_on_the_new_config_is_updated_back_before_anything_else() -> None:
    world = World()

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert world.made() == ["UpdateEndpoint"]
    assert progress["restored"] == [f"endpoint churn to config {OLD}"]
    back = {"EndpointName": "churn", "EndpointConfigName": OLD} | RETAINED
    assert ("UpdateEndpoint", back) in world.sagemaker.calls


@pytest.mark.parametrize("config", [NEW, OLD])
def test_an_update_of_this_execution_is_waited_for(config: str) -> None:
    world = World("Updating", OLD, **heading_for(config))

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"], world.made()) == (False, 30, [])


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "RollingBack"])
def test_a_change_of_capacity_is_waited_for(status: str) -> None:
    world = World(status)

    assert (world.look()["done"], world.made()) == (False, [])


def test_after_a_sagemaker_rollback_only_what_this_execution_created_is_removed() -> None:
    world = World(config=OLD)

    progress = world.look()

    assert (progress["done"], progress["removed"], progress["restored"]) == (True, REMOVALS, [])
    assert world.autoscaling.made() == []


def test_the_whole_rollback_restores_what_was_there_before() -> None:
    world = World()
    world.scale(nothing(targets=[target(MaxCapacity=9)], policies=[policy("wanted")]))

    progress = world.look()
    world.sagemaker.settle("churn")
    progress = world.look(previous=progress)

    assert progress["done"] is True
    assert list(world.sagemaker.configs) == [OLD]
    assert world.sagemaker.models == set()
    assert progress["restored"] == [
        f"endpoint churn to config {OLD}",
        *(call["what"] for call in puts(BEFORE)),
    ]
    assert progress["removed"] == [calls.delete_policy(policy("wanted"))["what"], *REMOVALS]
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
        pytest.param(None, id="a config that was deleted"),
    ],
)
def test_targets_that_block_the_update_are_deregistered_and_restored_after_it(variants: Any) -> None:
    world = World()
    if variants is None:
        del world.sagemaker.configs[NEW]
    else:
        world.sagemaker.configs[NEW] = {"ProductionVariants": variants}

    progress = world.look()

    assert world.autoscaling.made() == ["DeregisterScalableTarget"]
    assert progress["removed"] == [calls.deregister_target(target())["what"]]
    assert world.sagemaker.made() == ["UpdateEndpoint"]

    world.sagemaker.settle("churn")
    world.look(previous=progress)

    assert world.autoscaling.made() == [
        "DeregisterScalableTarget",
        "RegisterScalableTarget",
        "PutScalingPolicy",
        "PutScheduledAction",
    ]


def test_scaling_without_an_update_is_restored_and_the_config_stays() -> None:
    world = World(config=NEW)
    world.sagemaker.tags = {}
    world.scale(BEFORE | {"targets": [target(MaxCapacity=9)]})

    progress = world.look(around())

    assert (progress["done"], world.made()) == (True, ["RegisterScalableTarget"])


def test_the_scaling_of_a_deleted_endpoint_is_not_restored() -> None:
    world = World(None)

    progress = world.look()

    assert (progress["done"], progress["removed"], world.autoscaling.calls) == (True, REMOVALS, [])


def test_the_config_of_an_endpoint_that_is_being_deleted_is_kept_until_it_is_gone() -> None:
    world = World("Deleting")

    progress = world.look()

    assert (progress["done"], progress["waitSeconds"], world.made()) == (False, 15, [])


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        (World("Updating", OLD, **heading_for("theirs")), "another user or tool is updating it to config theirs"),
        (World("Updating", NEW, **heading_for("theirs")), "another user or tool is updating it to config theirs"),
        (World("InService", "theirs"), "another user or tool updated it to config theirs"),
        (World("Creating", "theirs"), "this execution did not create it"),
    ],
)
def test_an_external_change_of_the_endpoint_is_left_alone(world: World, reason: str) -> None:
    world.scale(nothing(targets=[target(MaxCapacity=9)]))

    progress = world.look()

    assert progress["done"] is True
    assert world.autoscaling.made() == []
    assert "UpdateEndpoint" not in world.sagemaker.made()
    assert progress["kept"][0].startswith(f"endpoint churn: {reason}")
    assert "scaling of endpoint churn: it belongs to the live config" in progress["kept"]


def test_keep_changes_nothing_and_reports_the_commands_of_the_whole_rollback() -> None:
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


def test_an_update_that_never_ends_is_given_up_after_an_hour_with_the_commands_for_later() -> None:
    world = World("Updating", OLD, **heading_for(NEW))

    back = json.dumps({"EndpointName": "churn", "EndpointConfigName": OLD} | RETAINED, separators=(",", ":"))

    assert refused(world) == (
        f"The rollback stopped: it is not done after 1 h.\nEndpoint churn is Updating on config {OLD}, changing to "
        f"config {NEW}; SageMaker cannot stop that. If SageMaker rolls it back, skip update-endpoint.\n"
        f"Created by this execution, and still exists: endpoint config {NEW}, model {MODEL}.\n"
        f"To be restored: endpoint churn to config {OLD}.\n"
        f"To be removed: endpoint config {NEW}, model {MODEL}.\n"
        "Commands that complete the rollback, in this order:\n"
        "aws sagemaker wait endpoint-in-service --endpoint-name churn\n"
        f"aws sagemaker update-endpoint --cli-input-json '{back}'\n"
        "aws sagemaker wait endpoint-in-service --endpoint-name churn\n"
        f"aws sagemaker delete-endpoint-config --endpoint-config-name {NEW}\n"
        f"aws sagemaker delete-model --model-name {MODEL}"
    )


@pytest.mark.parametrize("status", ["UpdateRollbackFailed", "Failed", "OutOfService"])
def test_a_live_endpoint_without_traffic_is_left_to_a_person_with_its_configs(status: str) -> None:
    world = World(status, OLD)

    told = refused(world, SOON)

    assert world.made() == []
    assert f"The rollback stopped: endpoint churn is {status}: " in told
    assert (f"is {status} on config {OLD}" in told) == (status != "UpdateRollbackFailed"), "a mix is live"
    assert [
        command.split(" --")[0]
        for command in told.partition("Commands that complete the rollback, in this order:\n")[2].splitlines()
    ][:5] == [
        "aws sagemaker delete-endpoint",
        "aws sagemaker wait endpoint-deleted",
        "aws sagemaker create-endpoint",
        "aws sagemaker wait endpoint-in-service",
        "aws application-autoscaling register-scalable-target",
    ]


@pytest.mark.parametrize("status", ["InService", "Failed"])
def test_a_previous_config_that_was_deleted_is_named_and_the_live_config_stays(status: str) -> None:
    world = World(status)
    del world.sagemaker.configs[OLD]

    told = refused(world, SOON)

    assert world.made() == []
    assert (
        f"onfig {OLD}{', which was live before, does not exist' if status == 'InService' else ' was deleted by'}"
        in told
    )
    assert f"Endpoint churn is {status} on config {NEW}." in told
    assert f'"EndpointConfigName":"{OLD}"' in told or f"--endpoint-config-name {OLD}" in told


def test_an_update_back_that_sagemaker_refuses_is_reported_with_its_words() -> None:
    world = World()
    world.sagemaker.errors["UpdateEndpoint"] = client_error("ValidationException", "no way", "UpdateEndpoint")

    told = refused(world, SOON)

    assert "The rollback stopped: UpdateEndpoint: ValidationException: no way." in told
    assert "Commands that complete the rollback, in this order:\naws sagemaker update-endpoint" in told


def test_an_update_back_during_another_change_is_retried() -> None:
    world = World()
    message = "Cannot update in-progress endpoint"
    world.sagemaker.errors["UpdateEndpoint"] = client_error("ValidationException", message, "UpdateEndpoint")

    assert world.look()["restored"] == []


def test_the_previous_config_is_recognized_in_any_case() -> None:
    world = World(config=OLD.upper())

    assert (world.look()["removed"], world.sagemaker.made()) == (REMOVALS, ["DeleteEndpointConfig", "DeleteModel"])


def test_the_new_config_is_recognized_in_any_case() -> None:
    world = World(config=NEW.upper())

    assert world.look()["restored"] == [f"endpoint churn to config {OLD}"]


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


def shifting(**changes: Any) -> DeploymentPlan:
    """The plan of other weights for the endpoint on `OLD`."""
    steps = [shift_traffic({"A": 5.0, "B": 5.0}, WEIGHTS, "churn")]
    return plan(**{"steps": steps, "action": "shift", "endpointConfigName": OLD} | changes)


def test_shifted_weights_are_restored_and_waited_for() -> None:
    world = World(config=OLD, **weighing(5, 5))

    progress = world.look(shifting())

    assert world.made() == ["UpdateEndpointWeightsAndCapacities"]
    assert ("UpdateEndpointWeightsAndCapacities", SHIFT_BACK) in world.sagemaker.calls
    assert (progress["done"], progress["restored"]) == (False, ["weights of endpoint churn to A 1, B 9"])


def test_weights_that_are_as_before_are_not_set_again() -> None:
    world = World(config=OLD, **weighing(1, 9))

    assert (world.look(shifting())["done"], world.made()) == (True, [])


def test_keep_reports_that_weights_are_not_restored() -> None:
    world = World(config=OLD, **weighing(5, 5))

    assert world.look(shifting(onFailure="KEEP"))["kept"] == [
        "the new state instead of weights of endpoint churn to A 1, B 9: the request says onFailure KEEP"
    ]


def test_a_rolled_back_update_restores_the_weights_that_were_live_before_it() -> None:
    """The previous config has weights to begin with; another user had shifted them since."""
    world = World(config=OLD, **weighing(5, 5))

    progress = world.look(plan())

    assert progress["restored"] == ["weights of endpoint churn to A 1, B 9"]


def test_the_commands_of_a_rollback_restore_the_weights_after_the_update() -> None:
    world = World(config=NEW, **weighing(5, 5))
    variants = [{"VariantName": name, "InstanceType": "ml.c5.large"} for name in WEIGHTS]
    world.sagemaker.configs[OLD] = {"ProductionVariants": variants}

    commands = world.look(plan(onFailure="KEEP"))["commands"]

    update, wait, shift, wait_again = commands[:4]
    assert update.startswith("aws sagemaker update-endpoint --cli-input-json")
    assert wait == wait_again == "aws sagemaker wait endpoint-in-service --endpoint-name churn"
    assert shift.startswith("aws sagemaker update-endpoint-weights-and-capacities --cli-input-json")
