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


def test_an_endpoint_on_the_new_config_is_updated_to_the_previous_one_before_anything_else() -> None:
    world = World()

    progress = world.roll_back()

    assert (progress["done"], progress["waitSeconds"]) == (False, 30)
    assert world.mutations() == ["UpdateEndpoint"]
    assert progress["restored"] == [f"endpoint churn to config {OLD}"]
    back = {"EndpointName": "churn", "EndpointConfigName": OLD} | RETAINED
    assert ("UpdateEndpoint", back) in world.sagemaker.calls


@pytest.mark.parametrize("config", [NEW, OLD])
def test_a_rollback_waits_for_its_executions_update(config: str) -> None:
    world = World("Updating", OLD, **heading_for(config))

    progress = world.roll_back()

    assert (progress["done"], progress["waitSeconds"], world.mutations()) == (False, 30, [])


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "RollingBack"])
def test_a_rollback_waits_for_a_change_of_capacity(status: str) -> None:
    world = World(status)

    assert (world.roll_back()["done"], world.mutations()) == (False, [])


def test_after_a_sagemaker_rollback_only_resources_of_this_execution_are_removed() -> None:
    world = World(config=OLD)

    progress = world.roll_back()

    assert (progress["done"], progress["removed"], progress["restored"]) == (True, REMOVALS, [])
    assert world.autoscaling.mutations() == []


def test_a_complete_rollback_restores_the_previous_state() -> None:
    world = World()
    world.scale(nothing(targets=[target(MaxCapacity=9)], policies=[policy("wanted")]))

    progress = world.roll_back()
    world.sagemaker.finish_update("churn")
    progress = world.roll_back(previous=progress)

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
        pytest.param(
            [{"VariantName": "A", "InstancePools": [{"InstanceType": "ml.c5.large"}, {"InstanceType": "ml.m5.large"}]}],
            id="more instance types",
        ),
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

    progress = world.roll_back()

    assert world.autoscaling.mutations() == ["DeregisterScalableTarget"]
    assert progress["removed"] == [calls.deregister_target(target())["what"]]
    assert world.sagemaker.mutations() == ["UpdateEndpoint"]

    world.sagemaker.finish_update("churn")
    world.roll_back(previous=progress)

    assert world.autoscaling.mutations() == [
        "DeregisterScalableTarget",
        "RegisterScalableTarget",
        "PutScalingPolicy",
        "PutScheduledAction",
    ]


def test_a_change_of_scaling_only_is_rolled_back_and_the_config_stays() -> None:
    world = World(config=NEW)
    world.sagemaker.tags = {}
    world.scale(BEFORE | {"targets": [target(MaxCapacity=9)]})

    progress = world.roll_back(around())

    assert (progress["done"], world.mutations()) == (True, ["RegisterScalableTarget"])


def test_the_scaling_of_a_deleted_endpoint_is_not_restored() -> None:
    world = World(None)

    progress = world.roll_back()

    assert (progress["done"], progress["removed"], world.autoscaling.calls) == (True, REMOVALS, [])


def test_the_config_of_an_endpoint_that_is_being_deleted_is_kept_until_it_is_gone() -> None:
    world = World("Deleting")

    progress = world.roll_back()

    assert (progress["done"], progress["waitSeconds"], world.mutations()) == (False, 15, [])


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

    progress = world.roll_back()

    assert progress["done"] is True
    assert world.autoscaling.mutations() == []
    assert "UpdateEndpoint" not in world.sagemaker.mutations()
    assert progress["kept"][0].startswith(f"endpoint churn: {reason}")
    assert "scaling of endpoint churn: it belongs to the live config" in progress["kept"]


def test_keep_changes_nothing_and_reports_the_commands_of_the_whole_rollback() -> None:
    world = World()

    progress = world.roll_back(plan(onFailure="KEEP"))

    assert (progress["done"], world.mutations()) == (True, [])
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
        world.roll_back(now=now)
    return str(raised.value)


def test_an_update_without_end_is_given_up_after_an_hour_with_the_commands_for_later() -> None:
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
def test_a_live_endpoint_without_traffic_is_left_to_a_person_and_keeps_its_configs(status: str) -> None:
    world = World(status, OLD)

    message = refused(world, SOON)

    assert world.mutations() == []
    assert f"The rollback stopped: endpoint churn is {status}: " in message
    assert (f"is {status} on config {OLD}" in message) == (status != "UpdateRollbackFailed"), "a mix is live"
    assert [
        command.split(" --")[0]
        for command in message.partition("Commands that complete the rollback, in this order:\n")[2].splitlines()
    ][:5] == [
        "aws sagemaker delete-endpoint",
        "aws sagemaker wait endpoint-deleted",
        "aws sagemaker create-endpoint",
        "aws sagemaker wait endpoint-in-service",
        "aws application-autoscaling register-scalable-target",
    ]


@pytest.mark.parametrize("status", ["InService", "Failed"])
def test_a_deleted_previous_config_is_reported_and_the_live_config_stays(status: str) -> None:
    world = World(status)
    del world.sagemaker.configs[OLD]

    message = refused(world, SOON)

    assert world.mutations() == []
    assert (
        f"onfig {OLD}{', which was live before, does not exist' if status == 'InService' else ' was deleted by'}"
        in message
    )
    assert f"Endpoint churn is {status} on config {NEW}." in message
    assert f'"EndpointConfigName":"{OLD}"' in message or f"--endpoint-config-name {OLD}" in message


def test_a_refused_update_to_the_previous_config_is_reported_with_sagemakers_message() -> None:
    world = World()
    world.sagemaker.errors["UpdateEndpoint"] = client_error("ValidationException", "no way", "UpdateEndpoint")

    message = refused(world, SOON)

    assert "The rollback stopped: UpdateEndpoint: ValidationException: no way." in message
    assert "Commands that complete the rollback, in this order:\naws sagemaker update-endpoint" in message


def test_an_update_to_the_previous_config_during_another_change_is_retried() -> None:
    world = World()
    message = "Cannot update in-progress endpoint"
    world.sagemaker.errors["UpdateEndpoint"] = client_error("ValidationException", message, "UpdateEndpoint")

    assert world.roll_back()["restored"] == []


def test_the_previous_config_is_recognized_in_any_case() -> None:
    world = World(config=OLD.upper())

    assert (world.roll_back()["removed"], world.sagemaker.mutations()) == (
        REMOVALS,
        ["DeleteEndpointConfig", "DeleteModel"],
    )


def test_the_new_config_is_recognized_in_any_case() -> None:
    world = World(config=NEW.upper())

    assert world.roll_back()["restored"] == [f"endpoint churn to config {OLD}"]


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

    progress = world.roll_back(shifting())

    assert world.mutations() == ["UpdateEndpointWeightsAndCapacities"]
    assert ("UpdateEndpointWeightsAndCapacities", SHIFT_BACK) in world.sagemaker.calls
    assert (progress["done"], progress["restored"]) == (False, ["weights of endpoint churn to A 1, B 9"])


def test_unchanged_weights_are_not_set_again() -> None:
    world = World(config=OLD, **weighing(1, 9))

    assert (world.roll_back(shifting())["done"], world.mutations()) == (True, [])


def test_keep_reports_that_weights_are_not_restored() -> None:
    world = World(config=OLD, **weighing(5, 5))

    assert world.roll_back(shifting(onFailure="KEEP"))["kept"] == [
        "the new state instead of weights of endpoint churn to A 1, B 9: the request says onFailure KEEP"
    ]


def test_a_rolled_back_update_restores_the_previous_live_weights() -> None:
    """The initial weights are in the previous config; another user shifted them since."""
    world = World(config=OLD, **weighing(5, 5))

    progress = world.roll_back(plan())

    assert progress["restored"] == ["weights of endpoint churn to A 1, B 9"]


def test_the_commands_of_a_rollback_restore_the_weights_after_the_update() -> None:
    world = World(config=NEW, **weighing(5, 5))
    variants = [{"VariantName": name, "InstanceType": "ml.c5.large"} for name in WEIGHTS]
    world.sagemaker.configs[OLD] = {"ProductionVariants": variants}

    commands = world.roll_back(plan(onFailure="KEEP"))["commands"]

    update, wait, shift, wait_again = commands[:4]
    assert update.startswith("aws sagemaker update-endpoint --cli-input-json")
    assert wait == wait_again == "aws sagemaker wait endpoint-in-service --endpoint-name churn"
    assert shift.startswith("aws sagemaker update-endpoint-weights-and-capacities --cli-input-json")
