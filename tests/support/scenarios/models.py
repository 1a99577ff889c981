"""Deployments of models that the request makes."""

from collections.abc import Iterable
from typing import Any

from tests.support import registry
from tests.support.artifacts import ENVIRONMENT, archive, put_encrypted
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import endpoint, request, scenario


@scenario
def models_of_sources(slipway: Slipway) -> Run:
    """One model each from an artifact, which its owner has encrypted, a package, a training job and a tuning job."""
    aws, name = slipway.aws, endpoint("models_of_sources")
    bucket, role_arn = slipway.outputs["ArtifactBucketName"], slipway.outputs["ModelExecutionRoleArn"]
    put_encrypted(aws, bucket, f"{name}/model.tar.gz", archive(), role_arn)
    registry.add_version(aws, name)
    registry.train(aws, bucket, name, role_arn)
    registry.tune(aws, bucket, f"{name}-hpo", role_arn)
    sklearn = {"framework": "sklearn", "version": "1.9-0"}
    models = {
        "stored": {"artifact": f"s3://{bucket}/{name}/model.tar.gz", "image": sklearn, "Environment": ENVIRONMENT},
        "approved": {"package": {"group": name, "version": "latest-approved"}},
        "trained": {"trainingJob": name},
        "tuned": {"tuningJob": f"{name}-hpo"},
    }
    return slipway.deploy(request("models_of_sources", models=models, productionVariants=_variants(models)))


@scenario
def one_of_several_models_is_refused(slipway: Slipway) -> Run:
    """The others are created, and removed in the rollback."""
    name = "one_of_several_models_is_refused"
    image = f"123456789012.dkr.ecr.{slipway.aws.region}.amazonaws.com/model"
    models = {key: {"image": f"{image}:{key}"} for key in ("first", "second", "third")}
    match = {"PrimaryContainer": {"Image": f"{image}:second"}}
    slipway.fault("sagemaker", "CreateModel", "ValidationException", "The image cannot be read", match=match)
    return slipway.deploy(request(name, models=models, productionVariants=_variants(models)))


def _variants(names: Iterable[str]) -> list[dict[str, Any]]:
    (variant,) = request("models_of_sources")["productionVariants"]
    return [{**variant, "VariantName": name, "ModelName": name} for name in names]
