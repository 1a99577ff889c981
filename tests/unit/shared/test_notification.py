import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notification import Channel, Message, channel, chat_form, publish, subject, text_of
from tests.unit.fakes import FakeSns

TOPIC = "arn:aws:sns:eu-west-1:123456789012:success"
MESSAGE = Message(
    endpoint_name="test-endpoint",
    outcome="SUCCEEDED",
    headline="test-endpoint is in service",
    paragraphs=(("What happened", "It was created."), ("What was taken back", ""), ("What to do", "Nothing.")),
    links=("Execution: https://console",),
    data={"outcome": "SUCCEEDED"},
)


@given(st.text(max_size=300))
def test_a_subject_is_within_the_rules_of_sns(text: str) -> None:
    made = subject(f"[test] {text}")

    assert 1 <= len(made) < 100
    assert all(" " <= character <= "~" for character in made)
    assert made[0] != " "


def test_a_subject_that_fits_stays_as_it_is() -> None:
    assert subject("[prod] test-endpoint is in service") == "[prod] test-endpoint is in service"


def test_a_person_reads_first_and_a_program_finds_the_last_line() -> None:
    assert text_of(MESSAGE) == (
        "test-endpoint is in service.\n\n"
        "What happened\nIt was created.\n\n"
        "What to do\nNothing.\n\n"
        "Execution: https://console\n\n"
        'For programs:\n{"outcome": "SUCCEEDED"}'
    )
    assert json.loads(text_of(MESSAGE).splitlines()[-1]) == MESSAGE.data


def test_attributes_are_there_for_filter_policies() -> None:
    sns = FakeSns()

    message_id = publish(sns, Channel(TOPIC, "prod", chat=False), MESSAGE)

    assert message_id == "67f0c4a4-0000-4000-8000-000000000001"
    assert sns.published == {
        "TopicArn": TOPIC,
        "Subject": "[prod] test-endpoint is in service",
        "Message": text_of(MESSAGE),
        "MessageAttributes": {
            "endpoint": {"DataType": "String", "StringValue": "test-endpoint"},
            "outcome": {"DataType": "String", "StringValue": "SUCCEEDED"},
            "stage": {"DataType": "String", "StringValue": "prod"},
        },
    }


def test_an_attribute_is_never_empty_for_sns_refuses_that() -> None:
    sns = FakeSns()

    publish(sns, Channel(TOPIC, "", chat=False), MESSAGE)

    assert "stage" not in sns.published["MessageAttributes"]


def test_chat_channels_get_their_form_and_everybody_else_the_text() -> None:
    sns = FakeSns()

    publish(sns, Channel(TOPIC, "prod", chat=True), MESSAGE)

    assert sns.published["MessageStructure"] == "json"
    forms = json.loads(sns.published["Message"])
    assert forms.keys() == {"default", "https"}
    assert forms["default"] == text_of(MESSAGE)
    assert json.loads(forms["https"]) == chat_form(MESSAGE)


def test_the_chat_form_is_a_custom_notification() -> None:
    assert chat_form(MESSAGE) == {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": "test-endpoint is in service",
            "description": "*What happened*\nIt was created.\n*What to do*\nNothing.\nExecution: https://console",
        },
        "metadata": {
            "threadId": "test-endpoint",
            "summary": "test-endpoint is in service",
            "eventType": "SUCCEEDED",
        },
    }


@given(st.text(max_size=20_000))
def test_the_chat_form_stays_within_what_chat_shows(text: str) -> None:
    content: dict[str, Any] = chat_form(Message("e", "CreateFailed", text, (("What happened", text),), (), {}))[
        "content"
    ]

    assert len(content["title"]) <= 250
    assert len(content["description"]) <= 8000


@pytest.mark.parametrize(("form", "chat"), [("text", False), ("chat", True)])
def test_the_stack_says_stage_and_form(monkeypatch: pytest.MonkeyPatch, form: str, chat: bool) -> None:
    monkeypatch.setenv("NOTIFICATION_FORMAT", form)

    assert channel(TOPIC) == Channel(TOPIC, "test", chat)
