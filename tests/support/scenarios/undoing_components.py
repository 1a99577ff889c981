"""Removals and rollbacks with inference components."""

from typing import Any

from local_aws import until
from tests.support.components import ADOPTED, ExternalComponents, component, hosting_request, specification
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import confirmed, endpoint, request, scenario
from tools import stack


@scenario
def removal_with_components(slipway: Slipway) -> Run:
    name = endpoint("removal_with_components")
    (variant,) = request(name)["productionVariants"]
    stack.make_models(slipway.aws, request(name))
    external = ExternalComponents(slipway, name)
    external.create_endpoint(tags=ADOPTED)
    external.create(f"{name}-llm", specification(variant["ModelName"]), tags=ADOPTED)
    return slipway.remove(confirmed("removal_with_components"))


@scenario
def removal_of_a_lent_model(slipway: Slipway) -> Run:
    name = "removal_of_a_lent_model"
    (model,) = slipway.deploy(_with_model(slipway, name)).output["modelNames"]
    external = _hosting(slipway, name)
    external.create(f"{endpoint(name)}-llm", specification(model))
    return slipway.remove(confirmed(name))


@scenario
def rollback_beside_a_component(slipway: Slipway) -> Run:
    name = "rollback_beside_a_component"
    wanted = _with_model(slipway, name)
    external = _hosting(slipway, name)
    slipway.outcome(endpoint(name), "create", "fails")
    stack.make_models(slipway.aws, request(name))
    (variant,) = request(name)["productionVariants"]
    with slipway.recorded() as finish:
        with slipway.real_time():
            external.start(f"{endpoint(name)}-llm", specification(variant["ModelName"]))
            arn = slipway.start(wanted)
            until(lambda: slipway.entered(arn, "Check endpoint"))
        run: Run = finish(arn)
    return run


@scenario
def components_with_refused_scaling(slipway: Slipway) -> Run:
    """Everything but the scaling succeeds, so that the rollback undoes every kind of change."""
    name = endpoint("components_with_refused_scaling")
    slipway.deploy(hosting_request(slipway, name, *(component(f"{name}-{each}") for each in ("llm", "small", "old"))))
    match = {"ResourceId": f"inference-component/{name}-new"}
    refusal = ("RegisterScalableTarget", "ValidationException", "refused")
    slipway.fault("application-autoscaling", *refusal, match=match, principal="RegisterScalingFunctionRole")
    scaled = component(f"{name}-new", copyCount=None, autoscaling={"minCapacity": 1, "maxCapacity": 2})
    changed = [component(f"{name}-llm", "llm-2"), component(f"{name}-small", copyCount=2)]
    return slipway.deploy(hosting_request(slipway, name, *changed, scaled))


def _with_model(slipway: Slipway, name: str) -> dict[str, Any]:
    (variant,) = request(name)["productionVariants"]
    image = f"123456789012.dkr.ecr.{slipway.aws.region}.amazonaws.com/model:{endpoint(name)}"
    return request(name, models={"made": {"image": image}}, productionVariants=[{**variant, "ModelName": "made"}])


def _hosting(slipway: Slipway, name: str) -> ExternalComponents:
    """Another endpoint, for components."""
    external = ExternalComponents(slipway, f"{endpoint(name)}-by-hand")
    external.create_endpoint()
    return external
