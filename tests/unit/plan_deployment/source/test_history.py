"""The deployment that a rollback restores is determined by the records at its start, or the rollback is refused."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plan_deployment.source import history
from shared.errors import NoFormerDeployment
from shared.records import Record
from tests.unit.conftest import EXECUTION_ARN

NOW = "2026-11-21T12:00:00.000Z"


def deployed(hour: int, state: str, **changes: Any) -> Record:
    """A successful deployment at this hour, with a config named after the state."""
    record = Record(
        endpoint_name="e",
        deployment_id=f"at-{hour}",
        kind="request",
        outcome="SUCCEEDED",
        changed=True,
        started_at=f"2026-11-21T{hour:02}:00:00.000Z",
        ended_at=f"2026-11-21T{hour:02}:10:00.000Z",
        execution_arn=EXECUTION_ARN,
        config_name=state,
        request_hash=f"hash of {state}",
    )
    return dataclasses.replace(record, **changes)


def rolled_back(hour: int, state: str, to: int, **changes: Any) -> Record:
    return deployed(hour, state, kind="rollback", rolled_back_to=f"at-{to}", **changes)


def restored(live: str | None, *records: Record) -> str:
    """ID of the restored deployment; the oldest record comes first."""
    return history.previous("e", live, NOW, reversed(records)).deployment_id


A, B, C = deployed(1, "a"), deployed(2, "b"), deployed(3, "c")


def test_a_rollback_restores_the_deployment_before_the_live_one() -> None:
    assert restored("c", A, B, C) == "at-2"


def test_each_rollback_goes_one_further_back_and_never_to_a_rolled_back_deployment() -> None:
    assert restored("b", A, B, C, rolled_back(4, "b", to=2)) == "at-1"
    with pytest.raises(
        NoFormerDeployment, match="Endpoint e has no earlier deployment to restore; deployments with the same"
    ):
        restored("a", A, B, C, rolled_back(4, "b", to=2), rolled_back(5, "a", to=1))


def test_a_rollback_to_a_rollback_restores_the_same_deployment() -> None:
    records = A, B, rolled_back(3, "a", to=1), deployed(4, "d"), rolled_back(5, "a", to=3)

    with pytest.raises(NoFormerDeployment, match="no earlier deployment to restore"):
        restored("a", *records)


def test_a_deployment_after_a_rollback_is_rolled_back_to_it() -> None:
    assert restored("d", A, B, rolled_back(3, "a", to=1), deployed(4, "d")) == "at-3"


def test_two_rollbacks_at_the_same_time_restore_the_same_deployment() -> None:
    other = rolled_back(11, "b", to=2, ended_at="2026-11-21T12:05:00.000Z")

    assert restored("c", A, B, C, other) == "at-2", "the other rollback has just started"
    assert restored("b", A, B, C, other) == "at-2", "the other rollback has ended: nothing is left to do"
    assert restored("b", A, B, C) == "at-2", "the other rollback has ended and is not recorded yet"


def test_a_deployment_that_ended_during_the_wait_is_the_one_that_is_rolled_back() -> None:
    waited_for = deployed(11, "c", ended_at="2026-11-21T12:05:00.000Z")

    assert restored("c", A, B, waited_for) == "at-2"


def test_a_deployment_that_failed_or_changed_nothing_is_not_restored() -> None:
    again = deployed(3, "b", changed=False)
    failed = deployed(4, "c", outcome="UpdateRolledBack", changed=False)

    assert restored("b", A, B, again, failed) == "at-1"


def test_a_deployment_of_the_same_request_is_not_an_earlier_one() -> None:
    again = deployed(3, "b", request_hash="hash of b")

    assert restored("b", A, B, again) == "at-1"


def test_other_scaling_of_the_same_config_is_an_earlier_deployment() -> None:
    scaled = deployed(3, "b", request_hash="hash of b, scaled")

    assert restored("b", A, B, scaled) == "at-2"


@pytest.mark.parametrize(
    "broken",
    [
        deployed(3, "c", outcome="UpdateFailed", changed=False),
        deployed(3, "?", outcome="ExecutionStopped", changed=False, config_name=None),
        deployed(3, "?", outcome="ExecutionTimedOut", changed=False, config_name=None),
    ],
)
def test_after_a_failed_deployment_the_last_successful_one_is_restored(broken: Record) -> None:
    assert restored("c", A, B, broken) == "at-2"


def test_without_a_live_config_the_last_deployment_is_restored() -> None:
    removal = deployed(3, "?", kind="removal", config_name=None)

    assert restored(None, A, B) == "at-2"
    assert restored(None, A, B, removal) == "at-2"


def test_after_an_external_change_a_rollback_is_refused() -> None:
    refused = deployed(3, "?", outcome="InvalidRequest", changed=False, config_name=None)

    with pytest.raises(NoFormerDeployment) as raised:
        restored("external", A, B, refused)

    assert str(raised.value) == (
        "The history of endpoint e does not contain its live config external, so the deployment before it is unknown. "
        'To restore one of these, add "rollbackTo": at-2 of 2026-11-21T02:00:00.000Z, config b; '
        "at-1 of 2026-11-21T01:00:00.000Z, config a."
    )


def test_without_a_record_a_rollback_is_refused() -> None:
    with pytest.raises(NoFormerDeployment, match=r"^Endpoint e has no recorded deployment\.$"):
        restored("c")


def test_a_deployment_of_any_age_is_found_by_its_id() -> None:
    assert history.by_id("at-1", "e", [C, B, A]) is A


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (C, "Endpoint e has no recorded deployment at-2. "),
        (
            dataclasses.replace(B, outcome="CreateFailed", changed=False),
            "Deployment at-2 of endpoint e ended in CreateFailed, so it cannot be restored. ",
        ),
        (
            dataclasses.replace(B, changed=False),
            "Deployment at-2 of endpoint e changed nothing, so it cannot be restored. ",
        ),
    ],
)
def test_a_named_deployment_that_cannot_be_restored_is_refused_with_those_that_can(record: Record, text: str) -> None:
    with pytest.raises(NoFormerDeployment) as raised:
        history.by_id("at-2", "e", [record, A])

    assert str(raised.value).startswith(text)
    assert "at-1 of 2026-11-21T01:00:00.000Z, config a." in str(raised.value)


def test_the_live_config_is_recognised_in_any_case() -> None:
    assert restored("C", A, B, C) == "at-2"
    assert restored("D", A, B, deployed(3, "d", outcome="UpdateRolledBack")) == "at-2"


def ticks(nights: int, config: str | None = "c") -> list[Record]:
    """Records of a schedule: each evening it removes the endpoint, each morning it deploys again."""
    return [
        by_schedule(
            action, (datetime(2026, 11, 21, 4, tzinfo=UTC) + timedelta(minutes=2 * night + half)).isoformat(), config
        )
        for night in range(nights)
        for half, action in enumerate(("remove", "create"))
    ]


def by_schedule(action: str, at: str, config: str | None = None, **changes: Any) -> Record:
    created = config if action == "create" else None
    members = {"kind": "schedule", "action": action, "config_name": created, "rolled_back_to": "at-3"}
    return deployed(4, "?", **members | {"started_at": at, "ended_at": at, "deployment_id": f"tick at {at}"} | changes)


def test_no_number_of_nights_pushes_a_deployment_out_of_reach() -> None:
    nights = ticks(history.MOST_RECORDS)

    assert restored("c", A, B, C, *nights) == "at-2"
    assert history.by_id("at-1", "e", [*reversed(nights), C, B, A]) is A


def test_a_config_with_which_a_schedule_created_the_deployment_again_is_that_deployment() -> None:
    assert restored("c-with-other-weights", A, B, C, *ticks(2, "c-with-other-weights")) == "at-2"
    with pytest.raises(NoFormerDeployment, match="does not contain its live config other"):
        restored("other", A, B, C, *ticks(2))


def test_while_an_endpoint_is_away_the_deployment_before_is_restored() -> None:
    *nights, _ = ticks(2)
    failed = by_schedule("create", "2026-11-21T05:00:00Z", "c", outcome="CreateFailed", changed=False)

    assert restored(None, A, B, C, *nights) == "at-2"
    assert restored(None, A, B, C, *nights, failed) == "at-2", "a morning that failed would fail again"
    with pytest.raises(NoFormerDeployment, match="no earlier deployment to restore"):
        restored(None, A, *nights)


def test_an_endpoint_that_was_removed_otherwise_after_a_morning_gets_its_last_deployment() -> None:
    assert restored(None, A, B, C, *ticks(2)) == "at-3"


def test_a_tick_is_not_restored_but_its_deployment_is_named() -> None:
    (_, morning) = ticks(1)

    with pytest.raises(NoFormerDeployment) as raised:
        history.by_id(morning.deployment_id, "e", [morning, C])

    assert "of endpoint e was started by the schedule of deployment at-3, so it cannot be restored" in str(raised.value)


def with_components(hour: int, content: str, **changes: Any) -> Record:
    """A successful deployment that changes only the inference components, so that the config stays."""
    members = {"request_hash": content, "request": {"endpointName": "e", "inferenceComponents": [{"name": content}]}}
    return deployed(hour, "same", **members | changes)


def failed_components(hour: int, outcome: str = "ComponentFailed", **changes: Any) -> Record:
    return with_components(hour, "failed", outcome=outcome, changed=False, **changes)


LLMS = with_components(1, "one"), with_components(2, "two"), with_components(3, "three")


def test_deployments_with_equal_configs_are_told_apart_by_their_requests() -> None:
    assert restored("same", *LLMS) == "at-2"
    again = with_components(4, "two", kind="rollback", rolled_back_to="at-2")
    assert restored("same", *LLMS, again) == "at-1"
    assert restored("same", *LLMS, with_components(4, "three")) == "at-2", "the same request again"


def test_a_failure_with_components_that_was_rolled_back_changes_nothing() -> None:
    assert restored("same", *LLMS, failed_components(4)) == "at-2"


@pytest.mark.parametrize(
    "failed",
    [
        failed_components(4, "RollbackFailed", left_components=True),
        failed_components(4, left_components=True),
        failed_components(4, "ExecutionStopped", config_name=None, request=None),
    ],
)
def test_a_failure_that_may_have_left_components_makes_a_rollback_ambiguous(failed: Record) -> None:
    with pytest.raises(NoFormerDeployment) as raised:
        restored("same", *LLMS, failed)

    assert str(raised.value).startswith(
        f"Deployment at-4 of endpoint e ended in {failed.outcome}, and may have left changes of inference components, so "
        "the deployment before the live one is unknown. To restore one of these"
    )
    assert '"rollbackTo": at-3' in str(raised.value)
    assert restored("same", *LLMS, failed, with_components(5, "five")) == "at-3", "a later deployment has settled it"
