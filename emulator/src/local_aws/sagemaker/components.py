"""Inference components: copies of a model on the instances of an endpoint, as SageMaker describes and lists them.

SageMaker API reference, CreateInferenceComponent, DescribeInferenceComponent. `component_changes` changes them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from local_aws.core.clock import clock
from local_aws.core.operations import Request
from local_aws.sagemaker import names
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.listing import listed
from local_aws.sagemaker.models import digest_of
from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.serving import Host
from local_aws.sagemaker.serving.definitions import HostedVariant
from local_aws.sagemaker.serving.images import REMEDY

KIND = "inference-component"
DEFAULT_PAGE = 10  # API reference, ListInferenceComponents

Specification = dict[str, Any]


class Component:
    """An inference component.

    Attributes
    ----------
    content : dict
        ``Specification`` or ``Specifications``, as requested.
    copies : dict
        `Current` and `Desired` copies. Both are 0 for an adapter, which has none of its own.
    host : Host
        Answers its invocations: its containers while it has copies, otherwise only the answers that are set.
    pending_host : Host or None
        The containers that start.
    phase : str
        What it does now, as refusals name it: ``CREATE_IN_PROGRESS``, ``UPDATE_RC_IN_PROGRESS``.
    """

    def __init__(self, backend: Backend, request: Request, endpoint: Endpoint, variant_name: str) -> None:
        self.name: str = request["InferenceComponentName"]
        self.arn = names.arn(backend, KIND, self.name)
        self.tags: list[dict[str, str]] = request.get("Tags", [])
        self.endpoint_name, self.endpoint_arn = endpoint.endpoint_name, endpoint.arn
        self.variant_name = variant_name
        self.content = content_of(request)
        self.copies = {"Current": 0, "Desired": request.get("RuntimeConfig", {}).get("CopyCount", 0)}
        self._region = backend.region_name
        self.host = self._without_containers()
        self.pending_host: Host | None = None
        self.status, self.phase = "Creating", "CREATE_IN_PROGRESS"
        self.failure_reason: str | None = None
        self.last_deployment_config: dict[str, Any] | None = None
        self.creation_time: datetime = clock.utc()
        self.last_modified_time = self.creation_time

    @property
    def base_name(self) -> str | None:
        """The component that an adapter belongs to; None for any other component."""
        found: str | None = specifications(self.content)[0].get("BaseInferenceComponentName")
        return found

    def settle_host(self, *, succeeded: bool) -> None:
        """Put the containers that were started in place of the others, or end them; end all without copies."""
        if self.pending_host is not None:
            kept, ended = (self.pending_host, self.host) if succeeded else (self.host, self.pending_host)
            self.host, self.pending_host = kept, None
            ended.end()
        if not self.copies["Current"]:
            self.end_hosts()

    def end_hosts(self) -> None:
        """End all containers."""
        for host in filter(None, (self.host, self.pending_host)):
            host.end()
        self.host, self.pending_host = self._without_containers(), None

    def _without_containers(self) -> Host:
        hosted = HostedVariant(self._region, self.endpoint_name, self.variant_name, self.name)
        reason = "is an adapter, and no container here loads adapters" if self.base_name else "has no container"
        return Host(hosted, [], f"Inference component {self.name} {reason}. {REMEDY}")

    def describe(self) -> dict[str, Any]:
        """The answer to DescribeInferenceComponent."""
        optional = {
            "FailureReason": self.failure_reason,
            "LastDeploymentConfig": self.last_deployment_config,
            "RuntimeConfig": None if self.base_name else {f"{when}CopyCount": n for when, n in self.copies.items()},
        }
        return {
            **self.summary(),
            **_described(self.content),
            **{member: value for member, value in optional.items() if value is not None},
        }

    def summary(self) -> dict[str, Any]:
        return {
            "InferenceComponentName": self.name,
            "InferenceComponentArn": self.arn,
            "InferenceComponentStatus": self.status,
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.endpoint_arn,
            "VariantName": self.variant_name,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
        }


def content_of(request: Request) -> dict[str, Any]:
    """The request's ``Specification`` or ``Specifications``; empty without either."""
    return {member: request[member] for member in ("Specification", "Specifications") if member in request}


def specifications(content: dict[str, Any]) -> list[Specification]:
    """The one specification, or one for each instance type."""
    found: list[Specification] = content.get("Specifications") or [content["Specification"]]
    return found


def specification_for(content: dict[str, Any], instance_type: str | None) -> Specification:
    """That of the instance type, otherwise the first."""
    every = specifications(content)
    return next((each for each in every if each.get("InstanceType") == instance_type), every[0])


def find(backend: Backend, name: str) -> Component:
    """The component of that name.

    Raises
    ------
    ValidationError
        ``Could not find inference component "arn:…".`` if it is missing.
    """
    found: Component = names.find(backend, KIND, name)
    return found


def of_endpoint(backend: Backend, endpoint_name: str) -> list[Component]:
    """The components of an endpoint, in the order of their creation."""
    every: list[Component] = list(names.stored(backend, KIND).values())
    return [each for each in every if each.endpoint_name.lower() == endpoint_name.lower()]


def _described(content: dict[str, Any]) -> dict[str, Any]:
    if "Specifications" in content:
        return {"Specifications": [_summary_of(each) for each in content["Specifications"]]}
    return {"Specification": _summary_of(content["Specification"])}


def _summary_of(specification: Specification) -> dict[str, Any]:
    if "Container" not in specification:
        return specification
    container = dict(specification["Container"])
    image = container.pop("Image", None)
    if image:
        container["DeployedImage"] = {
            "SpecifiedImage": image,
            "ResolvedImage": digest_of(image),
            "ResolutionTime": clock.utc(),
        }
    return {**specification, "Container": container}


def _describe(backend: Backend, request: Request) -> dict[str, Any]:
    return find(backend, request["InferenceComponentName"]).describe()


def _list(backend: Backend, request: Request) -> dict[str, Any]:
    wanted = {"EndpointNameEquals": "endpoint_name", "VariantNameEquals": "variant_name"}
    chosen = [
        each
        for each in names.stored(backend, KIND).values()
        if all(getattr(each, field) == request[member] for member, field in wanted.items() if member in request)
    ]
    found, token = listed(
        chosen,
        request,
        name_of=lambda component: component.name,
        status_of=lambda component: component.status,
        page_length=DEFAULT_PAGE,
    )
    return {"InferenceComponents": [each.summary() for each in found], **token}


OPERATIONS = {"DescribeInferenceComponent": _describe, "ListInferenceComponents": _list}
