"""Rules of CreateModel for containers, beyond the constraints of the API model.

API reference: ContainerDefinition, ImageConfig, CreateModel. Messages about images are AWS's, as users report them
(aws/sagemaker-pytorch-inference-toolkit pull request 7 for the Region). Where AWS does not publish its message, it is
this package's own (see the coverage page).
"""

from __future__ import annotations

import re
from typing import Any

from local_aws.core.operations import Request
from local_aws.sagemaker.names import ValidationError

Container = dict[str, Any]

LARGEST_ENVIRONMENT = 32 * 1024
_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/.+")


def containers_of(request: Request) -> list[Container]:
    """The containers of a model, in pipeline order.

    Raises
    ------
    ValidationError
        If the request has both PrimaryContainer and Containers, or neither.
    """
    if ("PrimaryContainer" in request) == bool(request.get("Containers")):
        raise ValidationError("Specify exactly one of PrimaryContainer and Containers.")
    return [request["PrimaryContainer"]] if "PrimaryContainer" in request else list(request["Containers"])


def validate(request: Request, region: str) -> None:
    """Check that the containers of a model are complete and do not contradict each other.

    Raises
    ------
    ValidationError
        If SageMaker would refuse them.
    """
    containers = containers_of(request)
    for container in containers:
        _validate_source(container)
        _validate_data(container)
        _validate_image(container, region)
    if "Containers" in request:
        _validate_hostnames(containers, request.get("InferenceExecutionConfig", {}).get("Mode", "Serial"))
    _require_small_environment(containers)


def _validate_source(container: Container) -> None:
    from_package = "ModelPackageName" in container
    if from_package == any(member in container for member in ("Image", "ModelDataUrl", "ModelDataSource")):
        raise ValidationError(
            "Specify one of either Image and Model Data URL or ModelPackageName in container definition."
        )
    if not from_package and "Image" not in container:
        raise ValidationError("Image is required in container definition without ModelPackageName.")
    if "InferenceSpecificationName" in container and not from_package:
        raise ValidationError("InferenceSpecificationName requires ModelPackageName in container definition.")


def _validate_data(container: Container) -> None:
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        raise ValidationError("Specify only one of ModelDataUrl and ModelDataSource in container definition.")
    if container.get("Mode") == "MultiModel":
        if "ModelDataSource" in container:
            raise ValidationError("ModelDataSource cannot be used with multi-model endpoints.")
        if "ModelDataUrl" not in container and "ModelPackageName" not in container:
            raise ValidationError("ModelDataUrl is required in container definition of Mode MultiModel.")
    channels = [each["ChannelName"] for each in container.get("AdditionalModelDataSources", ())]
    if len(set(channels)) < len(channels):
        raise ValidationError("ChannelName of AdditionalModelDataSources must be unique in container definition.")


def _validate_image(container: Container, region: str) -> None:
    """An image is in ECR, in the Region of the model, or in a private registry of its VPC."""
    config = container.get("ImageConfig", {})
    if config.get("RepositoryAccessMode") == "Vpc" or "Image" not in container:
        return
    if "RepositoryAuthConfig" in config:
        raise ValidationError("RepositoryAuthConfig can only be specified with RepositoryAccessMode Vpc.")
    image = container["Image"]
    found = _ECR.fullmatch(image)
    if found is None:
        raise ValidationError(f'Using non-ECR image "{image}" without Vpc repository access mode is not supported.')
    if found[1] != region:
        raise ValidationError(
            f'Region of "{image}" does not match expected region of {region}. Cross region ECR image pulls are not '
            "allowed."
        )


def _validate_hostnames(containers: list[Container], mode: str) -> None:
    """All containers of a pipeline have a name or none has (API reference, ContainerDefinition)."""
    named = [container["ContainerHostname"] for container in containers if "ContainerHostname" in container]
    if named and len(named) < len(containers):
        raise ValidationError("ContainerHostname must be specified for every container or for none.")
    if mode == "Direct" and not named:
        raise ValidationError("ContainerHostname is required for every container when the inference mode is Direct.")
    if len(set(named)) < len(named):
        raise ValidationError("ContainerHostname must be unique for each container.")


def _require_small_environment(containers: list[Container]) -> None:
    variables = [each for container in containers for each in container.get("Environment", {}).items()]
    size = sum(len(key.encode()) + len(value.encode()) for key, value in variables)
    if size > LARGEST_ENVIRONMENT:
        raise ValidationError(
            f"The keys and values of all environment maps have {size} bytes. The maximum is {LARGEST_ENVIRONMENT}."
        )
