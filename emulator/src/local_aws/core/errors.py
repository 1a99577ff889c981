"""Errors of API calls that are independent of the service."""

from __future__ import annotations


class ApiError(Exception):
    """An AWS API error; the gateway sends it in the protocol of the called service.

    Attributes
    ----------
    code : str
        The error code that boto3 shows.
    message : str
        Message for the caller.
    status : int
        HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class AccessDenied(Exception):  # noqa: N818 - AWS's own name; each service has its own code for it
    """The caller lacks a permission. The gateway answers with the called service's error code.

    Attributes
    ----------
    message : str
        Message for the caller.
    action : str
        The denied action, as in policies.
    """

    def __init__(self, message: str, action: str) -> None:
        super().__init__(message)
        self.message = message
        self.action = action


class NotModelledError(ApiError):
    """AWS's behaviour is not modelled here. The call fails instead of a guess."""

    def __init__(self, message: str) -> None:
        super().__init__("NotImplemented", f"The local AWS does not model this: {message}", 501)
