"""The models that a request makes: each from where it is, as a body of CreateModel with the name of its content."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plan_deployment.environment import Services, Settings
from plan_deployment.models import artifacts, jobs
from plan_deployment.models.access import LIST, READ, Permission, require_access
from plan_deployment.models.artifacts import Artifact, Bucket, Content
from plan_deployment.models.bodies import default_role, package_container, with_name
from plan_deployment.models.findings import Findings, ModelFaultError
from plan_deployment.models.fit import Placement, placements_of, require_fit, require_room
from plan_deployment.models.images import Place, UnknownImageError, image_uri, processor_of
from plan_deployment.models.packages import package_version
from plan_deployment.request.model_rules import CONTAINER_MEMBERS, is_aws_owned
from shared.arns import partition_of, region_of
from shared.aws import Json
from shared.planning.faults import Fault, pointer_to

if TYPE_CHECKING:
    from plan_deployment.source.source import Source

NETWORK = ("VpcConfig", "EnableNetworkIsolation")


@dataclass(frozen=True)
class ResolvedModels:
    """The models of a request.

    Attributes
    ----------
    bodies : list of Json
        Bodies of CreateModel without tags, in the order of the models' keys.
    faults : list of Fault
        If there are any, the bodies are incomplete.
    warnings : list of str
        What could not be checked.
    """

    bodies: list[Json]
    faults: list[Fault]
    warnings: list[str]


@dataclass
class Container:
    """A container of a model, while it is put together."""

    pointer: str
    body: Json
    content: list[Any] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    job: jobs.TrainedModel | None = None


def resolved_models(
    requested: Mapping[str, Json], users: "Source", own_arn: str, services: Services, settings: Settings
) -> ResolvedModels:
    """Return the bodies of the models, resolved and checked in AWS.

    Parameters
    ----------
    requested : mapping of str to Json
        The request's `models`.
    users : Source
        The deployment whose variants or inference components name the models by their keys.
    own_arn : str
        Any ARN in the endpoint's account and Region.
    """
    resolution = _Resolution(users, own_arn, services, settings)
    bodies = [resolution.model(key, requested[key]) for key in sorted(requested)]
    return ResolvedModels(bodies, resolution.findings.faults, resolution.findings.warnings)


class _Resolution:
    """Resolves the models of one request, and collects their faults and warnings."""

    def __init__(self, users: "Source", own_arn: str, services: Services, settings: Settings) -> None:
        self.findings = Findings()
        self._users, self._own_arn, self._services, self._settings = users, own_arn, services, settings
        self._place = Place(partition_of(own_arn), region_of(own_arn))

    def model(self, key: str, requested: Json) -> Json:
        """Return the body of CreateModel; incomplete if the model has a fault."""
        pointer = pointer_to(["models", key])
        placements = placements_of(self._users.config, key, self._users.components)
        if "containers" in requested:
            containers = [
                self._container(f"{pointer}/containers/{index}", each, placements)
                for index, each in enumerate(requested["containers"])
            ]
            mode = {"Mode": requested.get("mode", "serial").capitalize()}
            body: Json = {"Containers": [each.body for each in containers], "InferenceExecutionConfig": mode}
        else:
            containers = [self._container(pointer, requested, placements)]
            body = {"PrimaryContainer": containers[0].body}
        job = containers[0].job
        body |= job.network if job else {}
        body |= {member: requested[member] for member in NETWORK if member in requested}
        with self.findings.collected():
            role = self._role(pointer, requested, job)
            body["ExecutionRoleArn"] = role
            permissions = [permission for each in containers for permission in each.permissions]
            if permissions:
                require_access(self._services.iam(), role, permissions, pointer, self.findings)
        return with_name(key, body, [each.content for each in containers])

    def _container(self, pointer: str, requested: Json, placements: list[Placement]) -> Container:
        """Return the container; a fault in one of its parts does not hide those of the others."""
        container = Container(pointer, {name: requested[name] for name in CONTAINER_MEMBERS if name in requested})
        container.body |= _model_data(requested)
        image = requested.get("image")
        if "package" in requested:
            with self.findings.collected():
                self._add_package(container, requested["package"])
        elif "trainingJob" in requested or "tuningJob" in requested:
            with self.findings.collected():
                self._add_job(container, requested, placements)
            image = image or (container.job.image if container.job else None)
        for artifact in _artifacts(pointer, requested):
            with self.findings.collected():
                self._add_artifact(container, artifact, placements)
        if image is not None:
            with self.findings.collected():
                self._add_image(container, image, placements)
        return container

    def _add_package(self, container: Container, package: str | Json) -> None:
        accounts = self._settings.package_accounts
        pointer = f"{container.pointer}/package"
        arn, created_at = package_version(self._services.sagemaker, package, pointer, accounts, self._own_arn)
        container.body = package_container(arn, container.body)
        container.content.append(created_at)

    def _add_job(self, container: Container, requested: Json, placements: list[Placement]) -> None:
        sagemaker = self._services.sagemaker
        if "tuningJob" in requested:
            pointer = f"{container.pointer}/tuningJob"
            name = jobs.best_training_job(sagemaker, requested["tuningJob"], pointer)
        else:
            pointer, name = f"{container.pointer}/trainingJob", requested["trainingJob"]
        job = jobs.trained_model(sagemaker, name, pointer, self.findings)
        container.job = job
        container.content.append(job.arn)
        environment = job.environment | container.body.get("Environment", {})
        container.body |= {"Environment": environment} if environment else {}
        for artifact in job.artifacts:
            with self.findings.collected():
                self._add_artifact(container, artifact, placements)
        container.body |= _trained_data(job.artifacts[0])

    def _add_artifact(self, container: Container, artifact: Artifact, placements: list[Placement]) -> None:
        bucket = Bucket(self._services.s3(), self._settings.artifact_buckets, self._place.region)
        content = bucket.content(artifact, self.findings)
        if artifact.kind != artifacts.MODELS:  # which are loaded one by one
            require_room(content.size, placements, artifact.pointer)
        container.content.append(content.hash)
        container.permissions += self._permissions(artifact, content)

    def _permissions(self, artifact: Artifact, content: Content) -> Iterator[Permission]:
        bucket = f"arn:{self._place.partition}:s3:::{artifact.bucket}"
        yield Permission(READ, f"{bucket}/{content.keys[0]}")
        if artifact.kind in (artifacts.PREFIX, artifacts.MODELS):
            yield Permission(LIST, bucket)

    def _add_image(self, container: Container, image: str | Json, placements: list[Placement]) -> None:
        pointer = f"{container.pointer}/image"
        if isinstance(image, dict):
            processors = {processor_of(placement.instance_type) for placement in placements}
            try:
                image = image_uri(image, processors, self._place)
            except UnknownImageError as error:
                self.findings.faults.append(error.fault(pointer))
                return
        require_fit(image, placements, self._place.region, pointer)
        container.body["Image"] = image

    def _role(self, pointer: str, requested: Json, job: jobs.TrainedModel | None) -> str:
        roles = self._settings.model_role_arns
        given = requested.get("ExecutionRoleArn")
        if given in roles:
            return str(given)
        remedy = "Deploy the stack with the role in the parameter ModelExecutionRoleArns"
        at = f"{pointer}/ExecutionRoleArn"
        if given:
            raise ModelFaultError(at, f"the stack cannot give models the role {given}", remedy)
        if job and job.role_arn in roles:
            return job.role_arn
        if not roles:
            problem = "the model has no execution role, and the stack has none for models"
            raise ModelFaultError(at, problem, f"{remedy}, or with CreateArtifactBucket=true")
        if job:
            self.findings.warnings.append(
                f"{pointer}: the model gets the role {roles[0]}, because the job's role {job.role_arn} is not in the "
                "parameter ModelExecutionRoleArns."
            )
        return default_role(roles)


def _model_data(requested: Json) -> Json:
    """Return the members of a container for the model that the request names."""
    if "multiModel" in requested:
        return {"Mode": "MultiModel", "ModelDataUrl": requested["multiModel"]}
    return {"ModelDataUrl": requested["artifact"]} if "artifact" in requested else {}


def _trained_data(artifact: Artifact) -> Json:
    """Return the members of a container for the model that a training job has stored."""
    if artifact.kind == artifacts.ARCHIVE:
        return {"ModelDataUrl": artifact.uri}
    source = {"S3Uri": artifact.uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
    return {"ModelDataSource": {"S3DataSource": source}}


def _artifacts(pointer: str, requested: Json) -> Iterator[Artifact]:
    """Yield the artifacts that a container of a request names."""
    if "artifact" in requested:
        yield Artifact(f"{pointer}/artifact", requested["artifact"], artifacts.ARCHIVE)
    if "multiModel" in requested:
        yield Artifact(f"{pointer}/multiModel", requested["multiModel"], artifacts.MODELS)
    sources = [(f"{pointer}/ModelDataSource", requested.get("ModelDataSource", {}))]
    for index, source in enumerate(requested.get("AdditionalModelDataSources", [])):
        sources.append((f"{pointer}/AdditionalModelDataSources/{index}", source))
    for place, source in sources:
        given = source.get("S3DataSource")
        if given and not is_aws_owned(given):
            yield Artifact(f"{place}/S3DataSource/S3Uri", given["S3Uri"], _kind(given))


def _kind(source: Json) -> artifacts.Kind:
    if source["S3DataType"] == "S3Prefix":
        return artifacts.PREFIX
    return artifacts.ARCHIVE if source["CompressionType"] == "Gzip" else artifacts.OBJECT
