"""SageMaker models: CreateModel and related operations, with checks that moto lacks."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.operations import Request
from local_aws.sagemaker import container_rules, model_data, names, state_changes
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.packages import find_package
from local_aws.sagemaker.trust import require_assumable


class Model:
    """A model, as requested."""

    def __init__(self, backend: Backend, request: Request) -> None:
        self.model_name: str = request["ModelName"]
        self.arn = names.arn(backend, "model", self.model_name)
        self.request = request
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.creation_time: datetime = clock.utc()

    @property
    def containers(self) -> list[dict[str, Any]]:
        """The container definitions, in pipeline order."""
        return container_rules.containers_of(self.request)

    def describe(self) -> dict[str, Any]:
        described = {"EnableNetworkIsolation": False, **self.request}
        described.pop("Tags", None)
        if "PrimaryContainer" in self.request:
            described["PrimaryContainer"] = _as_described(self.request["PrimaryContainer"])
        else:
            described["Containers"] = [_as_described(container) for container in self.containers]
            described.setdefault("InferenceExecutionConfig", {"Mode": "Serial"})
        return {**described, **self.summary()}

    def summary(self) -> dict[str, Any]:
        return {"ModelName": self.model_name, "ModelArn": self.arn, "CreationTime": self.creation_time}

    def unpacked(self, backend: Backend) -> list[dict[str, Any]]:
        """The containers, with those of the package in place of a container of a model package.

        They get the container's hostname and its variables in addition to their own (aws/sagemaker-python-sdk 3581).
        """
        found: list[dict[str, Any]] = []
        for container in self.containers:
            if "ModelPackageName" in container:
                package = find_package(backend, container["ModelPackageName"])
                hostname = {name: container[name] for name in ("ContainerHostname",) if name in container}
                for inner in package.containers(container.get("InferenceSpecificationName")):
                    variables = {**inner.get("Environment", {}), **container.get("Environment", {})}
                    found.append({**inner, **hostname, "Environment": variables})
            else:
                found.append(container)
        return found

    def images(self, backend: Backend) -> list[str]:
        """Images of the containers. A container of a model package has the package's images."""
        return [container["Image"] for container in self.unpacked(backend) if "Image" in container]

    def is_from_marketplace(self, backend: Backend) -> bool:
        """Whether a container's model package is certified for AWS Marketplace."""
        packages = [container["ModelPackageName"] for container in self.containers if "ModelPackageName" in container]
        return any(find_package(backend, name).content.get("CertifyForMarketplace") for name in packages)


def digest_of(image: str) -> str:
    """A digest of the shape of Docker's, derived from the image's name: no registry is asked."""
    registry, slash, name = image.rpartition("/")
    repository = re.split("[:@]", name)[0]
    return f"{registry}{slash}{repository}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def create(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer CreateModel. The request fits the API model.

    Raises
    ------
    ValidationError
        If the name is taken, containers contradict each other, a model package is missing or not approved,
        SageMaker cannot assume the role, or the role cannot read the model data.
    """
    names.require_free(backend, "model", request["ModelName"])
    container_rules.validate(request, backend.region_name)
    model = Model(backend, request)
    for container in model.containers:
        _require_approved(backend, container)
    role_arn = request.get("ExecutionRoleArn")
    if role_arn is not None:
        require_assumable(role_arn, model.arn)
    for container in model.unpacked(backend):
        for location in model_data.locations(container):
            model_data.require_readable(backend, role_arn, location)
    names.add(backend, "model", model.model_name, model)
    state_changes.model_changed(model)
    return {"ModelArn": model.arn}


def _require_approved(backend: Backend, container: dict[str, Any]) -> None:
    if "ModelPackageName" not in container:
        return
    package = find_package(backend, container["ModelPackageName"])
    if "Environment" in container and package.content.get("CertifyForMarketplace"):
        raise ValidationError(
            "Environment variable map cannot be specified when using a ModelPackage subscribed from AWS Marketplace."
        )
    status = package.content.get("ModelApprovalStatus")
    if package.version and status != "Approved":
        raise ValidationError(
            f'Cannot create a model from model package "{package.arn}": its approval status is {status}, not Approved.'
        )


def _as_described(container: dict[str, Any]) -> dict[str, Any]:
    return {"Mode": "SingleModel", "Environment": {}, **container}


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    model: Model = names.find(backend, "model", request["ModelName"])
    return model.describe()


def delete(backend: Backend, request: Request) -> None:
    """Answer DeleteModel. Endpoints with the model keep running."""
    state_changes.model_changed(names.remove(backend, "model", request["ModelName"]))


def _list(backend: Backend, request: Request) -> dict[str, Any]:
    found, token = listed(names.stored(backend, "model").values(), request, name_of=lambda model: model.model_name)
    return {"Models": [model.summary() for model in found], **token}


OPERATIONS = {
    "CreateModel": create,
    "DescribeModel": _describe,
    "DeleteModel": delete,
    "ListModels": _list,
}
