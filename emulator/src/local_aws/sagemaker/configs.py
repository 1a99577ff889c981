"""Endpoint configs: immutable descriptions of endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from local_aws.core.clock import clock
from local_aws.core.operations import Request
from local_aws.sagemaker import config_rules, names, pools
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.names import Backend

DEFAULT_WEIGHT = 1.0  # API reference, ProductionVariant: InitialVariantWeight


class EndpointConfig:
    """An endpoint config, as requested."""

    def __init__(self, backend: Backend, request: Request) -> None:
        self.endpoint_config_name: str = request["EndpointConfigName"]
        self.arn = names.arn(backend, "endpoint-config", self.endpoint_config_name)
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.creation_time: datetime = clock.utc()
        self.content = {member: value for member, value in request.items() if member != "Tags"}
        for group in ("ProductionVariants", "ShadowProductionVariants"):
            if group in self.content:
                self.content[group] = [
                    {"InitialVariantWeight": DEFAULT_WEIGHT, **variant} for variant in self.content[group]
                ]

    @property
    def production_variants(self) -> list[dict[str, Any]]:
        variants: list[dict[str, Any]] = self.content["ProductionVariants"]
        return variants

    @property
    def shadow_variants(self) -> list[dict[str, Any]]:
        variants: list[dict[str, Any]] = self.content.get("ShadowProductionVariants", [])
        return variants

    @property
    def kind(self) -> Literal["instance", "serverless"]:
        """``instance`` or ``serverless``. A config never mixes the two."""
        return "serverless" if "ServerlessConfig" in self.production_variants[0] else "instance"

    @property
    def model_names(self) -> list[str]:
        every = (*self.production_variants, *self.shadow_variants)
        return [name for variant in every for name in pools.models_of(variant)]

    @property
    def hosts_components(self) -> bool:
        """Whether its variants are for inference components: they have no models then."""
        return not self.model_names

    def describe(self) -> dict[str, Any]:
        return {"EnableNetworkIsolation": False, **self.content, **self.summary()}

    def summary(self) -> dict[str, Any]:
        return {
            "EndpointConfigName": self.endpoint_config_name,
            "EndpointConfigArn": self.arn,
            "CreationTime": self.creation_time,
        }


def create(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer CreateEndpointConfig. The request fits the API model.

    Raises
    ------
    ValidationError
        If the name is taken or `config_rules` refuses the request.
    """
    names.require_free(backend, "endpoint-config", request["EndpointConfigName"])
    config_rules.validate(backend, request)
    config = EndpointConfig(backend, request)
    names.add(backend, "endpoint-config", config.endpoint_config_name, config)
    return {"EndpointConfigArn": config.arn}


def delete(backend: Backend, request: Request) -> None:
    """Answer DeleteEndpointConfig. A config in use is deleted, too, as on AWS; `lifecycle` has the consequences."""
    names.remove(backend, "endpoint-config", request["EndpointConfigName"])


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    config: EndpointConfig = names.find(backend, "endpoint-config", request["EndpointConfigName"])
    return config.describe()


def _list(backend: Backend, request: Request) -> dict[str, Any]:
    found, token = listed(
        names.stored(backend, "endpoint-config").values(),
        request,
        name_of=lambda config: config.endpoint_config_name,
    )
    return {"EndpointConfigs": [config.summary() for config in found], **token}


OPERATIONS = {
    "CreateEndpointConfig": create,
    "DescribeEndpointConfig": _describe,
    "DeleteEndpointConfig": delete,
    "ListEndpointConfigs": _list,
}
