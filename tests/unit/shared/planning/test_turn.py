"""The lock and the waiting executions, with the conditional writes of moto's DynamoDB."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import InvalidRequest, ServiceUnavailable
from shared.locks import ApprovedVersion, Lock, Locks, QueueEntry
from shared.plan import Busy
from shared.planning import turn
from shared.planning.turn import Admission, Candidate, Gate
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import FakeExecutions, client_error

STARTED = "2026-11-21T05:00:00.000Z"
HOUR = "2026-11-21T06:00:00.000Z"


def arn(name: str) -> str:
    return EXECUTION_ARN.replace(":one", f":{name}")


def asked(name: str, started_at: str = STARTED, **changes: Any) -> Candidate:
    me = QueueEntry(arn(name), started_at, changes.pop("request_hash", name), changes.pop("approval", None))
    return Candidate(me, "E", changes.pop("when_busy", "WAIT"), changes.pop("waits_until", HOUR))


class World:
    """The lock of an endpoint, and the executions that want it."""

    def __init__(self, dynamodb: Any) -> None:
        self.locks, self.executions = Locks(dynamodb, "locks"), FakeExecutions()

    @property
    def gate(self) -> Gate:
        return Gate(self.locks, lambda: self.executions)

    @property
    def lock(self) -> Lock:
        return self.locks.read("e")

    @property
    def waiting(self) -> list[str]:
        return [entry.execution_arn.rpartition(":")[2] for entry in self.lock.waiting]

    def take(self, who: Candidate, now: str = STARTED) -> Admission:
        return turn.take(who, now, self.gate)

    def busy(self, who: Candidate, now: str = STARTED) -> Busy:
        found = self.take(who, now).busy
        assert found is not None
        return found

    def release(self) -> None:
        """Release the lock as the state machines do."""
        key, expression = {"lockId": {"S": "endpoint/e"}}, "REMOVE heldBy"
        self.locks.dynamodb.update_item(TableName="locks", Key=key, UpdateExpression=expression)


@pytest.fixture
def world(dynamodb: Any) -> World:
    return World(dynamodb)


def test_a_free_lock_is_taken_for_longer_than_any_execution(world: World) -> None:
    assert world.take(asked("first")) == Admission(None, STARTED)

    assert world.lock == Lock("endpoint/e", arn("first"), STARTED, 1, "first", expires_at=1795323600)
    assert world.executions.calls == []


def test_a_retried_planner_still_holds_the_lock(world: World) -> None:
    world.take(asked("first"))

    assert world.take(asked("first"), "2026-11-21T05:01:00.000Z") == Admission(None, STARTED)
    assert world.lock.turn == 1


def test_an_execution_that_does_not_wait_fails_at_once_and_names_the_lock_holder(world: World) -> None:
    world.take(asked("first"))

    busy = world.busy(asked("second", when_busy="FAIL"))

    assert busy == {
        "error": "EndpointBusy",
        "cause": f"Another execution has been changing endpoint E since {STARTED}: {arn('first')}. To wait for "
        'it, add "whenBusy": "WAIT".',
        "waitSeconds": 0,
    }
    assert world.waiting == []


@pytest.mark.parametrize(("request_hash", "when_busy"), [("second", "WAIT"), ("first", "FAIL")])
def test_an_execution_that_may_wait_or_has_the_same_request_waits_until_its_limit(
    world: World, request_hash: str, when_busy: str
) -> None:
    world.take(asked("first"))
    second = asked("second", request_hash=request_hash, when_busy=when_busy)

    assert world.busy(second, "2026-11-21T05:59:59.000Z")["waitSeconds"] == 1
    assert world.waiting == ["second"]

    over = world.busy(second, HOUR)
    assert over["waitSeconds"] == 0
    assert over["cause"].endswith(f"This execution did not have its turn before {HOUR}.")
    assert world.waiting == [], "it keeps no place"


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-21T05:00:00.000Z", 30),
        ("2026-11-21T05:10:00.000Z", 30),
        ("2026-11-21T05:15:00.000Z", 45),
        ("2026-11-21T05:40:00.000Z", 60),
        ("2026-11-21T05:59:50.000Z", 10),
        ("2026-11-21T06:00:00.000Z", 0),
    ],
)
def test_the_interval_grows_and_the_last_wait_ends_at_the_limit(world: World, now: str, seconds: int) -> None:
    world.take(asked("first"))

    assert world.busy(asked("second"), now)["waitSeconds"] == seconds


def test_executions_take_turns_in_the_order_of_their_start_with_any_poll_times(world: World) -> None:
    first, second, third = (asked(name, f"2026-11-21T05:00:0{n}.000Z") for n, name in enumerate(("1", "2", "3")))
    world.take(first)
    for who in (third, second):
        world.busy(who)
    assert world.waiting == ["2", "3"]
    world.release()

    behind = world.busy(third)

    assert f"Executions that started earlier wait for endpoint E. The next one is {arn('2')}." in behind["cause"]
    assert world.take(second).busy is None
    assert world.waiting == ["3"]
    world.release()
    assert world.take(third).busy is None
    assert world.waiting == []


def test_a_free_lock_is_busy_for_a_new_execution_while_others_wait(world: World) -> None:
    world.take(asked("1"))
    world.busy(asked("2"))
    world.release()

    busy = world.busy(asked("3", "2026-11-21T05:00:01.000Z", when_busy="FAIL"))

    assert (busy["error"], busy["waitSeconds"]) == ("EndpointBusy", 0)
    assert arn("2") in busy["cause"]


@pytest.mark.parametrize("executions", [FakeExecutions(expired=("2",)), FakeExecutions(**{"2": datetime.now(UTC)})])
def test_an_execution_that_ended_while_it_waited_loses_its_turn(world: World, executions: FakeExecutions) -> None:
    world.take(asked("1"))
    for number, name in enumerate(("2", "3")):
        world.busy(asked(name, f"2026-11-21T05:00:0{number}.000Z"))
    world.release()
    world.executions = executions

    assert world.take(asked("3", "2026-11-21T05:00:01.000Z")).busy is None
    assert world.waiting == []


def test_the_lock_of_an_unknown_execution_is_taken_at_once(world: World) -> None:
    world.take(asked("1"))
    world.executions = FakeExecutions(expired=("1",))

    assert world.take(asked("2")).busy is None
    assert world.lock.held_by == arn("2")


def test_the_lock_of_an_ended_execution_is_taken_a_minute_later(world: World) -> None:
    world.take(asked("1"))
    world.executions = FakeExecutions(**{"1": datetime(2026, 11, 21, 4, 59, 10, tzinfo=UTC)})
    second = asked("2", when_busy="FAIL")

    busy = world.busy(second)

    assert busy["waitSeconds"] == 10
    assert busy["cause"] == (
        "The last execution that changed endpoint E was stopped at 2026-11-21T04:59:10.000Z. Its calls may run until "
        "2026-11-21T05:00:10.000Z. Start again after that."
    )
    assert world.lock.held_by == arn("1"), "recovery may take over the lock until then"
    assert world.busy(second, "2026-11-21T05:00:09.999Z")["waitSeconds"] == 1
    assert world.take(second, "2026-11-21T05:00:10.000Z").busy is None
    assert (world.lock.held_by, world.lock.broken_off_at) == (arn("2"), "")


def test_no_more_than_fifty_wait(world: World) -> None:
    world.take(asked("first"))
    for number in range(turn.MOST_WAITING):
        world.busy(asked(f"w-{number}"))

    busy = world.busy(asked("too-many"))

    assert busy["waitSeconds"] == 0
    assert "50 executions already wait, which is the maximum." in busy["cause"]
    assert world.busy(asked("w-7"))["waitSeconds"] == 30, "waiting executions keep their place"


def version(number: int, approved_at: str) -> ApprovedVersion:
    return ApprovedVersion("group", f"arn:group/{number}", approved_at)


def approval(number: int, second: int) -> Candidate:
    at = f"2026-11-21T05:00:0{second}.000Z"
    return asked(f"v{number}", at, approval=version(number, at))


def test_only_the_newest_of_several_waiting_approvals_has_its_turn(world: World) -> None:
    world.take(asked("a-request"))
    older, newest = approval(4, 1), approval(3, 2)
    world.busy(older)
    world.busy(newest)
    world.release()

    assert world.take(newest).busy is None, "although it started later and has a lower number"

    assert world.busy(older) == {
        "error": "Superseded",
        "cause": "arn:group/4, approved at 2026-11-21T05:00:01.000Z, was superseded by arn:group/3, approved at "
        f"2026-11-21T05:00:02.000Z: execution {arn('v3')} deploys that version instead.",
        "waitSeconds": 0,
    }


def test_a_waiting_approval_is_superseded_as_soon_as_a_newer_one_waits(world: World) -> None:
    world.take(asked("a-request"))
    older, newest = approval(2, 1), approval(3, 2)
    world.busy(older)
    world.busy(newest)

    assert world.busy(older)["error"] == "Superseded"
    assert world.waiting == ["v3"]


def test_the_newest_of_two_newer_approvals_is_named(world: World) -> None:
    world.take(asked("a-request"))
    for who in (approval(2, 1), approval(3, 2), approval(4, 3)):
        world.busy(who)

    assert arn("v4") in world.busy(approval(2, 1))["cause"]


def test_an_older_approval_is_superseded_even_if_it_starts_later(world: World) -> None:
    world.take(approval(3, 2))
    world.release()

    late = asked("late", "2026-11-21T05:30:00.000Z", approval=version(2, "2026-11-21T05:00:01.000Z"))

    assert world.busy(late)["error"] == "Superseded"
    assert world.lock.held_by is None


def test_a_repeated_approval_is_not_superseded(world: World) -> None:
    world.take(approval(3, 2))
    world.release()

    again = asked("again", "2026-11-21T05:30:00.000Z", approval=version(3, "2026-11-21T05:00:02.000Z"))

    assert world.take(again).busy is None


def test_an_approval_is_remembered_for_30_days(world: World) -> None:
    world.take(approval(3, 2))
    world.release()
    world.take(asked("a-request"))

    assert world.lock.expires_at == 1795237200 + 30 * 86_400
    assert [each.execution_arn for each in world.lock.approvals] == [arn("v3")]


def test_failed_planning_releases_the_lock(world: World) -> None:
    world.take(asked("1"))

    with pytest.raises(InvalidRequest), turn.released_on_failure(asked("1"), world.gate):
        raise InvalidRequest("no")

    assert (world.lock.held_by, world.waiting) == (None, [])


def test_retried_planning_releases_the_lock_and_keeps_its_place(world: World) -> None:
    world.take(asked("1"))
    throttled = client_error("ThrottlingException", "Rate exceeded")

    with pytest.raises(ServiceUnavailable), turn.released_on_failure(asked("1"), world.gate):
        raise throttled

    assert (world.lock.held_by, world.waiting) == (None, ["1"])


def test_a_lock_that_cannot_be_released_does_not_hide_the_reason_of_failed_planning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.take(asked("1"))

    def refuse(**_: Any) -> Any:
        raise client_error("AccessDeniedException", "no")

    monkeypatch.setattr(world.locks.dynamodb, "update_item", refuse)

    with pytest.raises(InvalidRequest), turn.released_on_failure(asked("1"), world.gate):
        raise InvalidRequest("no")


def test_a_lock_that_keeps_changing_is_retried_later(world: World) -> None:
    class Contended(Locks):
        def replace(self, seen: Lock, wanted: Lock) -> bool:
            return False

    gate = Gate(Contended(world.locks.dynamodb, "locks"), lambda: world.executions)

    with pytest.raises(ServiceUnavailable, match="changed 20 times in a row"):
        turn.take(asked("1"), STARTED, gate)


def test_a_lock_that_changed_in_between_is_read_again(world: World) -> None:
    class Slow(Locks):
        def replace(self, seen: Lock, wanted: Lock) -> bool:
            if seen.held_by is None:
                world.take(asked("faster"))
            return super().replace(seen, wanted)

    gate = Gate(Slow(world.locks.dynamodb, "locks"), lambda: world.executions)

    busy = turn.take(asked("1"), STARTED, gate).busy

    assert busy is not None
    assert arn("faster") in busy["cause"]


def test_a_lock_holder_that_cannot_be_read_does_not_count_as_ended(world: World) -> None:
    world.take(asked("1"))
    world.executions.errors["DescribeExecution"] = client_error("AccessDeniedException", "no")

    with pytest.raises(ClientError, match="AccessDenied"):
        world.take(asked("2"))


def test_a_dry_run_does_not_take_the_lock_and_reports_what_it_would_wait_for(world: World) -> None:
    world.take(asked("1"))
    before = world.lock

    seen = turn.peek(asked("dry", when_busy="FAIL"), STARTED, world.gate)

    assert seen.busy is not None
    assert arn("1") in seen.busy["cause"]
    assert world.lock == before


@pytest.mark.parametrize(
    ("when_busy", "deadline", "last"),
    [
        ("FAIL", "2026-11-21T06:00:00.000Z", "2026-11-21T05:15:00.000Z"),
        ("WAIT", "2026-11-21T06:00:00.000Z", "2026-11-21T06:00:00.000Z"),
        ("FAIL", "2026-11-21T05:10:00.000Z", "2026-11-21T05:10:00.000Z"),
    ],
)
def test_an_external_change_is_waited_for_15_minutes_or_until_the_deadline(
    when_busy: Any, deadline: str, last: str
) -> None:
    who = replace(asked("1"), when_busy=when_busy)

    first, over = (
        turn.behind_external_change(Admission(None, STARTED), "Endpoint E is Updating.", who, deadline, now)
        for now in (STARTED, last)
    )

    assert (first["error"], first["waitSeconds"], over["waitSeconds"]) == ("EndpointBusy", 30, 0)
    assert over["cause"].startswith("Endpoint E is Updating. ")
    assert f"It did not end before {last}" in over["cause"]
