from typing import Any

import pytest

from shared import locks
from shared.errors import ServiceUnavailable
from shared.locks import Lock
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import FakeLocks

ENDED = "2026-11-21T05:10:00.000Z"
OTHER = EXECUTION_ARN.replace(":one", ":other")


def put(dynamodb: Any, name: str, holder: str) -> None:
    item = {"lockId": f"endpoint/{name}", "heldBy": holder, "heldSince": "2026-11-21T05:00:00.000Z", "requestHash": "x"}
    dynamodb.put_item(TableName="locks", Item={key: {"S": value} for key, value in item.items()} | {"turn": {"N": "3"}})


def test_an_endpoint_that_was_never_deployed_has_a_free_lock_in_turn_0(dynamodb: Any) -> None:
    assert locks.read(dynamodb, "locks", "Test-Endpoint") == Lock("endpoint/test-endpoint", None, "", 0, "")


def test_names_that_differ_only_in_case_share_a_lock(dynamodb: Any) -> None:
    put(dynamodb, "test-endpoint", OTHER)

    found = locks.read(dynamodb, "locks", "TEST-endpoint")

    assert found == Lock("endpoint/test-endpoint", OTHER, "2026-11-21T05:00:00.000Z", 3, "x")


def test_only_the_locks_of_the_execution_are_freed_and_keep_their_turns_and_when_it_ended(dynamodb: Any) -> None:
    put(dynamodb, "ours", EXECUTION_ARN)
    put(dynamodb, "theirs", OTHER)

    assert locks.free_all(dynamodb, "locks", [EXECUTION_ARN], ENDED) == ["ours"]

    ours = locks.read(dynamodb, "locks", "ours")
    assert (ours.held_by, ours.turn, ours.broken_off_at) == (None, 3, ENDED)
    assert locks.read(dynamodb, "locks", "theirs").held_by == OTHER


def test_freeing_twice_frees_once(dynamodb: Any) -> None:
    put(dynamodb, "ours", EXECUTION_ARN)
    locks.free_all(dynamodb, "locks", [EXECUTION_ARN], ENDED)

    assert locks.free_all(dynamodb, "locks", [EXECUTION_ARN], ENDED) == []


def test_an_answer_that_could_not_be_read_is_not_taken_for_a_free_lock() -> None:
    class Garbled(FakeLocks):
        def on_get_item(self, parameters: Any) -> Any:
            return {}  # what botocore makes of an answer that is no JSON

    with pytest.raises(ServiceUnavailable, match="no answer that could be read about endpoint/e"):
        locks.read(Garbled(), "locks", "E")
