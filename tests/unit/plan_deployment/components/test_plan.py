from typing import Any

import pytest

from shared.errors import EndpointNotUpdatable, InvalidRequest
from tests.support import steps
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import CREATED_AT
from tests.unit.plan_deployment.components.world import (
    ADAPTER,
    LLM,
    NEEDS,
    ROLE,
    VARIANT,
    ComponentWorld,
    component_steps,
    llm,
    request,
    specified,
)

EXECUTION_TAG = {"Key": "slipway:execution", "Value": EXECUTION_ARN}
CREATE, UPDATE, DELETE = "CreateInferenceComponent", "UpdateInferenceComponent", "DeleteInferenceComponent"
COPIES, BASE = "UpdateInferenceComponentRuntimeConfig", "BaseInferenceComponentName"
ROLLING: dict[str, Any] = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 60,
    }
}
COPIES_4 = {"Type": "COPY_COUNT", "Value": 4}
GUARDED = ROLLING | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}


@pytest.fixture
def world() -> ComponentWorld:
    return ComponentWorld()


@pytest.fixture
def live(world: ComponentWorld) -> ComponentWorld:
    """An account in which a component and its adapter are in service."""
    world.deployed(request(llm(copyCount=2), ADAPTER))
    return world


def test_components_are_created_on_the_new_endpoint_bases_first(world: ComponentWorld) -> None:
    made = world.plan(request(ADAPTER, llm(copyCount=2), tags=[{"Key": "team", "Value": "nlp"}]))

    tags = [{"Key": "team", "Value": "nlp"}, EXECUTION_TAG]
    assert made["action"] == "create"
    assert steps.config(made)["ProductionVariants"] == [VARIANT]
    assert steps.config(made)["ExecutionRoleArn"] == ROLE
    assert steps.bodies(made, CREATE) == [
        {
            "InferenceComponentName": "llm",
            "EndpointName": "llms",
            "VariantName": "AllTraffic",
            "Specification": LLM["Specification"],
            "RuntimeConfig": {"CopyCount": 2},
            "Tags": tags,
        },
        {
            "InferenceComponentName": "fr",
            "EndpointName": "llms",
            "Specification": ADAPTER["Specification"],
            "Tags": tags,
        },
    ]
    assert [call["operation"] for call in steps.undo(made, CREATE)] == [DELETE, DELETE]
    assert steps.operations(made) == ["CreateEndpointConfig", "CreateEndpoint", CREATE, CREATE]


def test_the_plan_names_each_component_in_the_order_of_the_request(world: ComponentWorld) -> None:
    made = world.plan(request(ADAPTER, llm(copyCount=2)))

    assert made["components"] == [
        {"name": "fr", "variantName": "AllTraffic", "base": "llm", "copyCount": None, "action": "create"},
        {"name": "llm", "variantName": "AllTraffic", "base": None, "copyCount": 2, "action": "create"},
    ]
    assert made["modelNames"] == ["llm-model"]


def test_the_same_request_again_changes_nothing(live: ComponentWorld) -> None:
    made = live.plan(request(llm(copyCount=2), ADAPTER))

    assert made["action"] == "none"
    assert made["steps"] == []
    assert [each["action"] for each in made["components"]] == ["keep", "keep"]
    assert all(each["content"] for each in made["components"])


def test_a_request_without_a_number_of_copies_takes_the_live_one(live: ComponentWorld) -> None:
    made = live.plan(request(llm(), ADAPTER))

    assert made["steps"] == []
    assert made["components"][0]["copyCount"] is None


def test_other_copies_alone_are_set_without_an_update(live: ComponentWorld) -> None:
    made = live.plan(request(llm(copyCount=3), ADAPTER))

    assert component_steps(made) == [(COPIES, "llm")]
    (step,) = made["steps"]
    assert step["request"] == {"InferenceComponentName": "llm", "DesiredRuntimeConfig": {"CopyCount": 3}}
    assert [call["request"]["DesiredRuntimeConfig"] for call in step["undo"]] == [{"CopyCount": 2}]
    assert live.components(request(llm(copyCount=3), ADAPTER)) == {"llm": "copies", "fr": "keep"}


def test_other_content_is_an_update_and_its_undo_is_not_stopped_by_an_alarm(live: ComponentWorld) -> None:
    changed = specified(ComputeResourceRequirements=NEEDS | {"MinMemoryRequiredInMb": 2048})
    made = live.plan(request(changed | {"copyCount": 2, "DeploymentConfig": GUARDED}, ADAPTER))

    (step,) = made["steps"]
    assert step["request"] == {
        "InferenceComponentName": "llm",
        "Specification": changed["Specification"],
        "RuntimeConfig": {"CopyCount": 2},
        "DeploymentConfig": GUARDED,
    }
    assert [call["request"] for call in step["undo"]] == [
        {
            "InferenceComponentName": "llm",
            "Specification": LLM["Specification"],
            "RuntimeConfig": {"CopyCount": 2},
            "DeploymentConfig": ROLLING,
        }
    ]


def test_a_batch_has_at_most_half_of_the_live_copies(live: ComponentWorld) -> None:
    rolling = {"RollingUpdatePolicy": ROLLING["RollingUpdatePolicy"] | {"MaximumBatchSize": COPIES_4}}
    wanted = llm(copyCount=8, DeploymentConfig=rolling)

    found = refusal(
        live, request(wanted | {"Specification": specified(ModelName="other-model")["Specification"]}, ADAPTER)
    )

    assert "/MaximumBatchSize/Value: 4 of 2 copies is not between 5 and 50 percent. Give 1." in found
    assert live.components(request(wanted, ADAPTER)) == {"llm": "copies", "fr": "keep"}


def test_a_component_that_is_no_longer_requested_is_deleted_last_adapters_first(live: ComponentWorld) -> None:
    made = live.plan(request(llm(name="new")))

    assert component_steps(made) == [(CREATE, "new"), (DELETE, "fr"), (DELETE, "llm")]
    (adapter, base) = (call["request"] for call in steps.undo(made, DELETE))
    assert base == {
        "InferenceComponentName": "llm",
        "EndpointName": "llms",
        "VariantName": "AllTraffic",
        "Specification": LLM["Specification"],
        "RuntimeConfig": {"CopyCount": 2},
        "Tags": [{"Key": "team", "Value": "churn"}, EXECUTION_TAG],
    }
    assert "RuntimeConfig" not in adapter
    assert made["components"][1:] == [
        {"name": "fr", "variantName": "AllTraffic", "base": "llm", "copyCount": None, "action": "delete"},
        {"name": "llm", "variantName": "AllTraffic", "base": None, "copyCount": None, "action": "delete"},
    ]


def test_a_deleted_component_without_copies_is_restored_with_one(live: ComponentWorld) -> None:
    live.sagemaker.components["llm"]["RuntimeConfig"]["DesiredCopyCount"] = 0

    made = live.plan(request(llm(name="new")))

    assert steps.undo(made, DELETE)[-1]["request"]["RuntimeConfig"] == {"CopyCount": 1}


def test_a_component_without_copies_and_scaling_is_warned_about(live: ComponentWorld) -> None:
    live.sagemaker.components["llm"]["RuntimeConfig"] = {"CurrentCopyCount": 0, "DesiredCopyCount": 0}
    warning = (
        "Inference component llm has 0 copies, and nothing adds one: the request neither scales it nor gives "
        "copyCount. Give one of them."
    )

    assert warning in live.plan(request(LLM, ADAPTER))["warnings"]
    assert warning not in live.plan(request(llm(copyCount=1), ADAPTER))["warnings"]
    assert warning not in live.plan(request(llm(autoscaling={"maxCapacity": 2}), ADAPTER))["warnings"]


def test_a_component_of_another_tool_stays_and_is_named(live: ComponentWorld) -> None:
    other = live.sagemaker.add_component("theirs", EndpointName="llms")
    live.sagemaker.tags.pop(other["InferenceComponentArn"])

    made = live.plan(request(llm(copyCount=2), ADAPTER))

    assert made["steps"] == []
    assert any("Inference component theirs, which Slipway did not create, stays" in each for each in made["warnings"])


def test_names_are_compared_without_case_and_the_live_spelling_is_used(live: ComponentWorld) -> None:
    made = live.plan(request(llm(name="LLM", copyCount=3), ADAPTER))

    assert component_steps(made) == [(COPIES, "llm")]


def test_force_updates_every_component(live: ComponentWorld) -> None:
    made = live.plan(request(llm(copyCount=2), ADAPTER, force=True))

    assert component_steps(made) == [(UPDATE, "llm"), (UPDATE, "fr")]


def test_a_model_that_was_created_again_under_its_name_is_deployed(live: ComponentWorld) -> None:
    live.sagemaker.components["llm"]["LastModifiedTime"] = CREATED_AT.replace(year=2020)

    assert live.components(request(llm(copyCount=2), ADAPTER)) == {"llm": "update", "fr": "keep"}


def test_a_change_of_the_endpoint_comes_before_its_components(live: ComponentWorld) -> None:
    made = live.plan(
        request(llm(copyCount=3), ADAPTER, productionVariants=[VARIANT | {"InstanceType": "ml.g5.4xlarge"}])
    )

    assert made["action"] == "update"
    assert [step["phase"] for step in made["steps"]][-2:] == ["change", "components"]


@pytest.mark.parametrize("status", ["Creating", "Updating", "Deleting"])
def test_a_changing_component_is_waited_for(live: ComponentWorld, status: str) -> None:
    live.sagemaker.components["llm"]["InferenceComponentStatus"] = status

    made = live.plan(request(llm(copyCount=3), ADAPTER))

    assert made["action"] == "wait"
    cause = made["busy"]["cause"]
    assert cause.startswith(f"Inference component llm of endpoint llms is {status}.")
    assert "(aws sagemaker describe-inference-component --inference-component-name llm), then start again." in cause


def test_a_failed_component_is_refused_with_its_reason_and_the_command_that_deletes_it(live: ComponentWorld) -> None:
    live.sagemaker.components["llm"] |= {"InferenceComponentStatus": "Failed", "FailureReason": "No room."}

    with pytest.raises(EndpointNotUpdatable) as refused:
        live.plan(request(llm(copyCount=3), ADAPTER))

    assert str(refused.value) == (
        "Inference component llm is Failed (No room), and SageMaker accepts no update of it. Delete it, then start "
        "again: aws sagemaker delete-inference-component --inference-component-name llm"
    )


def test_an_endpoint_with_models_of_its_variants_cannot_get_components(world: ComponentWorld) -> None:
    ordinary = {name: value for name, value in request().items() if name != "inferenceComponents"}
    world.deployed(ordinary | {"productionVariants": [VARIANT | {"ModelName": "llm-model"}]})

    with pytest.raises(EndpointNotUpdatable) as refused:
        world.plan(request())

    assert "Endpoint llms hosts models of its variants, and the request has inference components." in str(refused.value)


def test_an_endpoint_of_components_cannot_get_models_of_its_variants(live: ComponentWorld) -> None:
    ordinary = {name: value for name, value in request().items() if name != "inferenceComponents"}

    with pytest.raises(EndpointNotUpdatable) as refused:
        live.plan(ordinary | {"productionVariants": [VARIANT | {"ModelName": "llm-model"}]})

    assert "Endpoint llms hosts inference components, and the request has models of its variants." in str(refused.value)


def test_components_that_an_earlier_endpoint_left_are_deleted_by_a_person(world: ComponentWorld) -> None:
    world.sagemaker.add_component("llm", EndpointName="llms")

    with pytest.raises(EndpointNotUpdatable) as refused:
        world.plan(request())

    assert "Inference components of an earlier endpoint llms are left: llm." in str(refused.value)


def refusal(world: ComponentWorld, asked: Any) -> str:
    with pytest.raises(InvalidRequest) as refused:
        world.plan(asked)
    return str(refused.value)


def test_the_name_of_a_component_elsewhere_is_refused(world: ComponentWorld) -> None:
    world.sagemaker.add_component("llm", EndpointName="other")

    found = refusal(world, request())

    assert '/inferenceComponents/0/name: "llm" is the name of an inference component of endpoint other.' in found


def test_a_component_cannot_move_to_another_variant(live: ComponentWorld) -> None:
    variants = [VARIANT, VARIANT | {"VariantName": "Large"}]

    found = refusal(live, request(llm(variantName="Large"), productionVariants=variants))

    assert "/inferenceComponents/0/variantName: the component is on variant AllTraffic" in found


@pytest.mark.parametrize(
    ("components", "problem"),
    [
        (
            [LLM, llm(name="fr")],
            "/inferenceComponents/1/Specification: the component is an adapter of llm, and an update cannot change "
            "that. Keep it, or give the component a new name.",
        ),
        (
            [llm(name="other"), ADAPTER | {"Specification": ADAPTER["Specification"] | {BASE: "other"}}],
            "/inferenceComponents/1/Specification: the component is an adapter of llm, and",
        ),
        (
            [llm(name="other"), ADAPTER | {"name": "llm", "Specification": ADAPTER["Specification"] | {BASE: "other"}}],
            "/inferenceComponents/1/Specification: the component is no adapter, and an update cannot change that.",
        ),
    ],
)
def test_an_update_cannot_change_the_base_of_an_adapter(
    live: ComponentWorld, components: list[Any], problem: str
) -> None:
    assert problem in refusal(live, request(*components))


def test_a_variant_with_a_component_on_it_cannot_be_removed(live: ComponentWorld) -> None:
    found = refusal(live, request(llm(name="new"), productionVariants=[VARIANT | {"VariantName": "Large"}]))

    assert "/productionVariants: variant AllTraffic is missing, and inference component llm is on it" in found


def test_a_base_with_an_adapter_of_another_tool_cannot_be_deleted(live: ComponentWorld) -> None:
    live.sagemaker.tags.pop(live.sagemaker.components["fr"]["InferenceComponentArn"])

    found = refusal(live, request(llm(name="new")))

    assert "/inferenceComponents: llm is missing, and the adapter fr, which Slipway did not create, needs it" in found
