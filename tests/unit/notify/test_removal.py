import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from notify_removal.logic import message, result
from shared import records
from shared.announcements import Speaker
from shared.notification import text_of
from tests.unit.conftest import ENVIRONMENT, EXECUTION, EXECUTION_ARN, Context
from tests.unit.fakes import FakeSns, client_error

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/test-endpoint/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
PLAN: dict[str, Any] = {
    "endpointName": "test-endpoint",
    "action": "remove",
    "deleteRecords": False,
    "lock": {"id": "endpoint/test-endpoint", "requestHash": "ba9876543210"},
    "trigger": {"kind": "removal"},
    "endpoint": {"exists": True, "status": "InService"},
    "scaling": {"deregister": [TARGET]},
    "alarms": {"remove": ["slipway/test-endpoint/AllTraffic/server-errors"]},
    "configs": ["test-endpoint-0123456789ab"],
    "models": [],
    "records": 0,
    "planHash": "0123456789ab",
    "steps": [{"state": "Delete endpoint", "action": "delete", "what": "endpoint test-endpoint, which is InService"}],
    "warnings": [],
}
NOTHING = PLAN | {
    "action": "none",
    "endpoint": {"exists": False, "status": None},
    "scaling": {"deregister": []},
    "alarms": {"remove": []},
    "configs": [],
    "steps": [],
}
UNUSED = {
    "removed": ["endpoint config test-endpoint-0123456789ab"],
    "kept": ["model m: endpoint config other names it"],
    "left": [],
}
NOW = "2026-11-21T05:20:00.000Z"


def test_the_result_lists_what_is_gone_and_what_somebody_uses() -> None:
    output = result(PLAN, UNUSED, "one")

    assert output["changed"] is True
    assert output["removed"] == [
        "endpoint test-endpoint",
        "scalable target endpoint/test-endpoint/variant/AllTraffic",
        "alarm slipway/test-endpoint/AllTraffic/server-errors",
        "endpoint config test-endpoint-0123456789ab",
    ]
    assert output["kept"] == ["model m: endpoint config other names it"]


def test_what_there_was_no_time_for_is_named_with_what_to_do_and_keeps_the_records() -> None:
    output = result(PLAN | {"records": 3}, UNUSED | {"left": ["endpoint config c", "model m-2"]}, "one")
    text = text_of(message(output, EXECUTION_ARN))

    assert output["left"] == ["endpoint config c", "model m-2"]
    assert not any(removed.startswith("records") for removed in output["removed"])
    assert "The endpoint is gone. There was no time for all configs and models" in text
    assert "What is left\nendpoint config c\nmodel m-2\n\nWhat to do\nStart the same removal again" in text


def test_where_nothing_was_left_nothing_was_changed() -> None:
    output = result(NOTHING, None, "one")

    assert (output["outcome"], output["changed"], output["removed"]) == ("SUCCEEDED", False, [])
    assert "There was no endpoint" in text_of(message(output, EXECUTION_ARN))


def test_a_deletion_that_was_under_way_already_is_no_change_of_this_removal() -> None:
    output = result(NOTHING | {"endpoint": {"exists": True, "status": "Deleting"}}, None, "one")

    assert output["changed"] is False


def test_the_message_says_what_was_done_kept_and_is_to_do() -> None:
    text = text_of(message(result(PLAN | {"warnings": ["Start again."]}, UNUSED, "one"), EXECUTION_ARN))

    assert text.startswith("test-endpoint is removed.\n\nWhat happened\nThe endpoint is gone")
    assert "What was done\n- Delete endpoint test-endpoint, which is InService" in text
    assert "What was kept\nmodel m: endpoint config other names it" in text
    assert "What to do\nStart again." in text
    assert json.loads(text.splitlines()[-1])["executionArn"] == EXECUTION_ARN


class World:
    """The function, and the services that it meets."""

    def __init__(self, module: ModuleType, dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module, self.dynamodb, self.context, self.sns = module, dynamodb, context, FakeSns()
        monkeypatch.setattr(module, "SNS", self.sns)
        monkeypatch.setattr(module, "SPEAKER", Speaker(dynamodb, "locks", "Notify removal"))

    def notify(self, plan: dict[str, Any] = PLAN) -> Any:
        event = {"plan": plan, "unused": UNUSED, "execution": EXECUTION, "now": NOW}
        return self.module.lambda_handler(event, self.context)

    def history(self) -> list[Any]:
        return list(records.newest_first(self.dynamodb, "deployments", "test-endpoint"))


@pytest.fixture
def world(app: Callable[[str], ModuleType], dynamodb: Any, context: Context, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(app("notify_removal"), dynamodb, context, monkeypatch)


def test_it_is_told_once_on_the_topic_of_successes_and_put_on_record(world: World) -> None:
    first, second = world.notify(), world.notify()

    assert first["messageId"] == second["messageId"]
    assert world.sns.published["TopicArn"] == ENVIRONMENT["SUCCESS_TOPIC_ARN"]
    assert world.sns.published["Subject"] == "[test] test-endpoint is removed"
    (record,) = world.history()
    assert (record.kind, record.outcome, record.changed, record.is_deployed) == ("removal", "SUCCEEDED", True, False)


def test_where_the_history_was_to_go_none_is_written(world: World) -> None:
    output = world.notify(PLAN | {"deleteRecords": True, "records": 2})

    assert "records: 2" in output["removed"]
    assert world.history() == []


def test_a_record_that_cannot_be_written_is_a_warning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise client_error("AccessDeniedException", "no", "PutItem")

    monkeypatch.setattr(world.dynamodb, "put_item", refuse)

    (warning,) = world.notify()["warnings"]

    assert "is not on record" in warning
