"""A failed deployment of inference components is rolled back: former ones serve as before, new ones are gone."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import until
from shared.component_content import content_of
from tests.faults.world import scaling
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
DELETED_FIRST = {
    "policies": [
        {
            "name": "invocations",
            "targetTracking": {
                "TargetValue": 10,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"
                },
            },
        }
    ]
}


@pytest.fixture
def slipway(deployed: Slipway) -> Iterator[Slipway]:
    """The deployed application, without the faults and outcomes of other tests."""
    yield deployed
    deployed.clear_faults()


def state(slipway: Slipway, endpoint_name: str) -> Json:
    """Status, content, copies and creator of each component of the endpoint, by name."""
    tags = slipway.aws.client("sagemaker").list_tags
    return {
        name: (
            each["InferenceComponentStatus"],
            content_of(each),
            each.get("RuntimeConfig"),
            tags(ResourceArn=each["InferenceComponentArn"])["Tags"],
        )
        for name, each in described(slipway, endpoint_name).items()
    }


def first(slipway: Slipway, name: str, **changes: Any) -> Json:
    """A request with three components and an adapter."""
    bases = [component(f"{name}-{each}") for each in ("llm", "small", "old")]
    return hosting_request(slipway, name, *bases, adapter(f"{name}-de", f"{name}-old"), **changes)


def second(slipway: Slipway, name: str, **changes: Any) -> Json:
    """A request that updates, scales, creates and deletes components."""
    every = [
        component(f"{name}-llm", "llm-2"),
        component(f"{name}-small", copyCount=2),
        component(f"{name}-new"),
        adapter(f"{name}-fr", f"{name}-new"),
    ]
    return hosting_request(slipway, name, *every, **changes)


def component_calls(run: Run) -> list[str]:
    """Successful mutating calls on components, such as ``Delete llm``, in order."""
    return [
        f"{call['operation'].replace('InferenceComponent', '')} {call['parameters']['InferenceComponentName']}"
        for call in run.calls
        if "InferenceComponent" in call["operation"]
        and not call["operation"].startswith(("Describe", "List"))
        and not call.get("error")
    ]


def test_a_failure_after_all_changes_restores_every_component_with_its_tags(slipway: Slipway) -> None:
    name = "ic-restored"
    assert slipway.deploy(first(slipway, name)).status == "SUCCEEDED"
    before = state(slipway, name)
    match = {"ResourceId": f"inference-component/{name}-new"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no such metric", match=match)
    wanted = second(slipway, name)
    wanted["inferenceComponents"][2]["autoscaling"] = {"minCapacity": 1, "maxCapacity": 2, **DELETED_FIRST}
    del wanted["inferenceComponents"][2]["copyCount"]

    run = slipway.deploy(wanted)

    assert (run.status, run.error) == ("FAILED", "ScalingFailed"), run.cause
    assert state(slipway, name) == before
    assert component_calls(run) == [
        f"Create {name}-new",
        f"Update {name}-llm",
        f"UpdateRuntimeConfig {name}-small",
        f"Create {name}-fr",
        f"Delete {name}-de",
        f"Delete {name}-old",
        f"Create {name}-old",
        f"Create {name}-de",
        f"Delete {name}-fr",
        f"UpdateRuntimeConfig {name}-small",
        f"Update {name}-llm",
        f"Delete {name}-new",
    ]
    assert scaling(slipway, name) == {}
    assert f"inference component {name}-new" in run.message["message"]
    assert "to be restored" not in run.cause


def made(slipway: Slipway, name: str) -> Json:
    """`models` of a request, with one model of that key."""
    return {name: {"image": f"123456789012.dkr.ecr.{slipway.aws.region}.amazonaws.com/model:{name}"}}


def test_a_creation_that_fails_leaves_no_component_endpoint_or_model(slipway: Slipway) -> None:
    name = "ic-nothing-left"
    set_outcome(slipway, f"{name}-b", "create", "fails")
    every = [component(f"{name}-a", "m"), component(f"{name}-b", "m")]

    run = slipway.deploy(hosting_request(slipway, name, *every, models=made(slipway, "m")))

    assert (run.status, run.error) == ("FAILED", "ComponentFailed"), run.cause
    assert (described(slipway, name), slipway.endpoint(name), slipway.configs(name)) == ({}, None, [])
    assert run.mutations("sagemaker")[-5:] == [
        "DeleteInferenceComponent",
        "DeleteInferenceComponent",
        "DeleteEndpoint",
        "DeleteEndpointConfig",
        "DeleteModel",
    ]


def test_a_former_component_that_fails_is_reported_with_the_commands_that_create_it_again(slipway: Slipway) -> None:
    name = "ic-lost"
    slipway.deploy(hosting_request(slipway, name, component(f"{name}-llm")))
    set_outcome(slipway, f"{name}-llm", "update", "fails")

    run = slipway.deploy(hosting_request(slipway, name, component(f"{name}-llm", "llm-2"), component(f"{name}-new")))

    assert (run.status, run.error) == ("FAILED", "RollbackFailed"), run.cause
    assert f"The rollback stopped: inference component {name}-llm is Failed (The container" in run.cause
    assert "Created by this execution, and still exists: inference component ic-lost-new." in run.cause
    commands = [line for line in run.cause.splitlines() if line.startswith(("aws ", "while "))]
    assert [command.split(" --")[0] for command in commands] == [
        "aws sagemaker delete-inference-component",
        "while aws sagemaker describe-inference-component",
        "aws sagemaker create-inference-component",
        "while aws sagemaker describe-inference-component",
        "aws sagemaker delete-inference-component",
        "while aws sagemaker describe-inference-component",
    ]
    assert '"ModelName":"llm"' in commands[2]
    assert '"Key":"slipway:execution"' in commands[2]

    refused = slipway.deploy({"endpointName": name, "rollback": True})
    assert (refused.status, refused.error) == ("FAILED", "NoFormerDeployment")
    assert "ended in RollbackFailed, and may have left changes of inference components" in refused.cause


def test_a_component_of_another_user_keeps_the_endpoint_of_a_failed_creation(slipway: Slipway) -> None:
    name = "ic-joined"
    set_outcome(slipway, f"{name}-llm", "create", "fails", afterSeconds=7200)
    wanted = hosting_request(slipway, name, component(f"{name}-llm"), deadlineSeconds=14400)
    stack.make_models(slipway.aws, wanted)
    with slipway.recorded() as finish:
        arn = slipway.start(wanted)
        until(lambda: described(slipway, name))
        with slipway.real_time():
            ExternalComponents(slipway, name).start(f"{name}-theirs", specification("llm"))
        run: Run = finish(arn)

    assert (run.status, run.error) == ("FAILED", "ComponentFailed"), run.cause
    assert f"another user or tool created inference components on it: {name}-theirs" in run.cause
    assert list(described(slipway, name)) == [f"{name}-theirs"]
    assert (slipway.endpoint(name) or {})["EndpointStatus"] == "InService"


def test_a_deployment_that_is_stopped_while_it_deletes_components_is_recovered(recovering: Slipway) -> None:
    name = "ic-stopped"
    recovering.deploy(first(recovering, name))
    before = state(recovering, name)
    wanted = second(recovering, name)
    stack.make_models(recovering.aws, wanted)
    set_outcome(recovering, f"{name}-old", "delete", "succeeds", afterSeconds=3000)
    arn = recovering.start(wanted | {"deadlineSeconds": 14400})
    until(lambda: state(recovering, name).get(f"{name}-old", [""])[0] == "Deleting")
    recovering.aws.client("stepfunctions").stop_execution(executionArn=arn)
    recovering.wait_for_rule(arn)

    recovery = recovering.wait(recovering.recovery_of(arn))

    assert recovery["status"] == "SUCCEEDED"
    assert state(recovering, name) == before


def models_of(slipway: Slipway, endpoint_name: str) -> Json:
    return {name: each["Specification"]["ModelName"] for name, each in described(slipway, endpoint_name).items()}


def test_rollbacks_between_deployments_with_the_same_config(slipway: Slipway) -> None:
    name = "ic-history"
    runs = [
        slipway.deploy(hosting_request(slipway, name, component(f"{name}-llm", model)))
        for model in ("llm", "llm-2", "llm-3")
    ]
    assert len({run.output["endpointConfigName"] for run in runs}) == 1

    back = slipway.deploy({"endpointName": name, "rollback": True})
    assert (back.status, models_of(slipway, name)) == ("SUCCEEDED", {f"{name}-llm": "llm-2"}), back.cause
    further = slipway.deploy({"endpointName": name, "rollback": True})
    assert (further.status, models_of(slipway, name)) == ("SUCCEEDED", {f"{name}-llm": "llm"}), further.cause
    newest = slipway.deploy({"endpointName": name, "rollbackTo": runs[2].output["deploymentId"]})
    assert (newest.status, models_of(slipway, name)) == ("SUCCEEDED", {f"{name}-llm": "llm-3"}), newest.cause


def test_the_models_of_former_components_are_deleted_when_they_are_no_longer_kept(recovering: Slipway) -> None:
    name = "ic-one-kept"

    def deploy(tag: str) -> Run:
        wanted = hosting_request(recovering, name, component(f"{name}-llm", "m"), models=made(recovering, "m"))
        wanted["models"]["m"]["image"] += f"-{tag}"
        return recovering.deploy(wanted)

    first_run, second_run = deploy("1"), deploy("2")

    assert second_run.status == "SUCCEEDED", second_run.cause
    assert second_run.output["old"]["removed"] == [f"model {first_run.output['modelNames'][0]}"]


def test_an_update_that_has_not_ended_at_the_deadline_is_undone_when_it_ends(slipway: Slipway) -> None:
    name = "ic-late"
    slipway.deploy(hosting_request(slipway, name, component(f"{name}-llm")))
    before = state(slipway, name)
    set_outcome(slipway, f"{name}-llm", "update", "succeeds", afterSeconds=1500)

    run = slipway.deploy(hosting_request(slipway, name, component(f"{name}-llm", "llm-2"), deadlineSeconds=600))

    assert (run.status, run.error) == ("FAILED", "DeadlineExceeded"), run.cause
    assert component_calls(run) == [f"Update {name}-llm", f"Update {name}-llm"]
    assert state(slipway, name) == before


def test_a_component_that_is_kept_after_a_failure_is_reported_with_its_commands(slipway: Slipway) -> None:
    name = "ic-kept"
    slipway.deploy(hosting_request(slipway, name, component(f"{name}-llm")))
    set_outcome(slipway, f"{name}-new", "create", "fails")
    every = [component(f"{name}-llm"), component(f"{name}-new")]

    run = slipway.deploy(hosting_request(slipway, name, *every, onFailure="KEEP"))

    assert (run.status, run.error) == ("FAILED", "ComponentFailed"), run.cause
    assert described(slipway, name).keys() == {f"{name}-llm", f"{name}-new"}
    assert f"Kept: inference component {name}-new: the request says onFailure KEEP." in run.cause
    assert f"\naws sagemaker delete-inference-component --inference-component-name {name}-new\n" in run.cause
