from typing import Any

import pytest

from shared.announcements import Speaker, run_of, tell_once
from shared.errors import ServiceUnavailable
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.fakes import client_error

NOW = "2026-11-21T05:00:00.000Z"


class Topic:
    """Counts what is published; ill as long as it is told to be."""

    def __init__(self, *, ill: bool = False) -> None:
        self.ill = ill
        self.published = 0

    def publish(self) -> str:
        if self.ill:
            raise ServiceUnavailable("SNS is ill")
        self.published += 1
        return f"message-{self.published}"


@pytest.fixture
def state(dynamodb: Any) -> Speaker:
    return Speaker(dynamodb, "locks", "Notify failure")


@pytest.fixture
def rule(dynamodb: Any) -> Speaker:
    return Speaker(dynamodb, "locks", "Settle execution", patient=True)


def dies(speaker: Speaker) -> None:
    """The speaker begins, and its function dies before it has spoken."""

    def die() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell_once(speaker, EXECUTION_ARN, NOW, die)


def test_what_was_told_is_not_told_again(state: Speaker, rule: Speaker) -> None:
    topic = Topic()

    first = tell_once(state, EXECUTION_ARN, NOW, topic.publish)
    second = tell_once(rule, EXECUTION_ARN, NOW, topic.publish)

    assert (first, second, topic.published) == ("message-1", "message-1", 1)


def test_what_could_not_be_told_may_be_told_by_another(state: Speaker, rule: Speaker) -> None:
    with pytest.raises(ServiceUnavailable, match="SNS is ill"):
        tell_once(state, EXECUTION_ARN, NOW, Topic(ill=True).publish)

    assert tell_once(rule, EXECUTION_ARN, NOW, Topic().publish) == "message-1"


def test_who_is_telling_this_moment_is_given_the_time_to_finish_and_then_replaced(
    state: Speaker, rule: Speaker
) -> None:
    topic = Topic()
    dies(state)

    with pytest.raises(ServiceUnavailable, match=r"Notify failure is telling of .*:one this very moment\."):
        tell_once(rule, EXECUTION_ARN, NOW, topic.publish)

    assert tell_once(rule, EXECUTION_ARN, NOW, topic.publish) == "message-1"


def test_a_state_that_is_tried_again_may_finish_what_it_began(state: Speaker) -> None:
    dies(state)

    assert tell_once(state, EXECUTION_ARN, NOW, Topic().publish) == "message-1"


def test_what_was_sent_but_could_not_be_noted_is_no_failure(state: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = Topic()

    def told_and_then_denied() -> str:
        message_id = topic.publish()
        monkeypatch.setattr(state.dynamodb, "update_item", denied)
        return message_id

    assert tell_once(state, EXECUTION_ARN, NOW, told_and_then_denied) == "message-1"


def denied(**_: Any) -> None:
    raise client_error("AccessDeniedException", "not now", "UpdateItem")


def test_each_redrive_of_an_execution_is_reported(state: Speaker) -> None:
    topic, recovery = Topic(), EXECUTION_ARN.replace("deploy", "take-back")
    runs = [run_of(EXECUTION_ARN, each, count) for each in (EXECUTION_ARN, recovery) for count in (0, 1, 2)]

    for run in runs:
        tell_once(state, run, NOW, topic.publish)

    assert runs[0] == runs[3] == EXECUTION_ARN  # the recovery shares the one message of the deployment
    assert topic.published == 5


def test_executions_are_told_of_apart(state: Speaker) -> None:
    topic = Topic()

    tell_once(state, EXECUTION_ARN, NOW, topic.publish)
    tell_once(state, EXECUTION_ARN + "-2", NOW, topic.publish)

    assert topic.published == 2
