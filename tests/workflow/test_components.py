"""Inference components: created, updated, scaled and deleted with their endpoint."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import until
from tests.support.components import (
    ExternalComponents,
    adapter,
    component,
    described,
    hosting_request,
    set_outcome,
    specification,
)
from tests.support.deployment import Run, Slipway
from tools import stack

Json = dict[str, Any]
ROLE = "DeployComponentsFunctionRole"


@pytest.fixture
def slipway(deployed: Slipway) -> Iterator[Slipway]:
    """The deployed application, without the faults and outcomes of other tests."""
    yield deployed
    deployed.clear_faults()


def component_calls(run: Run) -> list[tuple[str, str]]:
    """Successful mutating operations on components, each with the component's name, in order."""
    return [
        (call["operation"].replace("InferenceComponent", ""), call["parameters"]["InferenceComponentName"])
        for call in run.calls
        if "InferenceComponent" in call["operation"]
        and not call["operation"].startswith(("Describe", "List"))
        and not call.get("error")
    ]


def models_of(slipway: Slipway, endpoint: str) -> dict[str, str]:
    """Model of each component in service."""
    return {
        name: found["Specification"]["ModelName"]
        for name, found in described(slipway, endpoint).items()
        if found["InferenceComponentStatus"] == "InService"
    }


def test_components_are_created_on_a_new_endpoint_and_the_same_request_changes_nothing(slipway: Slipway) -> None:
    wanted = hosting_request(slipway, "ic-new", component("ic-new-a"), component("ic-new-b", copyCount=2))

    run = slipway.deploy(wanted)
    again = slipway.deploy(wanted)

    assert run.status == "SUCCEEDED", run.cause
    assert component_calls(run) == [("Create", "ic-new-a"), ("Create", "ic-new-b")]
    assert [(each["name"], each["status"], each["currentCopyCount"]) for each in run.output["components"]["live"]] == [
        ("ic-new-a", "InService", 1),
        ("ic-new-b", "InService", 2),
    ]
    assert "Component ic-new-b: llm, on variant AllTraffic, 2 copies\n" in run.message["message"]
    assert again.status == "SUCCEEDED", again.cause
    assert (again.output["changed"], again.mutations("sagemaker")) == (False, [])
    assert again.visited.count("Deploy components") == 1


def test_one_component_is_updated_and_the_others_are_kept(slipway: Slipway) -> None:
    kept = component("ic-update-b")
    slipway.deploy(hosting_request(slipway, "ic-update", component("ic-update-a"), kept))

    run = slipway.deploy(hosting_request(slipway, "ic-update", component("ic-update-a", "llm-2"), kept))

    assert run.status == "SUCCEEDED", run.cause
    assert component_calls(run) == [("Update", "ic-update-a")]
    assert models_of(slipway, "ic-update") == {"ic-update-a": "llm-2", "ic-update-b": "llm"}
    assert run.output["action"] == "none"
    assert "only its inference components changed" in run.message["message"]


def test_an_update_that_sagemaker_rolls_back_is_a_failure(slipway: Slipway) -> None:
    slipway.deploy(hosting_request(slipway, "ic-undone", component("ic-undone-a")))
    set_outcome(slipway, "ic-undone-a", "update", "rolls_back")

    run = slipway.deploy(hosting_request(slipway, "ic-undone", component("ic-undone-a", "llm-2")))

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    assert (
        "SageMaker rolled back the update. Inference component ic-undone-a is InService as before it: The container of "
        "the inference component did not pass the ping health check."
    ) in run.cause
    assert "The container logs are in /aws/sagemaker/InferenceComponents/ic-undone-a." in run.cause
    assert "Failed in the state Deploy components" in run.cause
    assert models_of(slipway, "ic-undone") == {"ic-undone-a": "llm"}
    assert run.message["attributes"]["outcome"] == "UpdateRolledBack"


def test_a_component_that_fails_is_reported_with_the_reason_and_deleted(slipway: Slipway) -> None:
    first = component("ic-fails-a")
    slipway.deploy(hosting_request(slipway, "ic-fails", first))
    set_outcome(slipway, "ic-fails-b", "create", "fails")

    run = slipway.deploy(hosting_request(slipway, "ic-fails", first, component("ic-fails-b")))

    assert (run.status, run.error) == ("FAILED", "ComponentFailed")
    assert "Inference component ic-fails-b is Failed: The container of the inference component did not" in run.cause
    assert "/aws/sagemaker/InferenceComponents/ic-fails-b" in run.cause
    assert models_of(slipway, "ic-fails") == {"ic-fails-a": "llm"}
    assert list(described(slipway, "ic-fails")) == ["ic-fails-a"]


def test_a_component_without_room_is_reported(slipway: Slipway) -> None:
    large = component("ic-large-a", Specification=specification("llm", memory=12 * 1024), copyCount=5)

    run = slipway.deploy(hosting_request(slipway, "ic-large", large))

    assert (run.status, run.error) == ("FAILED", "ComponentFailed")
    assert "There is not enough hardware resources on the instances" in run.cause
    assert described(slipway, "ic-large") == {}


def test_the_number_of_copies_is_changed_without_an_update(slipway: Slipway) -> None:
    slipway.deploy(hosting_request(slipway, "ic-copies", component("ic-copies-a")))

    run = slipway.deploy(hosting_request(slipway, "ic-copies", component("ic-copies-a", copyCount=3)))

    assert run.status == "SUCCEEDED", run.cause
    assert component_calls(run) == [("UpdateRuntimeConfig", "ic-copies-a")]
    assert described(slipway, "ic-copies")["ic-copies-a"]["RuntimeConfig"]["CurrentCopyCount"] == 3


def test_a_component_that_the_request_no_longer_names_is_deleted_last(slipway: Slipway) -> None:
    slipway.deploy(hosting_request(slipway, "ic-less", component("ic-less-a"), component("ic-less-b")))

    run = slipway.deploy(hosting_request(slipway, "ic-less", component("ic-less-a"), component("ic-less-c")))

    assert run.status == "SUCCEEDED", run.cause
    assert component_calls(run) == [("Create", "ic-less-c"), ("Delete", "ic-less-b")]
    assert sorted(described(slipway, "ic-less")) == ["ic-less-a", "ic-less-c"]
    assert run.output["components"]["removed"] == ["ic-less-b"]


def test_an_adapter_is_created_after_its_base_and_deleted_before_it(slipway: Slipway) -> None:
    other = component("ic-lora-other")
    base, fine = component("ic-lora-base"), adapter("ic-lora-fr", "ic-lora-base")

    created = slipway.deploy(hosting_request(slipway, "ic-lora", fine, base, other))
    deleted = slipway.deploy(hosting_request(slipway, "ic-lora", other))

    assert created.status == "SUCCEEDED", created.cause
    assert component_calls(created)[-1] == ("Create", "ic-lora-fr")
    assert deleted.status == "SUCCEEDED", deleted.cause
    assert component_calls(deleted) == [("Delete", "ic-lora-fr"), ("Delete", "ic-lora-base")]
    assert list(described(slipway, "ic-lora")) == ["ic-lora-other"]


def test_a_component_that_never_starts_ends_at_the_deadline(slipway: Slipway) -> None:
    slipway.deploy(hosting_request(slipway, "ic-stuck", component("ic-stuck-a")))
    set_outcome(slipway, "ic-stuck-a", "update", "never_finishes")

    run = slipway.deploy(
        hosting_request(slipway, "ic-stuck", component("ic-stuck-a", "llm-2"), deadlineSeconds=900, onFailure="KEEP")
    )

    assert (run.status, run.error) == ("FAILED", "DeadlineExceeded")
    assert "Inference component ic-stuck-a is Updating after 15 min, and not as planned. The deadline was " in run.cause
    assert run.seconds_between("Deploy components", "Notify failure") < 1000


def test_a_component_that_another_user_deletes_meanwhile_is_reported(slipway: Slipway) -> None:
    kept, new = component("ic-meddled-a"), component("ic-meddled-b")
    slipway.deploy(hosting_request(slipway, "ic-meddled", kept))
    wanted = hosting_request(slipway, "ic-meddled", kept, new)
    stack.make_models(slipway.aws, wanted)

    with slipway.recorded() as finish:
        with slipway.real_time():
            arn = slipway.start(wanted)
            until(lambda: slipway.entered(arn, "Wait for components"))
            slipway.aws.client("sagemaker").delete_inference_component(InferenceComponentName="ic-meddled-a")
        run = finish(arn)

    assert (run.status, run.error) == ("FAILED", "EndpointBusy")
    assert "Inference component ic-meddled-a" in run.cause
    assert "another user or tool delete" in run.cause
    assert "ic-meddled-b" not in described(slipway, "ic-meddled")


def test_a_deployment_continues_after_every_lost_answer(slipway: Slipway) -> None:
    first = [component("ic-lost-a"), component("ic-lost-b"), component("ic-lost-c")]
    operations = [f"{verb}InferenceComponent" for verb in ("Create", "Update", "Delete")]
    lost = [*operations, "UpdateInferenceComponentRuntimeConfig"]
    slipway.aws.post(
        "faults",
        [{"service": "sagemaker", "operation": each, "principal": ROLE, "answer": "cut", "times": 3} for each in lost],
    )

    created = slipway.deploy(hosting_request(slipway, "ic-lost", *first))
    changed = slipway.deploy(
        hosting_request(slipway, "ic-lost", component("ic-lost-a", "llm-2"), component("ic-lost-b", copyCount=2))
    )

    assert created.status == "SUCCEEDED", created.cause
    assert changed.status == "SUCCEEDED", changed.cause
    assert "Roll back" not in [*created.visited, *changed.visited]
    assert models_of(slipway, "ic-lost") == {"ic-lost-a": "llm-2", "ic-lost-b": "llm"}
    assert described(slipway, "ic-lost")["ic-lost-b"]["RuntimeConfig"]["CurrentCopyCount"] == 2


def test_a_component_is_changed_only_with_slipways_tag(slipway: Slipway) -> None:
    external = ExternalComponents(slipway, "ic-theirs")
    stack.make_models(slipway.aws, hosting_request(slipway, "ic-theirs", component("ic-theirs-a")))
    external.create_endpoint()
    external.create("ic-theirs-a", specification("llm"))

    run = slipway.deploy(hosting_request(slipway, "ic-theirs", component("ic-theirs-a", copyCount=2)))

    assert (run.status, run.error) == ("FAILED", "EndpointNotOwned"), run.cause
    assert component_calls(run) == []
    assert described(slipway, "ic-theirs")["ic-theirs-a"]["RuntimeConfig"]["DesiredCopyCount"] == 1
