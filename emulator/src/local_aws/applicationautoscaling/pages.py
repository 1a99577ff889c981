"""Pages of the Describe operations."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from local_aws.applicationautoscaling.errors import ValidationError
from local_aws.core import pages
from local_aws.core.operations import Request


class InvalidNextTokenError(ServiceException):
    """A token that no page has returned."""

    code = "InvalidNextTokenException"


def paged(member: str, items: list[dict[str, Any]], request: Request, longest: int) -> dict[str, Any]:
    """The page of `items` under `member` for the request's token and `MaxResults`.

    `longest` is the maximum and the default length of a page.
    """
    length = request.get("MaxResults", longest)
    if not 1 <= length <= longest:
        raise ValidationError(f"MaxResults must be between 1 and {longest}.")
    return pages.page(member, items, request, longest, InvalidNextTokenError("The next token supplied was invalid."))
