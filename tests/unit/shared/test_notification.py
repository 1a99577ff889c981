import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notification import CUT, Channel, Notification, body, channel, chat_form, publish, subject, text_of
from tests.unit.fakes import FakeSns

TOPIC = "arn:aws:sns:eu-west-1:123456789012:success"
NOTIFICATION = Notification(
    endpoint_name="test-endpoint",
    outcome="SUCCEEDED",
    headline="test-endpoint is in service",
    sections=(("What happened", "It was created."), ("Rollback", ""), ("What to do", "Nothing.")),
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


def test_the_text_is_for_people_and_its_last_line_for_programs() -> None:
    assert text_of(NOTIFICATION) == (
        "test-endpoint is in service.\n\n"
        "What happened\nIt was created.\n\n"
        "What to do\nNothing.\n\n"
        "Execution: https://console\n\n"
        'For programs:\n{"outcome": "SUCCEEDED"}'
    )
    assert json.loads(text_of(NOTIFICATION).splitlines()[-1]) == NOTIFICATION.data


def test_subscriptions_can_filter_by_attributes() -> None:
    sns = FakeSns()

    message_id = publish(sns, Channel(TOPIC, "prod", chat=False), NOTIFICATION)

    assert message_id == "67f0c4a4-0000-4000-8000-000000000001"
    assert sns.published == {
        "TopicArn": TOPIC,
        "Subject": "[prod] test-endpoint is in service",
        "Message": text_of(NOTIFICATION),
        "MessageAttributes": {
            "endpoint": {"DataType": "String", "StringValue": "test-endpoint"},
            "outcome": {"DataType": "String", "StringValue": "SUCCEEDED"},
            "stage": {"DataType": "String", "StringValue": "prod"},
        },
    }


def test_an_empty_attribute_is_omitted_because_sns_refuses_it() -> None:
    sns = FakeSns()

    publish(sns, Channel(TOPIC, "", chat=False), NOTIFICATION)

    assert "stage" not in sns.published["MessageAttributes"]


def test_chat_channels_get_a_custom_notification_and_other_subscriptions_the_text() -> None:
    sns = FakeSns()

    publish(sns, Channel(TOPIC, "prod", chat=True), NOTIFICATION)

    assert sns.published["MessageStructure"] == "json"
    forms = json.loads(sns.published["Message"])
    assert forms.keys() == {"default", "https"}
    assert forms["default"] == text_of(NOTIFICATION)
    assert json.loads(forms["https"]) == chat_form(NOTIFICATION)


def test_the_custom_notification_has_the_fields_of_amazon_q() -> None:
    assert chat_form(NOTIFICATION) == {
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
def test_the_custom_notification_is_limited_to_the_length_that_chat_channels_show(text: str) -> None:
    content: dict[str, Any] = chat_form(Notification("e", "CreateFailed", text, (("What happened", text),), (), {}))[
        "content"
    ]

    assert len(content["title"]) <= 250
    assert len(content["description"]) <= 8000


@pytest.mark.parametrize(("form", "chat"), [("text", False), ("chat", True)])
def test_stage_and_format_come_from_the_stack(monkeypatch: pytest.MonkeyPatch, form: str, chat: bool) -> None:
    monkeypatch.setenv("NOTIFICATION_FORMAT", form)

    assert channel(TOPIC) == Channel(TOPIC, "test", chat)


def test_letters_are_published_unescaped() -> None:
    sns = FakeSns()

    publish(sns, Channel(TOPIC, "prod", chat=True), replace(NOTIFICATION, data={"cause": "Größe"}))

    assert "\\u" not in sns.published["Message"]


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("letter", ["x", "ü", "語", "\n", '"'])
def test_a_notification_of_any_size_is_cut_to_the_limit_of_sns(letter: str, chat: bool) -> None:
    long = letter * 200_000
    data = {"outcome": "InternalError", "cause": long, "steps": [{"what": long}]}
    sections = (("What happened", long), ("Live config", "None."), ("What to do", "Report it."))
    notification = replace(NOTIFICATION, sections=sections, data=data)

    made = body(notification, chat=chat)["Message"]

    assert len(made.encode()) < 262_144
    text = json.loads(made)["default"] if chat else made
    assert text.startswith("test-endpoint is in service.\n\nWhat happened\n")
    assert "\n\nWhat to do\nReport it.\n\n" in text
    data = json.loads(text.splitlines()[-1])
    assert data["outcome"] == "InternalError"
    assert set(data) | set(data["omitted"]) == {"outcome", "cause", "steps", "omitted"}


def test_a_section_that_is_too_long_is_cut_after_a_whole_line() -> None:
    command = "aws sagemaker delete-model --model-name churn-0123456789ab"
    notification = replace(NOTIFICATION, sections=(("What to do", "\n".join([command] * 10_000)),))

    text = body(notification, chat=False)["Message"]

    assert CUT in text
    assert {line for line in text.splitlines() if line.startswith("aws")} == {command}
