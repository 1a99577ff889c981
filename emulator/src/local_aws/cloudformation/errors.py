"""Refusals of CloudFormation, and errors that end a deployment."""

from __future__ import annotations

from local_aws.core.errors import ApiError


class ValidationError(ApiError):
    """A request or a template that CloudFormation refuses before it changes a resource."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


class InsufficientCapabilitiesError(ApiError):
    """The template needs a capability that the request does not acknowledge."""

    def __init__(self, capability: str) -> None:
        super().__init__("InsufficientCapabilitiesException", f"Requires capabilities : [{capability}]")


class ResourceError(Exception):
    """A resource cannot be created, updated or deleted; the message is the reason in its event."""
