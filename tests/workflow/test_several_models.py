"""Several models of one request are created at the same time, and removed if the deployment fails."""

from typing import Any

from tests.support.deployment import Slipway

KEYS = ("first", "second", "third")
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/several"


def models_of(slipway: Slipway, endpoint_name: str) -> list[str]:
    """Names of the models that were created for this endpoint."""
    pages = slipway.aws.client("sagemaker").get_paginator("list_models").paginate(NameContains=endpoint_name)
    return sorted(model["ModelName"] for page in pages for model in page["Models"])


def several(request_for: Any, name: str, **changes: Any) -> Any:
    """Request with three models of its own, whose keys begin with the endpoint's name."""
    (variant,) = request_for(name)["productionVariants"]
    keys = [f"{name}-{key}" for key in KEYS]
    variants = [{**variant, "VariantName": key, "ModelName": key} for key in keys]
    return request_for(name, models={key: {"image": f"{IMAGE}:{key}"} for key in keys}, productionVariants=variants) | (
        changes
    )


def refuse(slipway: Slipway, key: str, message: str, **details: Any) -> None:
    match = {"PrimaryContainer": {"Image": f"{IMAGE}:{key}"}}
    slipway.fault("sagemaker", "CreateModel", "ValidationException", message, match=match, **details)


def test_all_models_are_created_before_the_config(slipway: Slipway, request_for: Any) -> None:
    run = slipway.deploy(several(request_for, "at-once"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.mutations("sagemaker") == ["CreateModel"] * 3 + ["CreateEndpointConfig", "CreateEndpoint"]
    assert run.output["modelNames"] == models_of(slipway, "at-once-")
    assert slipway.deploy(several(request_for, "at-once")).output["changed"] is False


def test_a_model_that_exists_is_not_created_again(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(several(request_for, "one-more"))
    other = several(request_for, "one-more")
    other["models"]["one-more-second"]["Environment"] = {"LEVEL": "debug"}

    run = slipway.deploy(other)

    assert run.status == "SUCCEEDED", run.cause
    assert run.mutations("sagemaker")[0:2] == ["CreateModel", "CreateEndpointConfig"]
    assert len(models_of(slipway, "one-more-")) == 4


def test_refused_models_are_reported_together_and_the_others_are_removed(slipway: Slipway, request_for: Any) -> None:
    for key in ("first", "third"):
        refuse(slipway, f"two-refused-{key}", f"no image {key}")

    run = slipway.deploy(several(request_for, "two-refused"))

    assert (run.status, run.error) == ("FAILED", "RequestRefused")
    refusals = [
        line for line in run.cause.splitlines() if line.startswith("Failed in the state Create model for model")
    ]
    assert ["first" in refusals[0], "third" in refusals[1], len(refusals)] == [True, True, 2]
    assert "no image first" in run.cause
    assert "no image third" in run.cause
    assert models_of(slipway, "two-refused-") == []
    assert slipway.endpoint("two-refused") is None


def test_a_lost_answer_about_one_of_several_models_changes_nothing(slipway: Slipway, request_for: Any) -> None:
    match = {"PrimaryContainer": {"Image": f"{IMAGE}:lost-model-second"}}
    fault = {"service": "sagemaker", "operation": "CreateModel", "match": match, "answer": "cut", "times": 1}
    slipway.aws.post("faults", [fault])

    run = slipway.deploy(several(request_for, "lost-model"))

    assert run.status == "SUCCEEDED", run.cause
    assert "Keep refusal" in run.path
    assert len(models_of(slipway, "lost-model-")) == 3


def test_models_that_another_endpoint_uses_stay_after_a_failure(slipway: Slipway, request_for: Any) -> None:
    first = several(request_for, "shared-by")
    slipway.deploy(first)
    slipway.outcome("shared-too", "create", "fails")

    run = slipway.deploy({**first, "endpointName": "shared-too"})

    assert run.error == "CreateFailed"
    assert run.mutations("sagemaker").count("CreateModel") == 0
    assert len(models_of(slipway, "shared-by-")) == 3
