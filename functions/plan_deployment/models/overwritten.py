"""Artifacts that were overwritten: SageMaker loads them when a container starts, not when the model is created."""

from collections.abc import Iterable, Iterator

from botocore.exceptions import ClientError

from plan_deployment.models.artifacts import ARCHIVE, MODELS, OBJECT, PREFIX, Artifact
from plan_deployment.models.existing import containers
from shared.aws import Client, Json, what_aws_said
from shared.moments import iso, moment


def changed_artifacts(models: Iterable[Json], started_at: str, s3: Client, buckets: Iterable[str]) -> Iterator[str]:
    """Yield warnings about artifacts that are no longer those of the deployment that is restored.

    Nothing is refused: a rollback must not fail because of a check.

    Parameters
    ----------
    models : iterable of Json
        Bodies of CreateModel in its record.
    started_at : str
        Start of the deployment; ISO 8601.
    buckets : iterable of str
        Names of the buckets that the stack may read; artifacts in others are not checked.
    """
    known = set(buckets)
    for model in models:
        for artifact in _artifacts(model):
            if artifact.bucket in known:
                yield from (f"Model {model['ModelName']}: {problem}" for problem in _problems(artifact, started_at, s3))


def still_live(models: Iterable[Json], live: Iterable[Json]) -> Iterator[str]:
    """Yield warnings about artifacts with new content that a live model loads, too.

    Parameters
    ----------
    models : iterable of Json
        Bodies of CreateModel of the request's models.
    live : iterable of Json
        DescribeModel's answers for the models of the live config.
    """
    users = {artifact.uri: model["ModelName"] for model in live for artifact in _artifacts(model)}
    for model in models:
        for artifact in _artifacts(model):
            user = users.get(artifact.uri, model["ModelName"])
            if user != model["ModelName"]:
                yield (
                    f"Model {model['ModelName']}: the live model {user} has the same artifact {artifact.uri}, which "
                    f"was overwritten. If this deployment is rolled back, or an instance is replaced, {user} starts "
                    "with the new content. Upload each version under a key of its own."
                )


def _artifacts(model: Json) -> Iterator[Artifact]:
    for container in containers(model):
        # The models of a multi-model container may change while the endpoint runs.
        kind = MODELS if container.get("Mode") == "MultiModel" else ARCHIVE
        if kind == ARCHIVE and "ModelDataUrl" in container:
            yield Artifact("", container["ModelDataUrl"], kind)
        for source in (container.get("ModelDataSource", {}), *container.get("AdditionalModelDataSources", [])):
            given = source.get("S3DataSource")
            if given:
                yield Artifact("", given["S3Uri"], PREFIX if given["S3DataType"] == "S3Prefix" else OBJECT)


def _problems(artifact: Artifact, started_at: str, s3: Client) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=artifact.bucket, Prefix=artifact.key)
    try:
        objects = [
            each
            for page in pages
            for each in page.get("Contents", [])
            if artifact.kind == PREFIX or each["Key"] == artifact.key
        ]
    except ClientError as error:
        yield f"could not check whether {artifact.uri} has changed: {what_aws_said(error)}"
        return
    if not objects:
        yield f"{artifact.uri} no longer exists, so its containers cannot start. Upload it again."
        return
    newest = max(each["LastModified"] for each in objects)
    if newest > moment(started_at):
        yield (
            f"{artifact.uri} was written at {iso(newest)}, after the deployment that is restored: its containers load "
            "what is there now. Compare the versions of the object, and upload the former one again if they differ."
        )
