from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared import watches
from shared.locks import Locks
from shared.watches import Watch
from tests.support.plans import EXECUTION_ARN, deployment_plan

PLAN = deployment_plan(endpointName="Test-Endpoint")
WATCH = Watch("token", watches.goal_of(PLAN), "2026-11-21T05:00:00.000Z")


def hold(dynamodb: Any, holder: str) -> None:
    dynamodb.put_item(
        TableName="locks",
        Item={"lockId": {"S": "endpoint/test-endpoint"}, "heldBy": {"S": holder}, "turn": {"N": "3"}},
    )


def test_a_watch_is_stored_in_the_lock_and_found_by_the_name_in_any_case(dynamodb: Any) -> None:
    hold(dynamodb, EXECUTION_ARN)

    assert watches.store(dynamodb, "locks", WATCH)

    assert watches.find(dynamodb, "locks", "TEST-endpoint") == WATCH
    lock = Locks(dynamodb, "locks").read("test-endpoint")
    assert (lock.held_by, lock.turn) == (EXECUTION_ARN, 3)


def test_only_the_lock_holder_is_woken(dynamodb: Any) -> None:
    hold(dynamodb, EXECUTION_ARN + "-other")

    assert not watches.store(dynamodb, "locks", WATCH)
    assert watches.find(dynamodb, "locks", "test-endpoint") is None


def test_no_lock_is_created_for_a_watch(dynamodb: Any) -> None:
    assert not watches.store(dynamodb, "locks", WATCH)
    assert dynamodb.scan(TableName="locks")["Count"] == 0


def test_a_table_that_cannot_be_written_is_an_error(dynamodb: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        watches.store(dynamodb, "another-table", WATCH)
