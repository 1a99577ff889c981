"""Endpoints: creation, scaling, description and deletion, each over time on the virtual clock (see `lifecycle`).

`updates` has UpdateEndpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local_aws.core.clock import clock
from local_aws.core.operations import Request
from local_aws.sagemaker import deployment_config, durations, lifecycle, names, pools, scalable_targets, variants
from local_aws.sagemaker.configs import EndpointConfig
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.names import Backend, ValidationError
from local_aws.sagemaker.serving import Failure, Host
from local_aws.sagemaker.variants import Variant

if TYPE_CHECKING:
    from local_aws.sagemaker.guardrails import Deployment

DEFAULT_PAGE = 10  # API reference, ListEndpoints
_FROM_CONFIG = ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig")

_deletion_listeners: list[Callable[[], object]] = []


@dataclass
class Pending:
    """A deployment in progress: its config, its future variants, and its guardrails if it has any.

    Attributes
    ----------
    lack_of_room : Failure or None
        Why the launch fails for lack of room for inference components; None if there is enough.
    """

    config: EndpointConfig
    variants: list[Variant]
    shadow_variants: list[Variant]
    start_time: datetime = field(default_factory=clock.utc)
    guarded: Deployment | None = None
    lack_of_room: Failure | None = None

    @property
    def hosts(self) -> list[Host]:
        """The hosts of all its variants."""
        return [host for variant in (*self.variants, *self.shadow_variants) for host in variant.hosts]

    @property
    def shortage(self) -> Failure | None:
        """Why the launch fails for lack of capacity or room; None if there is enough."""
        every = (*self.variants, *self.shadow_variants)
        seconds = max(each.pools.wait_seconds(each.instance_count.get("Desired", 0)) for each in every)
        return Failure(pools.NO_CAPACITY, seconds) if seconds else self.lack_of_room

    def describe(self) -> dict[str, Any]:
        """The endpoint's PendingDeploymentSummary."""
        shadow = {"ShadowProductionVariants": [variant.describe_pending() for variant in self.shadow_variants]}
        return {
            "EndpointConfigName": self.config.endpoint_config_name,
            "ProductionVariants": [variant.describe_pending() for variant in self.variants],
            "StartTime": self.start_time,
            **(shadow if self.shadow_variants else {}),
        }

    def event_detail(self) -> dict[str, Any]:
        """The pending deployment in a deployment state change event."""
        shadow = {"ShadowProductionVariants": [variant.pending_event_detail() for variant in self.shadow_variants]}
        return {
            "EndpointConfigName": self.config.endpoint_config_name,
            "StartTime": int(self.start_time.timestamp() * 1000),
            "ProductionVariants": [variant.pending_event_detail() for variant in self.variants],
            **(shadow if self.shadow_variants else {}),
        }


class Endpoint:
    """An endpoint.

    Attributes
    ----------
    config : EndpointConfig
        The live config. While the endpoint is being created, its first config.
    variants, shadow_variants : list[Variant]
        Live variants. Empty until the endpoint has been in service.
    pending : Pending or None
        The deployment in progress.
    """

    def __init__(self, backend: Backend, request: Request, config: EndpointConfig) -> None:
        self.endpoint_name: str = request["EndpointName"]
        self.arn = names.arn(backend, "endpoint", self.endpoint_name)
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.config = config
        self.variants: list[Variant] = []
        self.shadow_variants: list[Variant] = []
        self.pending: Pending | None = Pending(config, *variants.of(backend, self.endpoint_name, config))
        self.endpoint_status = "Creating"
        self.failure_reason: str | None = None
        self.creation_time = self.last_modified_time = clock.utc()
        self.last_deployment_config: dict[str, Any] | None = request.get("DeploymentConfig")

    @property
    def endpoint_config_name(self) -> str:
        """Name of the live config. During an update it is still the old one."""
        return self.config.endpoint_config_name

    def variant(self, name: str) -> Variant | None:
        """The live variant of that name, or None."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def config_of(self, variant: Variant) -> EndpointConfig:
        """The config of a live or pending variant."""
        pending = self.pending
        return pending.config if pending and variant in pending.variants else self.config

    @property
    def hosts(self) -> list[Host]:
        """The hosts of all live variants."""
        return [host for variant in (*self.variants, *self.shadow_variants) for host in variant.hosts]

    def apply_pending(self) -> None:
        """Make the pending deployment live, and end the old fleet."""
        assert self.pending is not None
        replaced = self.hosts
        for variant in self.pending.variants:
            live = self.variant(variant.name)
            if live and variant.managed_scaling:  # it scales during an update, too
                variant.take_over(live)
        self.config = self.pending.config
        self.variants, self.shadow_variants = self.pending.variants, self.pending.shadow_variants
        self.pending = None
        self.apply_desired()
        for host in replaced:
            host.end()

    def drop_pending(self) -> None:
        """End the new fleet of a deployment that has failed or was rolled back, if there is any."""
        for host in self.pending.hosts if self.pending else []:
            host.end()
        self.pending = None

    def end_hosts(self) -> None:
        """End all fleets of a deleted endpoint."""
        self.drop_pending()
        for host in self.hosts:
            host.end()

    def apply_desired(self) -> None:
        """Make the desired counts and weights current."""
        for variant in (*self.variants, *self.shadow_variants):
            variant.apply_desired()

    def apply_scaling(self) -> None:
        """Make the desired counts and weights current, as far as there is capacity."""
        self.apply_desired()
        if any(variant.pools.missing for variant in self.variants):
            self.failure_reason = pools.NO_CAPACITY

    def describe(self) -> dict[str, Any]:
        """The answer to DescribeEndpoint."""
        optional = {
            "ProductionVariants": [variant.describe() for variant in self.variants],
            "ShadowProductionVariants": [variant.describe() for variant in self.shadow_variants],
            "PendingDeploymentSummary": self.pending.describe() if self.pending else None,
            "FailureReason": self.failure_reason,
            "LastDeploymentConfig": self.last_deployment_config,
            "DataCaptureConfig": _data_capture_summary(self.config),
            **{member: self.config.content.get(member) for member in _FROM_CONFIG},
        }
        return {
            **self.summary(),
            "EndpointConfigName": self.endpoint_config_name,
            **{member: value for member, value in optional.items() if value},
        }

    def summary(self) -> dict[str, Any]:
        return {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "EndpointStatus": self.endpoint_status,
        }


def _data_capture_summary(config: EndpointConfig) -> dict[str, Any] | None:
    capture = config.content.get("DataCaptureConfig")
    if capture is None:
        return None
    enabled = capture.get("EnableCapture", True)  # API reference, DataCaptureConfig
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


def create(backend: Backend, request: Request) -> dict[str, Any]:
    """Answer CreateEndpoint. The request fits the API model. `DeploymentConfig` is stored for later updates."""
    names.require_free(backend, "endpoint", request["EndpointName"])
    config = deployable_config(backend, request)
    deployment_config.validate(request.get("DeploymentConfig", {}))
    endpoint = Endpoint(backend, request, config)
    names.add(backend, "endpoint", endpoint.endpoint_name, endpoint)
    show_launch(endpoint)
    seconds = durations.SECONDS[config.kind]
    lifecycle.begin(backend, endpoint, "create", seconds, endpoint.apply_pending)
    return {"EndpointArn": endpoint.arn}


def delete(backend: Backend, request: Request) -> None:
    """Answer DeleteEndpoint. The endpoint's scalable targets are deregistered if the caller has the right.

    Raises
    ------
    ValidationError
        If the endpoint is missing or in progress.
    AccessDenied
        If the caller must not deregister its scalable targets.
    """
    endpoint: Endpoint = names.find(backend, "endpoint", request["EndpointName"])
    require_not_in_progress(endpoint)
    scalable_targets.registry.deregister_endpoint(backend.account_id, backend.region_name, endpoint.endpoint_name)
    lifecycle.begin(backend, endpoint, "delete", lifecycle.DELETE_SECONDS, lambda: None)
    for listener in _deletion_listeners:
        listener()


def when_deleting(listener: Callable[[], object]) -> None:
    """Call `listener` after each accepted DeleteEndpoint."""
    _deletion_listeners.append(listener)


def scale(backend: Backend, endpoint: Endpoint, desired: dict[str, dict[str, Any]]) -> None:
    """Change weights or sizes of variants, by variant name. Each change is a DesiredWeightAndCapacity."""
    only_weights = all(set(change) <= {"VariantName", "DesiredWeight"} for change in desired.values())
    smaller, resized = False, []
    for name, change in desired.items():
        variant = endpoint.variant(name)
        assert variant is not None
        variant.set_desired(change)
        smaller = smaller or variant.is_shrinking
        count = change.get("DesiredInstanceCount")
        resized += [variant] if count is not None else []
        message = "Updating weights." if count is None else f"Scaling desired instance count to {count}."
        variant.show_status("Updating", message)
    scaling = durations.SECONDS["scaleIn" if smaller else "scaleOut"]
    seconds = lifecycle.WEIGHTS_SECONDS if only_weights else scaling
    seconds += max((variant.pools.wait_seconds(variant.instance_count["Desired"]) for variant in resized), default=0.0)
    lifecycle.begin(backend, endpoint, "scale", seconds, endpoint.apply_scaling)


def require_not_in_progress(endpoint: Endpoint) -> None:
    """Raise ``Cannot update in-progress endpoint "arn:…".`` if an operation is in progress."""
    if endpoint.endpoint_status in lifecycle.IN_PROGRESS:
        raise ValidationError(f'Cannot update in-progress endpoint "{endpoint.arn}".')


def require_changeable(endpoint: Endpoint) -> None:
    """Check that the endpoint has not failed and no operation is in progress (API reference, DescribeEndpoint)."""
    require_not_in_progress(endpoint)
    if endpoint.endpoint_status == "Failed":
        raise ValidationError(
            f'Cannot update endpoint "{endpoint.arn}" in status Failed. DeleteEndpoint is the only operation that can '
            "be performed on a failed endpoint."
        )


def deployable_config(backend: Backend, request: Request) -> EndpointConfig:
    """The config of the request. Raise if the config or one of its models is missing."""
    config: EndpointConfig = names.find(backend, "endpoint-config", request["EndpointConfigName"])
    for model_name in config.model_names:
        names.find(backend, "model", model_name)
    return config


def show_launch(endpoint: Endpoint) -> None:
    """Show that the instances of each pending variant are being launched."""
    assert endpoint.pending is not None
    for variant in (*endpoint.pending.variants, *endpoint.pending.shadow_variants):
        count = variant.instance_count.get("Desired")
        message = f"Launching {count} instance(s)." if count else "Creating serverless inference resources."
        variant.show_status("Creating", message)


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    endpoint: Endpoint = names.find(backend, "endpoint", request["EndpointName"])
    return endpoint.describe()


def _list(backend: Backend, request: Request) -> dict[str, Any]:
    found, token = listed(
        names.stored(backend, "endpoint").values(),
        request,
        name_of=lambda endpoint: endpoint.endpoint_name,
        page_length=DEFAULT_PAGE,
    )
    return {"Endpoints": [endpoint.summary() for endpoint in found], **token}


OPERATIONS = {
    "CreateEndpoint": create,
    "DescribeEndpoint": _describe,
    "DeleteEndpoint": delete,
    "ListEndpoints": _list,
}
