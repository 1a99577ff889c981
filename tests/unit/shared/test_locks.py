from dataclasses import replace
from typing import Any

import pytest

from shared import locks
from shared.errors import ServiceUnavailable
from shared.locks import ApprovedVersion, Lock, Locks, QueueEntry
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import FakeLocks

ENDED = "2026-11-21T05:10:00.000Z"
OTHER = EXECUTION_ARN.replace(":one", ":other")
ENTRY = QueueEntry(OTHER, "2026-11-21T05:00:00.000Z", "x", ApprovedVersion("group", "arn:group/2", ENDED))
HELD = Lock("endpoint/e", EXECUTION_ARN, "2026-11-21T05:00:00.000Z", 0, "x", ENDED, (ENTRY,), (ENTRY,), 1795323600)


def put(dynamodb: Any, name: str, holder: str) -> None:
    item = {"lockId": f"endpoint/{name}", "heldBy": holder, "heldSince": "2026-11-21T05:00:00.000Z", "requestHash": "x"}
    dynamodb.put_item(TableName="locks", Item={key: {"S": value} for key, value in item.items()} | {"turn": {"N": "3"}})


def release(dynamodb: Any, name: str) -> None:
    assert locks.release(dynamodb, "locks", name, EXECUTION_ARN)


def test_an_endpoint_that_was_never_deployed_has_a_free_lock_in_turn_0(dynamodb: Any) -> None:
    assert Locks(dynamodb, "locks").read("Test-Endpoint") == Lock("endpoint/test-endpoint", None, "", 0, "")


def test_names_that_differ_only_in_case_share_a_lock(dynamodb: Any) -> None:
    put(dynamodb, "test-endpoint", OTHER)

    found = Locks(dynamodb, "locks").read("TEST-endpoint")

    assert found == Lock("endpoint/test-endpoint", OTHER, "2026-11-21T05:00:00.000Z", 3, "x")


def test_a_lock_is_read_as_it_was_written_in_its_next_turn(dynamodb: Any) -> None:
    table = Locks(dynamodb, "locks")

    assert table.replace(table.read("e"), HELD)

    assert table.read("E") == replace(HELD, turn=1)


def test_a_lock_that_another_planner_has_written_is_not_replaced(dynamodb: Any) -> None:
    table = Locks(dynamodb, "locks")
    seen = table.read("e")
    assert table.replace(seen, HELD)

    assert not table.replace(seen, replace(HELD, held_by=OTHER))

    assert table.read("e").held_by == EXECUTION_ARN


def test_a_lock_that_was_released_in_between_is_not_replaced(dynamodb: Any) -> None:
    table = Locks(dynamodb, "locks")
    table.replace(table.read("e"), HELD)
    seen = table.read("e")
    release(dynamodb, "e")

    assert not table.replace(seen, seen.joined_by(replace(ENTRY, execution_arn="another")))

    assert table.read("e").held_by is None


def test_waiting_executions_are_in_the_order_of_their_start_each_once() -> None:
    earlier = QueueEntry("earlier", "2026-11-21T04:59:59.999Z", "x")

    lock = HELD.joined_by(earlier).joined_by(ENTRY)

    assert lock.waiting == (earlier, ENTRY)
    assert lock.without("earlier").waiting == (ENTRY,)


def approved(version: int, at: str, started_at: str = "2026-11-21T05:00:00.000Z", group: str = "group") -> QueueEntry:
    return QueueEntry(f"execution-{version}", started_at, "x", ApprovedVersion(group, f"arn:{group}/{version}", at))


@pytest.mark.parametrize(
    ("other", "superseded"),
    [
        (approved(3, "2026-11-21T05:10:01Z"), True),
        (approved(1, "2026-11-21T05:10:01Z"), True),
        (approved(3, "2026-11-21T05:09:59Z"), False),
        (approved(3, "2026-11-21T05:10:00Z", "2026-11-21T05:00:00.300Z"), True),
        (approved(3, "2026-11-21T05:10:00Z", "2026-11-21T04:59:59.700Z"), False),
        (approved(3, "2026-11-21T05:10:01Z", group="another"), False),
        (approved(2, "2026-11-21T05:10:01Z"), False),
        (QueueEntry("a-request", "2026-11-21T05:20:00.000Z", "x"), False),
    ],
    ids=[
        "approved later",
        "an older version approved later",
        "approved earlier",
        "in the same second, started later",
        "in the same second, started earlier",
        "of another group",
        "the same version again",
        "a request",
    ],
)
def test_a_version_of_the_same_group_that_was_approved_later_supersedes(other: QueueEntry, superseded: bool) -> None:
    assert approved(2, "2026-11-21T05:10:00Z").is_superseded_by(other) is superseded


def test_only_the_locks_of_an_ended_execution_are_released_and_have_the_time_of_its_end(dynamodb: Any) -> None:
    put(dynamodb, "ours", EXECUTION_ARN)
    put(dynamodb, "theirs", OTHER)

    assert locks.release_all(dynamodb, "locks", [EXECUTION_ARN], ENDED) == ["ours"]

    table = Locks(dynamodb, "locks")
    ours = table.read("ours")
    assert (ours.held_by, ours.turn, ours.broken_off_at) == (None, 3, ENDED)
    assert table.read("theirs").held_by == OTHER


def test_a_lock_is_released_for_any_case_of_its_name_and_keeps_its_turn(dynamodb: Any) -> None:
    put(dynamodb, "test-endpoint", EXECUTION_ARN)

    assert locks.release(dynamodb, "locks", "Test-Endpoint", EXECUTION_ARN)

    lock = Locks(dynamodb, "locks").read("test-endpoint")
    assert (lock.held_by, lock.turn, lock.request_hash, lock.broken_off_at) == (None, 3, "x", "")


@pytest.mark.parametrize("name", ["theirs", "never-deployed"])
def test_a_lock_that_the_execution_does_not_hold_is_not_released(dynamodb: Any, name: str) -> None:
    put(dynamodb, "theirs", OTHER)

    assert not locks.release(dynamodb, "locks", name, EXECUTION_ARN)

    assert Locks(dynamodb, "locks").read("theirs").held_by == OTHER


def test_a_lock_is_released_once(dynamodb: Any) -> None:
    put(dynamodb, "ours", EXECUTION_ARN)
    locks.release_all(dynamodb, "locks", [EXECUTION_ARN], ENDED)

    assert locks.release_all(dynamodb, "locks", [EXECUTION_ARN], ENDED) == []


def test_a_malformed_response_does_not_count_as_a_free_lock() -> None:
    class Garbled(FakeLocks):
        def on_get_item(self, parameters: Any) -> Any:
            return {}  # what botocore makes of an answer that is no JSON

    with pytest.raises(ServiceUnavailable, match="DynamoDB's answer about endpoint/e is malformed"):
        Locks(Garbled(), "locks").read("E")
