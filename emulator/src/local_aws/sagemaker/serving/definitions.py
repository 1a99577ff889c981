"""Containers of a model, as CreateModel and the model registry define them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.packages import find_package
from local_aws.sagemaker.serving.messages import PRIMARY


@dataclass(frozen=True)
class Data:
    """Model data in S3: one ``tar.gz``, one ``object``, or all objects below a ``prefix``."""

    uri: str
    kind: Literal["tar.gz", "object", "prefix"]


@dataclass(frozen=True)
class Definition:
    """A container.

    Attributes
    ----------
    name : str
        ``primary``, or the hostname of one of several containers.
    data : Data or None
        The model data. Of a multi-model container, the prefix of its models.
    """

    name: str
    image: str
    environment: Mapping[str, str] = field(default_factory=dict)
    data: Data | None = None
    is_multi_model: bool = False


@dataclass(frozen=True)
class Site:
    """The variant that containers run for.

    Attributes
    ----------
    mode : str
        How invocations reach several containers: one after the other, or one of them directly.
    health_check_seconds : float
        Time that a container has until it must answer /ping.
    """

    region: str
    endpoint_name: str
    variant_name: str
    role_arn: str | None = None
    mode: Literal["Serial", "Direct"] = "Serial"
    health_check_seconds: float = 240.0  # developer guide, your-algorithms-inference-code: four minutes


def of(backend: Backend, containers: list[dict[str, Any]]) -> list[Definition]:
    """The containers that run for the ContainerDefinitions of a model, in pipeline order."""
    resolved = [inner for outer in containers for inner in _resolved(backend, outer)]
    return [_definition(container, position, len(resolved)) for position, container in enumerate(resolved, 1)]


def _resolved(backend: Backend, container: dict[str, Any]) -> list[dict[str, Any]]:
    """The containers of the model package, with the variables of the model; otherwise the container itself."""
    if "ModelPackageName" not in container:
        return [container]
    content = find_package(backend, container["ModelPackageName"]).content
    name = container.get("InferenceSpecificationName")
    additional = {each["Name"]: each for each in content.get("AdditionalInferenceSpecifications", [])}
    specification = additional.get(name) or content.get("InferenceSpecification", {})
    hostname = {"ContainerHostname": container["ContainerHostname"]} if "ContainerHostname" in container else {}
    return [
        {**inner, **hostname, "Environment": {**inner.get("Environment", {}), **container.get("Environment", {})}}
        for inner in specification.get("Containers", [])
    ]


def _definition(container: dict[str, Any], position: int, count: int) -> Definition:
    name = PRIMARY if count == 1 else container.get("ContainerHostname", f"container_{position}")
    is_multi_model = container.get("Mode") == "MultiModel"
    return Definition(
        name, container.get("Image", ""), container.get("Environment", {}), _data(container), is_multi_model
    )


def _data(container: dict[str, Any]) -> Data | None:
    if "ModelDataUrl" in container:
        return Data(container["ModelDataUrl"], "tar.gz")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return None
    if source["CompressionType"] == "Gzip":
        return Data(source["S3Uri"], "tar.gz")
    return Data(source["S3Uri"], "object" if source["S3DataType"] == "S3Object" else "prefix")
