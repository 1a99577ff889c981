"""Errors of Application Auto Scaling (API reference, common errors of its operations)."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):
    """An invalid request."""

    code = "ValidationException"


class ObjectNotFoundError(ServiceException):
    """A missing target, policy or scheduled action."""

    code = "ObjectNotFoundException"


class ResourceNotFoundError(ServiceException):
    """A missing resource of a tag operation."""

    code = "ResourceNotFoundException"


class LimitExceededError(ServiceException):
    """A quota of the service is used up."""

    code = "LimitExceededException"
