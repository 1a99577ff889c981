"""Live and pending production variants, as DescribeEndpoint returns them."""

from __future__ import annotations

import random
from typing import Any

from local_aws.core.clock import clock
from local_aws.sagemaker import names, pools
from local_aws.sagemaker.configs import EndpointConfig
from local_aws.sagemaker.models import Model, digest_of
from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.pools import Pools
from local_aws.sagemaker.serving import Host, definitions
from local_aws.sagemaker.serving.definitions import HostedVariant

# developer guide, your-algorithms-inference-code and serverless-endpoints
HEALTH_CHECK_SECONDS = {"instance": 240.0, "serverless": 180.0}
_HEALTH_CHECK = "ContainerStartupHealthCheckTimeoutInSeconds"
_ECHOED = ("ManagedInstanceScaling", "RoutingConfig")


class Variant:
    """A variant of an endpoint.

    Attributes
    ----------
    specification : dict
        The ProductionVariant of the endpoint config.
    weight, instance_count, serverless : dict
        Each with the `Current` and the `Desired` value. `instance_count` is empty for a serverless variant,
        `serverless` for a variant with instances.
    pools : Pools
        Its current instances by type.
    active_count : int
        During a deployment of the variant: the instances with traffic.
    is_from_marketplace : bool
        Whether a container of its model comes from AWS Marketplace.
    idle_since : float or None
        The time since when managed instance scaling has an instance to release.
    """

    def __init__(self, backend: Backend, endpoint_name: str, specification: dict[str, Any]) -> None:
        self.name: str = specification["VariantName"]
        self.specification = specification
        self.weight = _both(specification["InitialVariantWeight"])
        self.instance_count = _both(specification.get("InitialInstanceCount"))
        self.serverless = _both(specification.get("ServerlessConfig"))
        self.pools = Pools(specification)
        self.pools.resize(specification.get("InitialInstanceCount", 0))
        self.active_count = 0
        self._status: list[dict[str, Any]] = []
        self.idle_since: float | None = None
        self._of_pools = pools.own_models(specification)
        self._models = _models(backend, specification)
        self._hosts = {name: _host(backend, endpoint_name, specification, each) for name, each in self._models.items()}
        self.is_from_marketplace = any(model.is_from_marketplace(backend) for model in self._models.values())
        self._images = [
            {"SpecifiedImage": image, "ResolvedImage": digest_of(image), "ResolutionTime": clock.utc()}
            for image in dict.fromkeys(image for model in self._models.values() for image in model.images(backend))
        ]

    @property
    def hosts(self) -> list[Host]:
        """What answers its invocations: a host for each model. A variant for inference components has none."""
        return list(self._hosts.values())

    def host(self, instance_type: str | None = None) -> Host:
        """What answers on instances of that type."""
        return self._hosts[self._model_name(instance_type)]

    def model(self, instance_type: str | None = None) -> Model:
        """The model on instances of that type, as it was when the variant was created: it can be deleted meanwhile."""
        return self._models[self._model_name(instance_type)]

    def any_type(self) -> str | None:
        """The instance type of one of its instances, at random; None for a serverless variant."""
        counts = self.pools.counts
        if not any(counts.values()):
            return next(iter(counts), None)
        return random.choices(list(counts), list(counts.values()))[0]  # noqa: S311

    def _model_name(self, instance_type: str | None) -> str:
        own: str = self.specification["ModelName"]
        return self._of_pools.get(instance_type, own) if instance_type else own

    @property
    def managed_scaling(self) -> dict[str, Any]:
        """Its ManagedInstanceScaling if that is enabled, otherwise empty."""
        managed: dict[str, Any] = self.specification.get("ManagedInstanceScaling", {})
        return managed if managed.get("Status") == "ENABLED" else {}

    @property
    def instance_type(self) -> str | None:
        """For example ``ml.m5.large``; None for a serverless variant, and for one with instance pools."""
        return self.specification.get("InstanceType")

    @property
    def has_pools(self) -> bool:
        """Whether its instances are from instance pools."""
        return "InstancePools" in self.specification

    @property
    def instance_types(self) -> list[str]:
        """The types of its instances, the highest priority first."""
        return list(self.pools.counts)

    def resize(self, count: int) -> None:
        """Set the current instances. Those that lack capacity are no longer desired."""
        self.pools.resize(count)
        available = count - self.pools.missing
        self.instance_count["Current"] = available
        if self.pools.missing:
            self.instance_count["Desired"] = available

    @property
    def units(self) -> dict[str, int]:
        """`Current` and `Desired` instances, or provisioned concurrency of a serverless variant (0 without any)."""
        if self.instance_count:
            return self.instance_count
        return {when: config.get("ProvisionedConcurrency", 0) for when, config in self.serverless.items()}

    @property
    def is_shrinking(self) -> bool:
        """Whether fewer units are desired than there are."""
        return self.units["Desired"] < self.units["Current"]

    def retain(self, live: Variant, properties: set[str]) -> None:
        """Copy the current `properties` (``DesiredWeight``, ``DesiredInstanceCount``) of the variant `live`."""
        if "DesiredWeight" in properties:
            self.weight = _both(live.weight["Desired"])
        if self.managed_scaling or "DesiredInstanceCount" in properties:
            self.take_over(live)

    def take_over(self, live: Variant) -> None:
        """Have as many instances as the variant `live` wants, as many of them idle."""
        self.idle_since = live.idle_since
        if self.instance_count and live.instance_count:
            self.instance_count = _both(live.instance_count["Desired"])
            self.pools.resize(self.instance_count["Desired"])

    def set_desired(self, desired: dict[str, Any]) -> None:
        """Set the desired values of UpdateEndpointWeightsAndCapacities. `apply_desired` makes them current."""
        if "DesiredWeight" in desired:
            self.weight["Desired"] = desired["DesiredWeight"]
        if "DesiredInstanceCount" in desired:
            self.instance_count["Desired"] = desired["DesiredInstanceCount"]
        if "ServerlessUpdateConfig" in desired:
            self.serverless["Desired"] = {**self.serverless["Desired"], **desired["ServerlessUpdateConfig"]}

    def apply_desired(self) -> None:
        """Make the desired values current and clear the status."""
        for values in (self.weight, self.serverless):
            if values:
                values["Current"] = values["Desired"]
        if self.instance_count:
            self.resize(self.instance_count["Desired"])
        self._status = []

    def show_status(self, status: str, message: str) -> None:
        """Show the progress of the variant (SageMaker API reference, ProductionVariantStatus)."""
        self._status = [{"Status": status, "StatusMessage": message, "StartTime": clock.utc()}]

    def describe(self) -> dict[str, Any]:
        """The variant's ProductionVariantSummary."""
        return {
            "VariantName": self.name,
            **({"DeployedImages": self._images} if self._models else {}),
            **self._sizes(),
            **self._pool_sizes(self.pools.counts),
            **{member: self.specification[member] for member in _ECHOED if member in self.specification},
            **({"VariantStatus": self._status} if self._status else {}),
        }

    def describe_pending(self) -> dict[str, Any]:
        """The variant's PendingProductionVariantSummary: how much of it has traffic."""
        active = self._pool_sizes(self.pools.first(self.active_count))
        described = {**self.describe(), **self._pending_sizes(), **active}
        described.pop("CurrentServerlessConfig", None)
        instance_type = self.instance_type
        return {**described, **({"InstanceType": instance_type} if instance_type else {})}

    def event_detail(self) -> dict[str, Any]:
        """The variant in an endpoint state change event."""
        return {"VariantName": self.name, **self._sizes()}

    def pending_event_detail(self) -> dict[str, Any]:
        """The variant in a deployment state change event while it is being deployed."""
        status = [{**each, "StartTime": int(each["StartTime"].timestamp() * 1000)} for each in self._status]
        return {**self.event_detail(), **self._pending_sizes(), "VariantStatus": status}

    def _pending_sizes(self) -> dict[str, Any]:
        count = {"CurrentInstanceCount": self.active_count} if self.instance_count else {}
        return {"CurrentWeight": self.weight["Desired"] if self.active_count else 0, **count}

    def _pool_sizes(self, counts: dict[str, int]) -> dict[str, Any]:
        return {"InstancePools": pools.summaries(counts)} if self.has_pools else {}

    def _sizes(self) -> dict[str, Any]:
        return {
            f"{when}{what}": values[when]
            for what, values in (
                ("Weight", self.weight),
                ("InstanceCount", self.instance_count),
                ("ServerlessConfig", self.serverless),
            )
            for when in values
        }


def of(backend: Backend, endpoint_name: str, config: EndpointConfig) -> tuple[list[Variant], list[Variant]]:
    """New production and shadow variants of the endpoint with the sizes of `config`."""
    return (
        [Variant(backend, endpoint_name, specification) for specification in config.production_variants],
        [Variant(backend, endpoint_name, specification) for specification in config.shadow_variants],
    )


def _models(backend: Backend, specification: dict[str, Any]) -> dict[str, Model]:
    """The variant's model, and those of its instance pools, by name."""
    return {name: names.find(backend, "model", name) for name in pools.models_of(specification)}


def _host(backend: Backend, endpoint_name: str, specification: dict[str, Any], model: Model) -> Host:
    kind = "serverless" if "ServerlessConfig" in specification else "instance"
    hosted = HostedVariant(
        region=backend.region_name,
        endpoint_name=endpoint_name,
        variant_name=specification["VariantName"],
        role_arn=model.request.get("ExecutionRoleArn"),
        is_isolated=model.request.get("EnableNetworkIsolation", False),
        health_check_seconds=specification.get(_HEALTH_CHECK, HEALTH_CHECK_SECONDS[kind]),
    )
    return Host(hosted, definitions.of(model.unpacked(backend)))


def _both(value: Any) -> dict[str, Any]:
    return {} if value is None else {"Current": value, "Desired": value}
