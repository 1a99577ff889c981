"""SageMaker models: CreateModel and related operations, with checks that moto lacks."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any

from moto.iam.models import iam_backends

from local_aws.core.clock import clock
from local_aws.core.operations import Request
from local_aws.sagemaker import names, state_changes
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.packages import find_package
from local_aws.sagemaker.trust import may_be_assumed_by_sagemaker


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
        only = self.request.get("PrimaryContainer")
        return [only] if only else list(self.request["Containers"])

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

    def images(self, backend: Backend) -> list[str]:
        """Images of the containers. A container of a model package has the package's images."""
        found: list[str] = []
        for container in self.containers:
            if "ModelPackageName" in container:
                package = find_package(backend, container["ModelPackageName"])
                specification = package.content.get("InferenceSpecification", {})
                found += [inner["Image"] for inner in specification.get("Containers", []) if "Image" in inner]
            else:
                found.append(container["Image"])
        return found

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
        If the name is taken, containers contradict each other, SageMaker cannot assume the role, or a model
        package is missing or not approved.
    """
    names.require_free(backend, "model", request["ModelName"])
    if ("PrimaryContainer" in request) == bool(request.get("Containers")):
        raise ValidationError("Specify exactly one of PrimaryContainer and Containers.")
    model = Model(backend, request)
    for container in model.containers:
        _validate(backend, container)
    if "ExecutionRoleArn" in request:
        _require_role(backend, request["ExecutionRoleArn"])
    names.add(backend, "model", model.model_name, model)
    state_changes.model_changed(model)
    return {"ModelArn": model.arn}


def _validate(backend: Backend, container: dict[str, Any]) -> None:
    from_package = "ModelPackageName" in container
    if from_package == ("Image" in container or "ModelDataUrl" in container):
        raise ValidationError(
            "Specify one of either Image and Model Data URL or ModelPackageName in container definition."
        )
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        raise ValidationError("Specify only one of ModelDataUrl and ModelDataSource in container definition.")
    if not from_package:
        if "Image" not in container:
            raise ValidationError("Image is required in container definition without ModelPackageName.")
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


def _require_role(backend: Backend, role_arn: str) -> None:
    roles = iam_backends[backend.account_id][backend.partition].roles.values()
    role = next((role for role in roles if role.arn == role_arn), None)
    if role is None or not may_be_assumed_by_sagemaker(role.assume_role_policy_document):
        raise ValidationError(
            f'The execution role ARN "{role_arn}" is invalid. Please ensure that the role exists and that its trust '
            'relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com".'
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
