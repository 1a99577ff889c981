"""Rollback of an update: previous config, previous scaling, and no remains of the failed update."""

from typing import Any

from tests.support.deployment import Run, Slipway
from tests.support.scaling import ExternalScaling


def unscaled(request: dict[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in ("endpointName", "productionVariants")}


def with_model(request: dict[str, Any], model: str) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": model}]}


def update_with_refused_policy(slipway: Slipway, request: dict[str, Any], **changes: Any) -> Run:
    name = request["endpointName"]
    match = {"ResourceId": f"endpoint/{name}/variant/AllTraffic"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no such metric", match=match)
    return slipway.deploy({**with_model(request, f"{name}-2"), **changes})


def test_an_update_with_refused_scaling_is_rolled_back_with_its_scaling(slipway: Slipway, request_for: Any) -> None:
    request = request_for("scaling-refused")
    before = slipway.deploy(unscaled(request))
    others = ExternalScaling(slipway, "scaling-refused")
    others.register(1, 2)
    others.suspend(DynamicScalingInSuspended=True)
    others.schedule("office-hours")
    scaling = others.described()

    run = update_with_refused_policy(slipway, request)

    assert (run.status, run.error) == ("FAILED", "ScalingFailed")
    endpoint = slipway.endpoint("scaling-refused")
    assert endpoint is not None
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == before.output["endpointConfigName"]
    assert slipway.configs("scaling-refused") == [before.output["endpointConfigName"]]
    assert others.described() == scaling
    assert run.mutations("sagemaker") == [
        "CreateEndpointConfig",
        "UpdateEndpoint",
        "UpdateEndpoint",
        "DeleteEndpointConfig",
    ]
    assert run.message["attributes"]["outcome"] == "ScalingFailed"
    assert f"endpoint scaling-refused to config {before.output['endpointConfigName']}" in run.message["message"]
    assert "scalable target endpoint/scaling-refused/variant/AllTraffic" in run.message["message"]


def test_an_update_that_ends_after_the_deadline_is_rolled_back(slipway: Slipway, request_for: Any) -> None:
    before = slipway.deploy(request_for("late"))
    slipway.outcome("late", "update", "succeeds", afterSeconds=900)

    run = slipway.deploy({**with_model(request_for("late"), "late-2"), "deadlineSeconds": 600})

    assert (run.status, run.error) == ("FAILED", "DeadlineExceeded")
    endpoint = slipway.endpoint("late")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == before.output["endpointConfigName"]
    assert slipway.configs("late") == [before.output["endpointConfigName"]]


def test_an_update_without_end_fails_with_rollback_failed_and_the_commands_for_later(
    slipway: Slipway, request_for: Any
) -> None:
    slipway.deploy(request_for("stuck-update"))
    slipway.outcome("stuck-update", "update", "never_finishes")

    run = slipway.deploy({**with_model(request_for("stuck-update"), "stuck-update-2"), "deadlineSeconds": 600})

    assert (run.status, run.error) == ("FAILED", "RollbackFailed")
    assert "SageMaker cannot stop that" in run.cause
    assert "aws sagemaker update-endpoint --cli-input-json" in run.cause
    assert len(slipway.configs("stuck-update")) == 2
    assert run.message["attributes"]["outcome"] == "RollbackFailed"


def test_keep_leaves_the_new_config_live(slipway: Slipway, request_for: Any) -> None:
    request = request_for("kept-update")
    before = slipway.deploy(unscaled(request))

    run = update_with_refused_policy(slipway, request, onFailure="KEEP")

    assert (run.status, run.error) == ("FAILED", "ScalingFailed")
    endpoint = slipway.endpoint("kept-update")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] != before.output["endpointConfigName"]
    assert run.mutations("sagemaker") == ["CreateEndpointConfig", "UpdateEndpoint"]
