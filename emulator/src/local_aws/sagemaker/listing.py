"""Filters, order and pages of the List operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from local_aws.core.errors import NotModelledError
from local_aws.core.operations import Request, moment
from local_aws.sagemaker.names import ValidationError

Resource = Any
LONGEST_PAGE = 100


def listed(
    resources: Iterable[Resource],
    request: Request,
    *,
    name_of: Callable[[Resource], str],
    status_of: Callable[[Resource], str] = lambda resource: resource.endpoint_status,
    default_order: str = "Descending",
    page_length: int = LONGEST_PAGE,
) -> tuple[list[Resource], dict[str, str]]:
    """One page of `resources`, by the request's filters, order and token.

    Resources of the same moment are in the order of `resources`, which is that of their creation.

    Returns
    -------
    tuple[list, dict]
        The resources, and the `NextToken` member of the response (empty on the last page).
    """
    chosen = [resource for resource in resources if _passes(resource, name_of(resource), status_of, request)]
    keys: dict[str, Callable[[Resource], Any]] = {
        "Name": name_of,
        "CreationTime": lambda resource: resource.creation_time,
        "Status": status_of,
    }
    order = request.get("SortOrder", default_order)
    sort_by = request.get("SortBy", "CreationTime")
    if sort_by not in keys:
        raise NotModelledError(f"SortBy {sort_by}")
    chosen.sort(key=keys[sort_by])
    return page(chosen[::-1] if order == "Descending" else chosen, request, page_length)


def page(items: list[Any], request: Request, page_length: int = LONGEST_PAGE) -> tuple[list[Any], dict[str, str]]:
    """The page of `items` for the request's token and `MaxResults`, and the `NextToken` of the next page."""
    start = _position(request.get("NextToken", "0"))
    end = start + request.get("MaxResults", page_length)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def _position(token: str) -> int:
    if not token.isdecimal():
        raise ValidationError("Invalid pagination token.")
    return int(token)


def _passes(resource: Resource, name: str, status_of: Callable[[Resource], str], request: Request) -> bool:
    tests: dict[str, Callable[[Any], bool]] = {
        "NameContains": lambda part: part.lower() in name.lower(),
        "StatusEquals": lambda status: status_of(resource) == status,
        "CreationTimeAfter": lambda after: resource.creation_time >= moment(after),
        "CreationTimeBefore": lambda before: resource.creation_time < moment(before),
        "LastModifiedTimeAfter": lambda after: resource.last_modified_time >= moment(after),
        "LastModifiedTimeBefore": lambda before: resource.last_modified_time < moment(before),
    }
    return all(test(request[member]) for member, test in tests.items() if member in request)
