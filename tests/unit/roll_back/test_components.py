"""The rollback of inference components: former ones are restored, new ones deleted, and those of others left alone."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.alarms import TRIGGERS_SCALING
from shared.errors import RollbackFailed
from shared.moments import after
from shared.plan import Step
from shared.planning import calls
from tests.support.plans import (
    CONFIG,
    ENDPOINT,
    EXECUTION_ARN,
    PREVIOUS_CONFIG,
    copy_of,
    create_component,
    create_config,
    create_endpoint,
    create_model,
    delete_component,
    set_copies,
    step,
    update_component,
    update_endpoint,
)
from tests.unit.fakes import ARN, POLICY_ARN, client_error
from tests.unit.roll_back.hosting import BEGAN, LATER, NOW, STEPS, World, plan

COPIES = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "inference-component/new",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}
ADAPTER = create_component("new-fr", base="new")


def loop(name: str) -> str:
    """The command that waits for the end of a component's change."""
    return (
        f"while aws sagemaker describe-inference-component --inference-component-name {name} "
        "--query InferenceComponentStatus --output text | grep ing; do sleep 15; done"
    )


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("is_finished", [True, False])
@pytest.mark.parametrize("made", range(len(STEPS) + 1))
def test_after_any_step_of_the_deployment_all_is_as_before(world: World, made: int, *, is_finished: bool) -> None:
    before = world.state
    world.deploy(STEPS[:made], is_finished=is_finished)

    progress = world.roll_back(plan(*STEPS))

    assert (world.state, progress["kept"]) == (before, [])


def test_steps_are_undone_in_the_reverse_order(world: World) -> None:
    world.deploy(STEPS)
    world.sagemaker.calls.clear()

    progress = world.roll_back(plan(*STEPS))

    assert world.called == [
        "Create old",
        "Delete new-fr",
        "UpdateInferenceComponentRuntimeConfig small",
        "Update llm",
        "Delete new",
    ]
    assert progress["restored"] == [
        "inference component old on variant AllTraffic, 1 copy",
        "inference component small to 1 copy",
        "inference component llm",
    ]
    assert progress["removed"] == ["inference component new-fr", "inference component new"]


def test_components_of_one_kind_are_undone_together_but_updates_are_not(world: World) -> None:
    every = [*map(create_component, ("a", "b")), *(update_component(name) for name in ("llm", "old"))]
    world.sagemaker.components["old"]["Specification"] = copy_of("old")
    world.deploy(every)
    world.sagemaker.calls.clear()

    world.attempt(plan(*every))
    assert world.called == ["Update old"]
    world.finish()
    world.attempt(plan(*every))
    assert world.called == ["Update old", "Update llm"]
    world.finish()
    world.attempt(plan(*every))
    assert world.called == ["Update old", "Update llm", "Delete b", "Delete a"]


def test_the_endpoint_follows_when_the_components_are_as_before(world: World) -> None:
    world.sagemaker.configs[PREVIOUS_CONFIG] = {"ProductionVariants": [{"VariantName": "AllTraffic"}]}
    world.deploy([create_component("new")])
    the_plan = plan(create_config(), update_endpoint(), create_component("new"), action="update")

    first = world.attempt(the_plan)
    assert world.sagemaker.mutations()[1:] == ["DeleteInferenceComponent"]
    second = world.attempt(the_plan, first)
    assert (second["done"], world.sagemaker.mutations()[1:]) == (False, ["DeleteInferenceComponent"])
    world.finish()
    world.attempt(the_plan, second)
    assert world.sagemaker.mutations()[1:] == ["DeleteInferenceComponent", "UpdateEndpoint"]


@pytest.mark.parametrize(("only", "name"), [(update_component("llm"), "llm"), (set_copies("small"), "small")])
def test_a_former_component_that_another_user_deleted_stays_deleted(world: World, only: Step, name: str) -> None:
    world.deploy([only])
    del world.sagemaker.components[name]

    progress = world.attempt(plan(only))

    assert (progress["done"], progress["restored"]) == (True, [])
    assert progress["kept"] == [f"inference component {name}: another user or tool deleted it"]


def test_a_deleted_component_that_another_user_changed_meanwhile_is_not_restored(world: World) -> None:
    every = [update_component("llm"), set_copies("small", 2, 1)]
    world.deploy(every)
    world.set("llm", "InService", Specification=copy_of("theirs"))
    world.set("small", "InService", RuntimeConfig={"DesiredCopyCount": 4, "CurrentCopyCount": 4})

    progress = world.attempt(plan(*every))

    assert (progress["done"], progress["restored"]) == (True, [])
    assert progress["kept"] == [
        "inference component small: another user or tool changed it",
        "inference component llm: another user or tool changed it",
    ]


def test_a_component_that_another_user_created_under_a_planned_name_is_not_deleted(world: World) -> None:
    world.sagemaker.add_component("new")

    progress = world.attempt(plan(create_component("new")))

    assert (progress["done"], progress["removed"], world.called) == (True, [], [])


def test_an_update_that_sagemaker_rolled_back_needs_nothing(world: World) -> None:
    world.set("llm", "InService", FailureReason="The update was rolled back.")

    assert world.attempt(plan(update_component("llm")))["done"] is True
    assert world.called == []


def test_copies_that_an_update_changed_with_the_content_are_restored(world: World) -> None:
    runtimes = [{"RuntimeConfig": {"CopyCount": count}} for count in (3, 1)]
    bodies = [{"InferenceComponentName": "llm", "Specification": copy_of("old")} | runtime for runtime in runtimes]
    update = step("components", calls.update_component(bodies[0]), calls.update_component(bodies[1]))
    world.deploy([update])

    progress = world.roll_back(plan(update))

    assert progress["restored"] == ["inference component llm to 1 copy"]
    assert world.sagemaker.components["llm"]["RuntimeConfig"]["DesiredCopyCount"] == 1


@pytest.mark.parametrize(
    ("only", "name", "status", "call"),
    [
        (create_component("new"), "new", "Creating", "Delete new"),
        (update_component("llm"), "llm", "Updating", "Update llm"),
        (set_copies("small"), "small", "Updating", "UpdateInferenceComponentRuntimeConfig small"),
        (delete_component("old"), "old", "Deleting", "Create old"),
    ],
)
def test_a_change_in_progress_ends_before_its_undo(world: World, only: Step, name: str, status: str, call: str) -> None:
    world.deploy([only], is_finished=False)
    world.sagemaker.calls.clear()

    progress = world.attempt(plan(only))

    assert world.sagemaker.components[name]["InferenceComponentStatus"] == status
    assert (progress["done"], progress["waitSeconds"], world.called) == (False, 30, [])
    world.finish()
    world.attempt(plan(only), progress)
    assert world.called == [call]


@pytest.mark.parametrize("only", STEPS)
def test_a_change_that_sagemaker_does_not_show_yet_is_waited_for(world: World, only: Step) -> None:
    early, late = (world.attempt(plan(only), now=after(BEGAN, seconds)) for seconds in (59, 60))

    assert (early["done"], early["waitSeconds"], late["done"]) == (False, 30, True)
    assert world.called == []


def test_a_failure_before_the_components_does_not_wait_for_them(world: World) -> None:
    world.sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] = PREVIOUS_CONFIG
    world.sagemaker.configs[PREVIOUS_CONFIG] = world.sagemaker.configs.pop(CONFIG)

    assert world.attempt(plan(update_endpoint(), *STEPS, action="update"), now=BEGAN)["done"] is True


def test_what_scales_a_new_component_is_removed_before_it(world: World) -> None:
    alarm = f"slipway/{ENDPOINT}/new/wake-up"
    target, policy = COPIES | {"MinCapacity": 0, "MaxCapacity": 2}, COPIES | {"PolicyName": "wake-up"}
    wakes_up = {"AlarmName": alarm, "AlarmDescription": TRIGGERS_SCALING, "AlarmActions": [f"{POLICY_ARN}:wake-up"]}
    every = [
        create_component("new"),
        step("scale", calls.register_target(target), calls.deregister_target(target)),
        step(
            "scale",
            calls.put_scaling_alarm({"AlarmName": alarm, "AlarmDescription": TRIGGERS_SCALING}, policy),
            calls.delete_alarm(alarm),
        ),
    ]
    world.deploy(every[:1])
    world.autoscaling.targets["inference-component/new"] = target
    world.cloudwatch.on_put_metric_alarm(wakes_up)

    first = world.attempt(plan(*every))

    assert first["removed"] == [
        f"alarm {alarm}",
        "scalable target inference-component/new (sagemaker:inference-component:DesiredCopyCount)",
        "inference component new",
    ]
    world.finish()
    last = world.attempt(plan(*every), first, LATER)
    assert (last["done"], last["removed"]) == (True, first["removed"])


def test_what_scaled_a_deleted_component_is_registered_when_it_serves_again(world: World) -> None:
    target = COPIES | {"ResourceId": "inference-component/old", "MinCapacity": 1, "MaxCapacity": 4}
    every = [
        step("prepare", calls.deregister_target(target), calls.register_target(target)),
        delete_component("old"),
    ]
    world.deploy(every[1:])

    progress = world.attempt(plan(*every))
    assert world.autoscaling.targets == {}
    world.finish()
    world.attempt(plan(*every), progress)

    assert world.autoscaling.targets == {"inference-component/old": target}


def created_endpoint(world: World, *steps: Step) -> Any:
    """Plan that created the endpoint, on which only its components are."""
    world.sagemaker.tags[f"{ARN}:endpoint/{ENDPOINT}"] = EXECUTION_ARN
    world.sagemaker.components.clear()
    world.deploy(steps)
    return plan(create_endpoint(), *steps, action="create", previous=None)


def test_components_are_deleted_before_an_endpoint_that_was_created(world: World) -> None:
    the_plan = created_endpoint(world, create_component("new"), ADAPTER)
    world.sagemaker.calls.clear()

    first = world.attempt(the_plan)
    assert (world.sagemaker.mutations(), world.called) == (["DeleteInferenceComponent"], ["Delete new-fr"])
    world.finish()
    second = world.attempt(the_plan, first)
    world.finish()
    third = world.attempt(the_plan, second)

    assert world.sagemaker.mutations() == ["DeleteInferenceComponent"] * 2 + ["DeleteEndpoint"]
    assert third["removed"] == [f"inference component {name}" for name in ("new-fr", "new")] + [f"endpoint {ENDPOINT}"]


def test_a_created_endpoint_with_a_component_of_another_user_is_kept_with_its_config(world: World) -> None:
    world.sagemaker.tags[f"{ARN}:endpoint-config/{CONFIG}"] = EXECUTION_ARN
    the_plan = created_endpoint(world, create_component("new"))
    the_plan["steps"].insert(0, create_config())
    world.sagemaker.add_component("theirs")

    progress = world.roll_back(the_plan)

    assert progress["removed"] == ["inference component new"]
    assert progress["kept"] == [
        f"endpoint {ENDPOINT}: another user or tool created inference components on it: theirs",
        f"endpoint config {CONFIG}: endpoint {ENDPOINT} may use it",
    ]
    assert list(world.sagemaker.components) == ["theirs"]


@pytest.mark.parametrize("status", [None, "Deleting"])
def test_without_an_endpoint_only_new_components_are_deleted(world: World, status: str | None) -> None:
    world.deploy(STEPS)
    world.sagemaker.calls.clear()
    if status:
        world.sagemaker.endpoints[ENDPOINT]["EndpointStatus"] = status
    else:
        world.sagemaker.endpoints.clear()

    world.attempt(plan(*STEPS))
    world.finish()
    world.attempt(plan(*STEPS))

    assert world.called == ["Delete new-fr", "Delete new"]


def test_the_model_of_a_new_component_is_deleted_after_it(world: World) -> None:
    world.sagemaker.models.add("made")
    world.sagemaker.tags[f"{ARN}:model/made"] = EXECUTION_ARN
    every = [create_model("made"), create_component("new", model="made")]
    world.deploy(every[1:])

    progress = world.roll_back(plan(*every))

    assert progress["removed"] == ["inference component new", "model made"]


def test_a_new_model_that_another_component_uses_is_kept(world: World) -> None:
    world.sagemaker.models.add("made")
    world.sagemaker.tags[f"{ARN}:model/made"] = EXECUTION_ARN
    world.sagemaker.add_component("theirs", specification=copy_of("made"), EndpointName="other", LastModifiedTime=NOW)

    progress = world.roll_back(plan(create_model("made"), create_component("new", model="made")))

    assert progress["kept"] == ["model made: inference component theirs uses it"]


FAILED = [
    (update_component("llm"), "llm", "old", 1),
    (set_copies("small", 2, 1), "small", "m", 1),
    (delete_component("old"), "old", "old", 1),
]


@pytest.mark.parametrize(("only", "name", "model", "copies"), FAILED)
def test_a_former_component_that_failed_is_left_to_a_person_with_the_commands(
    world: World, only: Step, name: str, model: str, copies: int
) -> None:
    world.set(name, "Failed", FailureReason="No capacity.")

    with pytest.raises(RollbackFailed) as caught:
        world.attempt(plan(only))

    lines = str(caught.value).splitlines()
    assert lines[0] == (
        f"The rollback stopped: inference component {name} is Failed (No capacity), and SageMaker accepts only its "
        "deletion. The commands delete it and create it again as it was."
    )
    assert f"Inference component {name} is Failed: No capacity." in lines
    start = lines.index("Commands that complete the rollback, in this order:") + 1
    delete, wait, create, wait_again = lines[start:]
    assert delete == f"aws sagemaker delete-inference-component --inference-component-name {name}"
    assert wait == wait_again == loop(name)
    assert create.startswith(
        f'aws sagemaker create-inference-component --cli-input-json \'{{"InferenceComponentName":"{name}"'
    )
    for member in (
        f'"ModelName":"{model}"',
        f'"CopyCount":{copies}',
        '"VariantName":"AllTraffic"',
        "slipway:execution",
    ):
        assert member in create
    assert world.called == []


def test_a_rollback_without_end_is_given_up_with_the_commands_for_all_components(world: World) -> None:
    world.deploy(STEPS)
    world.set("new-fr", "Creating")

    with pytest.raises(RollbackFailed) as caught:
        world.attempt(plan(*STEPS), now=after(BEGAN, 3600))

    lines = str(caught.value).splitlines()
    assert lines[0] == "The rollback stopped: it is not done after 1 h."
    assert "Created by this execution, and still exists: inference component new, inference component new-fr." in lines
    commands = lines[lines.index("Commands that complete the rollback, in this order:") + 1 :]
    assert [command.split(" --")[0] for command in commands] == [
        "aws sagemaker create-inference-component",
        loop("old").split(" --")[0],
        loop("new-fr").split(" --")[0],
        "aws sagemaker delete-inference-component",
        loop("new-fr").split(" --")[0],
        "aws sagemaker update-inference-component-runtime-config",
        loop("small").split(" --")[0],
        "aws sagemaker update-inference-component",
        loop("llm").split(" --")[0],
        "aws sagemaker delete-inference-component",
        loop("new").split(" --")[0],
    ]


def test_keep_changes_nothing_and_has_the_commands(world: World) -> None:
    world.deploy([create_component("new"), update_component("llm")])
    world.sagemaker.calls.clear()

    progress = world.attempt(plan(create_component("new"), update_component("llm"), onFailure="KEEP"))

    assert progress["kept"] == [
        "inference component new: the request says onFailure KEEP",
        "the new state instead of inference component llm: the request says onFailure KEEP",
    ]
    assert progress["commands"][-2:] == [
        "aws sagemaker delete-inference-component --inference-component-name new",
        loop("new"),
    ]
    assert world.called == []


def commands_in(error: pytest.ExceptionInfo[RollbackFailed]) -> list[str]:
    lines = str(error.value).splitlines()
    return lines[lines.index("Commands that complete the rollback, in this order:") + 1 :]


@pytest.mark.parametrize("made", range(1, len(STEPS) + 1))
def test_the_commands_complete_the_rollback_of_any_step(world: World, made: int) -> None:
    before = world.state
    world.deploy(STEPS[:made], is_finished=False)

    with pytest.raises(RollbackFailed) as caught:
        world.attempt(plan(*STEPS), now=after(BEGAN, 3600))
    world.finish()
    world.carry_out(commands_in(caught))

    assert world.state == before


@pytest.mark.parametrize(("only", "name", "model", "copies"), FAILED)
def test_the_commands_create_a_former_component_that_failed_again(
    world: World, only: Step, name: str, model: str, copies: int
) -> None:
    before = world.state
    world.set(name, "Failed", Specification=copy_of("m"))

    with pytest.raises(RollbackFailed) as caught:
        world.attempt(plan(only))
    world.carry_out(commands_in(caught))

    assert world.state == before


DENIED = client_error("AccessDeniedException", "no policy allows it", "DeleteInferenceComponent")
NO_ROOM = client_error("ValidationException", "There is not enough hardware", "CreateInferenceComponent")


def test_a_deletion_is_repeated_until_iam_sees_the_tags_of_a_new_component(world: World) -> None:
    world.create("new")
    world.sagemaker.errors["DeleteInferenceComponent"] = DENIED

    progress = world.attempt(plan(create_component("new")))

    assert (progress["done"], progress["refusedSince"]) == (False, LATER)


def _gone(world: World) -> None:
    del world.sagemaker.components["new"]


def _endpoint_changes(world: World) -> None:
    world.sagemaker.endpoints[ENDPOINT]["EndpointStatus"] = "Updating"


@pytest.mark.parametrize("meanwhile", [_gone, _endpoint_changes])
def test_a_refusal_after_a_change_by_others_is_looked_at_again(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[World], None]
) -> None:
    world.create("new")

    def refuse(parameters: Any) -> None:
        meanwhile(world)
        raise client_error("ValidationException", "not so", "DeleteInferenceComponent")

    monkeypatch.setattr(world.sagemaker, "on_delete_inference_component", refuse)

    progress = world.attempt(plan(create_component("new")))

    assert (progress["done"], progress["refusedSince"]) == (False, LATER)


def test_a_component_that_exists_when_it_is_created_again_is_looked_at_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = world.sagemaker.components.pop("old")

    def refuse(parameters: Any) -> None:
        world.sagemaker.components["old"] = found
        raise client_error("ValidationException", "Cannot create already existing inference component", "Create")

    monkeypatch.setattr(world.sagemaker, "on_create_inference_component", refuse)

    progress = world.attempt(plan(delete_component("old")))

    assert progress["done"] is False
    assert world.attempt(plan(delete_component("old")), progress)["done"] is True


def test_a_final_refusal_is_reported_with_sagemakers_words_and_the_rest(world: World) -> None:
    del world.sagemaker.components["old"]
    world.sagemaker.errors["CreateInferenceComponent"] = NO_ROOM

    with pytest.raises(RollbackFailed) as caught:
        world.attempt(plan(delete_component("old")))

    assert "There is not enough hardware" in str(caught.value).splitlines()[0]
    assert "To be restored: inference component old on variant AllTraffic, 1 copy." in str(caught.value)


def test_a_plan_of_the_version_before_has_no_components(world: World) -> None:
    the_plan: Any = plan()
    del the_plan["components"]

    assert world.attempt(the_plan)["done"] is True
    assert not [operation for operation, _ in world.sagemaker.calls if "InferenceComponent" in operation]
