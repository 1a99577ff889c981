"""Errors of EventBridge Scheduler (API reference, errors of its operations)."""

from __future__ import annotations

from local_aws.core.errors import ApiError


def invalid(message: str) -> ApiError:
    """The error for an invalid request."""
    return ApiError("ValidationException", message)


def exists(what: str) -> ApiError:
    """The error for a name that is in use."""
    return ApiError("ConflictException", f"{what} already exists.", 409)


def not_found(what: str) -> ApiError:
    """The error for a missing group or schedule."""
    return ApiError("ResourceNotFoundException", f"{what} does not exist.", 404)
