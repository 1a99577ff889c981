"""Pages of the Describe operations."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from local_aws.applicationautoscaling.registry import ValidationError
from local_aws.core.operations import Request


class InvalidNextTokenError(ServiceException):
    """A token that no page has given out."""

    code = "InvalidNextTokenException"


def paged(member: str, items: list[dict[str, Any]], request: Request, longest: int) -> dict[str, Any]:
    """The response with the page of `items` under `member` that the request's token and `MaxResults` ask for.

    `longest` is how many results a page may have, and has when the request does not say.
    """
    length = request.get("MaxResults", longest)
    if not 1 <= length <= longest:
        raise ValidationError(f"MaxResults must be between 1 and {longest}.")
    token = request.get("NextToken", "0")
    if not token.isdecimal():
        raise InvalidNextTokenError("The next token supplied was invalid.")
    start = int(token)
    end = start + length
    return {member: items[start:end], **({"NextToken": str(end)} if end < len(items) else {})}
