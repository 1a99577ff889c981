import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from notify.undo import how_to_undo
from shared.records import Record
from tests.unit.conftest import RECORD
from tests.unit.fakes import client_error

OLD, NEW = "e-0123456789ab", "e-ba9876543210"


def output(**changes: Any) -> dict[str, Any]:
    return {
        "deploymentId": "mine",
        "changed": True,
        "action": "update",
        "endpointName": "e",
        "endpointConfigName": NEW,
        "previousEndpointConfigName": OLD,
    } | changes


def deployed(deployment_id: str, config: str | None, minute: int = 20, **changes: Any) -> Record:
    ended_at = f"2026-11-21T05:{minute}:00.000Z"
    return dataclasses.replace(RECORD, deployment_id=deployment_id, config_name=config, ended_at=ended_at, **changes)


MINE = deployed("mine", NEW, 30)


def restores(deployment_id: str) -> str:
    return f"Start the state machine DeployEndpointStateMachine with this input:\n{json.dumps({'endpointName': 'e', 'rollbackTo': deployment_id})}"


def test_an_update_is_undone_by_restoring_the_deployment_before_it() -> None:
    history = [MINE, deployed("failed", "other", outcome="CreateFailed", changed=False), deployed("before", OLD)]

    assert how_to_undo(output(), MINE, history) == restores("before")


def test_a_rollback_is_undone_by_restoring_the_deployment_that_it_replaced() -> None:
    rollback = dataclasses.replace(MINE, kind="rollback", rolled_back_to="first")
    history = [rollback, deployed("second", OLD, 25), deployed("first", NEW, 20)]

    assert how_to_undo(output(), rollback, history) == restores("second")


def test_a_change_of_scaling_alone_is_undone_by_restoring_the_deployment_before_it() -> None:
    change = output(action="none", previousEndpointConfigName=None)

    assert how_to_undo(change, MINE, [MINE, deployed("before", NEW.upper())]) == restores("before")


def test_the_previous_deployment_is_the_one_that_ended_last_not_the_one_that_started_last() -> None:
    history = [MINE, deployed("started-last", "e-1", 20), deployed("ended-last", OLD, 25)]

    assert how_to_undo(output(), MINE, history) == restores("ended-last")


def test_a_deployment_that_ended_before_the_notification_was_sent_is_not_the_one_before() -> None:
    history = [deployed("later", "e-1", 31), MINE, deployed("before", OLD)]

    assert how_to_undo(output(), MINE, history) == restores("before")


def test_no_request_is_named_if_the_previous_deployment_had_the_same_request() -> None:
    """As after `force`: a restore would change nothing."""
    forced = dataclasses.replace(MINE, request_hash="same")
    history = [forced, deployed("before", OLD, request_hash="same")]

    assert how_to_undo(output(), forced, history) == (
        "Nothing to restore: deployment before, which was live before, had the same request."
    )


@pytest.mark.parametrize("history", [[MINE], [MINE, deployed("before", "e-1"), deployed("older", OLD, 10)]])
def test_no_request_is_named_if_the_history_has_no_deployment_of_the_previous_config(history: list[Record]) -> None:
    assert how_to_undo(output(), MINE, history) == (
        f"The history has no deployment of config {OLD}, which was live before. To restore that config, send its request "
        "again."
    )


def test_a_creation_is_undone_by_a_removal_and_reads_no_history() -> None:
    assert how_to_undo(output(action="create", previousEndpointConfigName=None), MINE, denied()) == (
        'Start the state machine RemoveEndpointStateMachine with this input:\n{"endpointName": "e", "confirm": "e"}'
    )


def test_a_deployment_that_changed_nothing_is_not_undone() -> None:
    assert how_to_undo(output(changed=False, action="none"), MINE, denied()) == ""


def test_an_unreadable_history_does_not_stop_the_notification() -> None:
    assert "cannot be read: An error occurred (AccessDeniedException)" in how_to_undo(output(), MINE, denied())


def denied() -> Iterator[Record]:
    raise client_error("AccessDeniedException", "no", "Query")
    yield MINE


def shifted(**changes: Any) -> dict[str, Any]:
    weights = {"previousEndpointConfigName": None, "previousWeights": {"A": 0.0, "B": 1.5}}
    around = {what: {"changed": False} for what in ("components", "scaling", "alarms", "schedule")}
    return output(action="shift", **weights, **around) | changes


def test_a_change_of_weights_only_is_undone_by_setting_the_previous_weights() -> None:
    """The previous weights may have been set by another user or tool."""
    assert how_to_undo(shifted(), MINE, [MINE, deployed("before", NEW)]) == (
        "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name e "
        "--desired-weights-and-capacities VariantName=A,DesiredWeight=0 VariantName=B,DesiredWeight=1.5"
    )


def test_a_change_of_weights_and_scaling_is_undone_by_restoring_the_previous_deployment() -> None:
    change = shifted(scaling={"changed": True})

    assert how_to_undo(change, MINE, [MINE, deployed("before", NEW)]) == restores("before")


def test_what_a_schedule_did_is_not_undone() -> None:
    assert how_to_undo(output(action="create"), dataclasses.replace(MINE, kind="schedule"), []) == ""


def test_a_config_with_which_a_schedule_created_the_endpoint_again_is_of_the_deployment_before() -> None:
    nights = [deployed(f"tick {number}", None, 21 + number % 8, kind="schedule") for number in range(200)]
    morning = deployed("morning", OLD, 29, kind="schedule")

    assert how_to_undo(output(), MINE, [MINE, morning, *nights, deployed("before", "e-1", 20)]) == restores("before")
