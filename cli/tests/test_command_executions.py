"""Reading the history of an execution."""

from collections.abc import Iterator
from typing import Any

import pytest

from slipway import executions


class Session:
    """A session whose Step Functions has a history of some events, and counts the pages that are read.

    `more` events happen before each further page.
    """

    def __init__(self, events: int, more: int = 0) -> None:
        self._ids = range(1, events + 1)
        self._more = more
        self.pages = 0

    def client(self, _: str) -> "Session":
        return self

    def get_paginator(self, _: str) -> "Session":
        return self

    def paginate(self, *, executionArn: str, reverseOrder: bool, PaginationConfig: Any) -> Iterator[Any]:  # noqa: N803
        assert reverseOrder
        size = PaginationConfig["PageSize"]
        start = 0
        while page := self._ids[::-1][start : start + size]:
            self.pages += 1
            yield {"events": [{"id": each} for each in page]}
            start += size
            self._ids = range(1, len(self._ids) + 1 + self._more)


@pytest.mark.parametrize(("events", "after", "pages"), [(1200, 0, 2), (1200, 1199, 1), (1200, 1200, 1), (60, 10, 3)])
def test_only_new_events_are_read_and_they_are_in_order(events: int, after: int, pages: int) -> None:
    session: Any = Session(events)

    found = executions.events(session, "arn", after)

    assert [each["id"] for each in found] == list(range(after + 1, events + 1))
    assert session.pages == pages


def test_an_event_that_new_events_move_to_the_next_page_is_read_once() -> None:
    session: Any = Session(60, more=5)

    found = executions.events(session, "arn", after=10)

    assert [each["id"] for each in found] == list(range(11, 61))
