"""Errors that the emulator itself answers an API call with, whatever service was called."""

from __future__ import annotations


class ApiError(Exception):
    """An AWS API error; the gateway sends it in the protocol of the service that was called.

    Attributes
    ----------
    code : str
        The error code, as boto3 shows it.
    message : str
        The text for the caller.
    status : int
        HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class AccessDenied(Exception):  # noqa: N818 - AWS's own name; each service has its own code for it
    """The caller may not do what it asks for; the gateway says so with the called service's own code.

    Attributes
    ----------
    message : str
        The text for the caller.
    action : str
        The action that is not allowed, as policies name it.
    """

    def __init__(self, message: str, action: str) -> None:
        super().__init__(message)
        self.message = message
        self.action = action


class NotModelledError(ApiError):
    """The local AWS cannot tell what AWS would do here, and says so instead of guessing."""

    def __init__(self, message: str) -> None:
        super().__init__("NotImplemented", f"The local AWS does not model this: {message}", 501)
