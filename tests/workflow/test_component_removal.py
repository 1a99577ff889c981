"""Removals and clean-ups keep what inference components use, and remove Slipway's components before their endpoint."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws import until
from tests.support.components import (
    ADOPTED,
    ExternalComponents,
    adapter,
    adapter_of,
    component,
    described,
    hosting_request,
    specification,
)
from tests.support.deployment import Run, Slipway
from tests.workflow.test_remove import confirmed
from tools import stack

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/model"


@pytest.fixture
def slipway(deployed: Slipway) -> Iterator[Slipway]:
    """The deployed application, without the faults and outcomes of other tests."""
    yield deployed
    deployed.clear_faults()


def with_made_model(request_for: Any, endpoint_name: str) -> Any:
    """A request that makes its model."""
    request = request_for(endpoint_name)
    (variant,) = request["productionVariants"]
    model = {"image": f"{IMAGE}:{endpoint_name}"}
    return request | {"models": {"made": model}, "productionVariants": [{**variant, "ModelName": "made"}]}


def test_a_model_that_a_component_of_another_user_uses_is_kept(slipway: Slipway, request_for: Any) -> None:
    (model,) = slipway.deploy(with_made_model(request_for, "lends-its-model")).output["modelNames"]
    external = ExternalComponents(slipway, "borrows-a-model")
    external.create_endpoint()
    external.create("borrower", specification(model))

    run = slipway.remove(confirmed("lends-its-model"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["kept"] == [f"model {model}: inference component borrower uses it"]
    assert slipway.aws.client("sagemaker").describe_model(ModelName=model)["ModelName"] == model


@pytest.fixture
def hosting(slipway: Slipway, request_for: Any) -> Any:
    """Return a function that creates an endpoint with a component, both of which Slipway may delete."""

    def make(endpoint_name: str) -> ExternalComponents:
        request = request_for(endpoint_name)
        stack.make_models(slipway.aws, request)
        external = ExternalComponents(slipway, endpoint_name)
        external.create_endpoint(tags=ADOPTED)
        model = request["productionVariants"][0]["ModelName"]
        external.create(f"{endpoint_name}-llm", specification(model), tags=ADOPTED)
        return external

    return make


def deletions(run: Run) -> list[str]:
    """Names of the resources that SageMaker deleted, in order, and scalable targets that were deregistered."""
    parameters = [call["parameters"] for call in run.calls if call["operation"].startswith(("Delete", "Deregister"))]
    members = ("InferenceComponentName", "EndpointName", "ResourceId")
    return [each[member] for each in parameters for member in members if member in each]


def outputs_of(run: Run, state: str) -> list[Any]:
    """Outputs of all visits of a state."""
    exits = [event["stateExitedEventDetails"] for event in run.events if "stateExitedEventDetails" in event]
    return [json.loads(each["output"]) for each in exits if each["name"] == state]


def test_components_are_removed_before_their_endpoint_and_what_scales_them_first(
    slipway: Slipway, hosting: Any
) -> None:
    external = hosting("hosts-a-base")
    external.create("hosts-a-base-fr", adapter_of("hosts-a-base-llm"), tags=ADOPTED)
    slipway.aws.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="inference-component/hosts-a-base-llm",
        ScalableDimension="sagemaker:inference-component:DesiredCopyCount",
        MinCapacity=1,
        MaxCapacity=2,
    )

    run = slipway.remove(confirmed("hosts-a-base"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["removed"] == [
        "scalable target inference-component/hosts-a-base-llm",
        "inference component hosts-a-base-fr",
        "inference component hosts-a-base-llm",
        "endpoint hosts-a-base",
    ]
    assert list(dict.fromkeys(deletions(run))) == [
        "inference-component/hosts-a-base-llm",
        "hosts-a-base-fr",
        "hosts-a-base-llm",
        "hosts-a-base",
    ]
    assert described(slipway, "hosts-a-base") == {}
    outputs = [each["removed"] for each in outputs_of(run, "Remove endpoint")]
    assert outputs == sorted(outputs, key=len)
    assert len({len(each) for each in outputs}) == 4, "each of the states shows what is removed so far"


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_endpoint_with_a_component_of_another_user_is_not_removed(
    slipway: Slipway, hosting: Any, *, dry_run: bool
) -> None:
    name = f"hosts-others-{dry_run}".lower()
    external = hosting(name)
    external.create(f"{name}-fr", adapter_of(f"{name}-llm"))

    run = slipway.remove(confirmed(name, dryRun=dry_run))

    assert (run.status, run.error) == ("FAILED", "EndpointNotOwned")
    assert f"Endpoint {name} has inference components that Slipway did not create: {name}-fr." in run.cause
    assert f"aws sagemaker delete-inference-component --inference-component-name {name}-fr" in run.cause
    assert run.mutations("sagemaker") == []
    assert described(slipway, name).keys() == {f"{name}-llm", f"{name}-fr"}


def test_a_removal_waits_for_a_component_that_is_being_updated(slipway: Slipway, hosting: Any) -> None:
    external = hosting("hosts-a-change")
    with slipway.recorded() as finish:
        with slipway.real_time():
            external.set_copies("hosts-a-change-llm", 2)
            arn = slipway.start_removal(confirmed("hosts-a-change"))
            until(lambda: slipway.entered(arn, "Wait for deletion"))
        run = finish(arn)

    assert run.status == "SUCCEEDED", run.cause
    assert described(slipway, "hosts-a-change") == {}
    assert run.visited.count("Remove endpoint") > 2


def test_a_component_that_outlived_its_endpoint_is_removed(slipway: Slipway, hosting: Any) -> None:
    external = hosting("deleted-by-hand")
    external.delete_endpoint()

    run = slipway.remove(confirmed("deleted-by-hand"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["removed"] == ["inference component deleted-by-hand-llm"]
    assert described(slipway, "deleted-by-hand") == {}


def test_the_models_that_slipway_created_for_components_are_removed_with_them(slipway: Slipway) -> None:
    models = {"m": {"image": f"{IMAGE}:components"}}
    every = [component("makes-its-model-llm", "m"), adapter("makes-its-model-fr", "makes-its-model-llm")]
    deployed = slipway.deploy(hosting_request(slipway, "makes-its-model", *every, models=models))

    run = slipway.remove(confirmed("makes-its-model"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["removed"] == [
        "inference component makes-its-model-fr",
        "inference component makes-its-model-llm",
        "endpoint makes-its-model",
        f"endpoint config {deployed.output['endpointConfigName']}",
        f"model {deployed.output['modelNames'][0]}",
    ]
