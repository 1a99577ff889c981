"""Containers of a model, as CreateModel and the model registry define them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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
        ``primary``, or the hostname of one of several containers, by default ``container-2``.
    data : Data or None
        The model data. Of a multi-model container, the prefix of its models.
    """

    name: str
    image: str
    environment: Mapping[str, str] = field(default_factory=dict)
    data: Data | None = None
    is_multi_model: bool = False


@dataclass(frozen=True)
class HostedVariant:
    """The variant that containers run for.

    Attributes
    ----------
    component_name : str or None
        The inference component on the variant; None for the variant itself.
    health_check_seconds : float
        Time that a container has until it must answer /ping.
    is_isolated : bool
        Whether the containers have no network (EnableNetworkIsolation).
    """

    region: str
    endpoint_name: str
    variant_name: str
    component_name: str | None = None
    role_arn: str | None = None
    is_isolated: bool = False
    health_check_seconds: float = 240.0  # developer guide, your-algorithms-inference-code: four minutes


def of(containers: list[dict[str, Any]]) -> list[Definition]:
    """The containers that run for ContainerDefinitions, in pipeline order."""
    return [_definition(container, position, len(containers)) for position, container in enumerate(containers, 1)]


def _definition(container: dict[str, Any], position: int, count: int) -> Definition:
    name = PRIMARY if count == 1 else container.get("ContainerHostname", f"container-{position}")
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
