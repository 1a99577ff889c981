"""Pages of list operations whose token is the number of items before the page."""

from __future__ import annotations

from typing import Any


def page(
    member: str, items: list[dict[str, Any]], request: dict[str, Any], longest: int, invalid_token: Exception
) -> dict[str, Any]:
    """The page of `items` under `member` for the request's NextToken and MaxResults.

    Parameters
    ----------
    longest : int
        Length of a page without MaxResults.
    invalid_token : Exception
        Raised for a token that no page has returned.
    """
    token = request.get("NextToken", "0")
    if not token.isdecimal():
        raise invalid_token
    start = int(token)
    end = start + request.get("MaxResults", longest)
    return {member: items[start:end], **({"NextToken": str(end)} if end < len(items) else {})}
