"""Deployments with tests of the endpoint."""

from tests.support.answering import GOLDEN, SETOSA, VIRGINICA, asynchronous, set_answer
from tests.support.artifacts import put_encrypted
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import endpoint, newer, request, scenario


@scenario
def tested(slipway: Slipway) -> Run:
    set_answer(slipway, endpoint("tested"), SETOSA)
    return slipway.deploy(request("tested", test=[GOLDEN]))


@scenario
def wrong_answer_after_update(slipway: Slipway) -> Run:
    name = "wrong_answer_after_update"
    slipway.deploy(request(name))
    set_answer(slipway, endpoint(name), VIRGINICA)
    return slipway.deploy({**newer(name), "test": [GOLDEN]})


@scenario
def tested_through_s3(slipway: Slipway) -> Run:
    """The answer of an asynchronous endpoint is awaited."""
    set_answer(slipway, endpoint("tested_through_s3"), SETOSA, delaySeconds=30)
    return slipway.deploy(asynchronous(slipway, endpoint("tested_through_s3")))


@scenario
def several_models(slipway: Slipway) -> Run:
    """Two models of the request and a test with its body in S3, encrypted with a key of its owner."""
    name, bucket = endpoint("several_models"), slipway.outputs["ArtifactBucketName"]
    put_encrypted(slipway.aws, bucket, "golden.json", b"[[5.1, 3.5, 1.4, 0.2]]")
    set_answer(slipway, name, SETOSA)
    (variant,) = request("several_models")["productionVariants"]
    image = f"123456789012.dkr.ecr.{slipway.aws.region}.amazonaws.com/model"
    return slipway.deploy(
        request(
            "several_models",
            models={key: {"image": f"{image}:{key}"} for key in ("first", "second")},
            productionVariants=[{**variant, "VariantName": key, "ModelName": key} for key in ("first", "second")],
            test=[{"name": "in S3", "bodyLocation": f"s3://{bucket}/golden.json"}],
        )
    )
