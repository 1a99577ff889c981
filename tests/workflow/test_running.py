"""A request whose named resources equal the endpoint's, although the endpoint runs something else."""

from typing import Any

from tests.support.deployment import Slipway


def split(name: str, a: float = 1, b: float = 1) -> dict[str, Any]:
    """Two variants without scaling."""
    variant = {"ModelName": f"{name}-model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    weights = {"A": a, "B": b}
    variants = [{"VariantName": each, **variant, "InitialVariantWeight": weights[each]} for each in weights]
    return {"endpointName": name, "productionVariants": variants}


def weights_of(slipway: Slipway, name: str) -> dict[str, float]:
    endpoint = slipway.endpoint(name)
    assert endpoint is not None
    return {variant["VariantName"]: variant["CurrentWeight"] for variant in endpoint["ProductionVariants"]}


def test_weights_shifted_by_another_user_are_set_as_requested(slipway: Slipway) -> None:
    first = slipway.deploy(split("drained-by-hand"))
    slipway.set_weights("drained-by-hand", A=0, B=1)

    run = slipway.deploy(split("drained-by-hand"))

    assert (run.status, run.output["action"], run.output["changed"]) == ("SUCCEEDED", "shift", True)
    assert run.mutations("sagemaker") == ["UpdateEndpointWeightsAndCapacities"]
    assert weights_of(slipway, "drained-by-hand") == {"A": 1, "B": 1}
    assert run.output["endpointConfigName"] == first.output["endpointConfigName"]
    assert run.output["previousWeights"] == {"A": 0, "B": 1}
    warning = "Variant A had weight 0 before this deployment, which sends traffic to it again: weight 1."
    assert run.output["warnings"] == [warning]
    assert "The weights of the variants were changed" in run.message["message"]
    assert slipway.deploy(split("drained-by-hand")).output["action"] == "none"


def test_a_rollback_restores_shifted_weights(slipway: Slipway) -> None:
    slipway.deploy(split("shifted-back"))
    slipway.set_weights("shifted-back", A=3, B=5)
    match = {"ResourceId": "endpoint/shifted-back/variant/A"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no such metric", match=match)

    run = slipway.deploy({**split("shifted-back", a=9), "autoscalingMaxCapacity": 4})

    assert (run.status, run.error) == ("FAILED", "ScalingFailed")
    assert run.mutations("sagemaker") == ["UpdateEndpointWeightsAndCapacities"] * 2
    assert weights_of(slipway, "shifted-back") == {"A": 3, "B": 5}
    assert "weights of endpoint shifted-back to A 3, B 5" in run.message["message"]


def test_the_rollback_of_an_update_restores_the_live_weights(slipway: Slipway) -> None:
    slipway.deploy(split("undone-weights"))
    slipway.set_weights("undone-weights", A=3, B=5)
    match = {"ResourceId": "endpoint/undone-weights/variant/A"}
    slipway.fault("application-autoscaling", "PutScalingPolicy", "ValidationException", "no such metric", match=match)

    newer = split("undone-weights")
    for variant in newer["productionVariants"]:
        variant["ModelName"] = "undone-model-2"
    run = slipway.deploy({**newer, "autoscalingMaxCapacity": 4})

    assert (run.status, run.error) == ("FAILED", "ScalingFailed"), run.cause
    assert weights_of(slipway, "undone-weights") == {"A": 3, "B": 5}


def test_a_model_recreated_with_another_image_is_deployed(slipway: Slipway, request_for: Any) -> None:
    request = request_for("other-image")
    (variant,) = request["productionVariants"]
    request["productionVariants"] = [{**variant, "ModelName": "other-image-model"}]
    first = slipway.deploy(request)
    sagemaker = slipway.aws.client("sagemaker")
    model = sagemaker.describe_model(ModelName="other-image-model")
    sagemaker.delete_model(ModelName="other-image-model")
    image = model["PrimaryContainer"]["Image"].rpartition(":")[0] + ":other"
    sagemaker.create_model(
        ModelName="other-image-model", ExecutionRoleArn=model["ExecutionRoleArn"], PrimaryContainer={"Image": image}
    )

    run = slipway.deploy(request)

    assert (run.status, run.output["action"]) == ("SUCCEEDED", "update")
    assert run.output["endpointConfigName"] != first.output["endpointConfigName"]
    endpoint = slipway.endpoint("other-image")
    assert endpoint is not None
    assert endpoint["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == image
    assert slipway.deploy(request).output["action"] == "none"


def test_force_deploys_the_live_config_again(slipway: Slipway, request_for: Any) -> None:
    first = slipway.deploy(request_for("forced"))

    run = slipway.deploy(request_for("forced", force=True))

    assert (run.status, run.output["action"]) == ("SUCCEEDED", "update")
    assert run.output["previousEndpointConfigName"] == first.output["endpointConfigName"]
    assert run.mutations("sagemaker") == ["CreateEndpointConfig", "UpdateEndpoint"]
    assert slipway.deploy(request_for("forced")).output["action"] == "none"
