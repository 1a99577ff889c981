from typing import Any

import pytest

from shared.errors import ServiceUnavailable
from shared.notification_claims import Sender, notify_once, run_key
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import client_error

NOW = "2026-11-21T05:00:00.000Z"


class Topic:
    """Counts what is published, and fails on request."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.is_down = is_down
        self.published = 0

    def publish(self) -> str:
        if self.is_down:
            raise ServiceUnavailable("SNS is down")
        self.published += 1
        return f"message-{self.published}"


@pytest.fixture
def state(dynamodb: Any) -> Sender:
    return Sender(dynamodb, "locks", "Notify failure")


@pytest.fixture
def rule(dynamodb: Any) -> Sender:
    return Sender(dynamodb, "locks", "Recover execution", is_patient=True)


def dies(sender: Sender) -> None:
    """Claim the notification, then die before publishing it."""

    def die() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        notify_once(sender, EXECUTION_ARN, NOW, die)


def test_a_published_notification_is_not_published_again(state: Sender, rule: Sender) -> None:
    topic = Topic()

    first = notify_once(state, EXECUTION_ARN, NOW, topic.publish)
    second = notify_once(rule, EXECUTION_ARN, NOW, topic.publish)

    assert (first, second, topic.published) == ("message-1", "message-1", 1)


def test_a_notification_that_failed_can_be_published_by_another_sender(state: Sender, rule: Sender) -> None:
    with pytest.raises(ServiceUnavailable, match="SNS is down"):
        notify_once(state, EXECUTION_ARN, NOW, Topic(is_down=True).publish)

    assert notify_once(rule, EXECUTION_ARN, NOW, Topic().publish) == "message-1"


def test_another_sender_gets_time_to_finish_and_is_then_replaced(state: Sender, rule: Sender) -> None:
    topic = Topic()
    dies(state)

    with pytest.raises(
        ServiceUnavailable, match=r"Notify failure has claimed the notification of .*:one and not finished\."
    ):
        notify_once(rule, EXECUTION_ARN, NOW, topic.publish)

    assert notify_once(rule, EXECUTION_ARN, NOW, topic.publish) == "message-1"


def test_a_retried_state_can_publish_what_it_claimed(state: Sender) -> None:
    dies(state)

    assert notify_once(state, EXECUTION_ARN, NOW, Topic().publish) == "message-1"


def test_a_published_notification_whose_id_cannot_be_stored_is_not_a_failure(
    state: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic()

    def published_and_then_denied() -> str:
        message_id = topic.publish()
        monkeypatch.setattr(state.dynamodb, "update_item", denied)
        return message_id

    assert notify_once(state, EXECUTION_ARN, NOW, published_and_then_denied) == "message-1"


def denied(**_: Any) -> None:
    raise client_error("AccessDeniedException", "not now", "UpdateItem")


def test_each_redrive_of_an_execution_is_reported(state: Sender) -> None:
    topic, recovery = Topic(), EXECUTION_ARN.replace("deploy", "recover")
    runs = [run_key(EXECUTION_ARN, each, count) for each in (EXECUTION_ARN, recovery) for count in (0, 1, 2)]

    for run in runs:
        notify_once(state, run, NOW, topic.publish)

    assert runs[0] == runs[3] == EXECUTION_ARN  # the recovery shares the notification of the deployment
    assert topic.published == 5


def test_each_execution_has_its_notification(state: Sender) -> None:
    topic = Topic()

    notify_once(state, EXECUTION_ARN, NOW, topic.publish)
    notify_once(state, EXECUTION_ARN + "-2", NOW, topic.publish)

    assert topic.published == 2
