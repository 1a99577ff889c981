import json
from typing import Any, cast

from notify.removal import of_plan
from shared.notification import text_of
from shared.plan import RemovalPlan
from shared.planning import calls
from tests.support.plans import CONFIG, ENDPOINT, EXECUTION_ARN, TARGET, removal_plan, removal_step
from tests.unit.conftest import EXECUTION

NOW = "2026-11-21T05:20:00.000Z"
REMOVAL: dict[str, Any] = {
    "removed": ["endpoint test-endpoint", f"endpoint config {CONFIG}"],
    "kept": ["model m: endpoint config other uses it"],
    "left": [],
}
NOTHING: dict[str, Any] = {"removed": [], "kept": [], "left": []}


def removed(plan: RemovalPlan | None = None, removal: dict[str, Any] = REMOVAL) -> Any:
    return of_plan(plan or removal_plan(), removal, cast(Any, EXECUTION), NOW)


def test_the_output_lists_removed_and_used_resources() -> None:
    assert removed().output == {
        "outcome": "SUCCEEDED",
        "deploymentId": "one",
        "changed": True,
        "action": "remove",
        "endpointName": ENDPOINT,
        "removed": ["endpoint test-endpoint", f"endpoint config {CONFIG}"],
        "kept": ["model m: endpoint config other uses it"],
        "left": [],
        "planHash": "0123456789ab",
        "steps": [
            {
                "state": "Remove endpoint",
                "action": "delete",
                "what": "endpoint test-endpoint, which is InService",
            }
        ],
        "trigger": {"kind": "removal"},
        "warnings": [],
    }


def test_resources_for_which_the_time_ran_out_are_reported_with_the_remedy() -> None:
    found = removed(removal=REMOVAL | {"left": ["endpoint config c", "model m-2"]})
    text = text_of(found.notification())

    assert found.output["left"] == ["endpoint config c", "model m-2"]
    assert "The endpoint was removed, but there was not enough time to remove all of its configs and models." in text
    assert (
        "Not removed yet\nendpoint config c\nmodel m-2\n\nWhat to do\nStart the same removal again: it removes" in text
    )


def test_a_removal_without_endpoint_and_steps_changes_nothing() -> None:
    found = removed(removal_plan([], endpointStatus=None), NOTHING)

    assert (found.output["action"], found.output["changed"], found.output["removed"]) == ("none", False, [])
    text = text_of(found.notification())
    assert text.startswith(
        "test-endpoint does not exist, nothing was changed.\n\nWhat happened\nThe endpoint does not exist"
    )


def test_the_notification_lists_removed_and_kept_resources_and_the_remedy() -> None:
    steps = [removal_step(calls.delete_endpoint(ENDPOINT)), removal_step(calls.deregister_target(TARGET))]

    text = text_of(removed(removal_plan(steps, warnings=["Start again."])).notification())

    assert text.startswith("test-endpoint is removed.\n\nWhat happened\nThe endpoint was removed, with all resources")
    assert f"Steps\n- Delete endpoint test-endpoint\n- Deregister scalable target {TARGET['ResourceId']} (" in text
    assert "Kept (in use)\nmodel m: endpoint config other uses it" in text
    assert "What to do\nStart again." in text
    assert json.loads(text.splitlines()[-1])["executionArn"] == EXECUTION_ARN


def test_a_removal_is_recorded_as_a_removal() -> None:
    record = removed().record

    assert (record.kind, record.outcome, record.changed, record.is_deployed) == ("removal", "SUCCEEDED", True, False)
    assert (record.action, record.request_hash, record.ended_at) == ("remove", "ba9876543210", NOW)


def test_a_removal_of_the_history_leaves_no_record() -> None:
    assert removed(removal_plan(deletesRecords=True)).record is None
