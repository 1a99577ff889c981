"""The one notification of an execution: text for people first, JSON for programs in its last line."""

import json
import os
from dataclasses import dataclass, replace

from shared.aws import Client, Json

# SNS takes fewer than 100 characters, no line breaks, printable ASCII (SNS API reference, Publish).
SUBJECT_CHARACTERS = 99
# The longest end of a subject: "UpdateRollbackFailed; a mix of the old and the new config is live".
SUBJECT_END_CHARACTERS = 66
# SNS takes 262,144 bytes, attributes included (SNS API reference, Publish; developer guide, message attributes).
MESSAGE_BYTES = 256_000
# Limits of a custom notification in Amazon Q Developer in chat applications.
CHAT_TITLE_CHARACTERS = 250
CHAT_DESCRIPTION_CHARACTERS = 8000
CUT = "\n… (cut here: the rest is in the execution history)"


@dataclass(frozen=True)
class Channel:
    """A topic, and the format of its notifications.

    Attributes
    ----------
    stage : str
        Part of the subject and of the message attributes.
    chat : bool
        Whether HTTPS subscriptions get the custom notification that chat channels show.
    """

    topic_arn: str
    stage: str
    chat: bool


@dataclass(frozen=True)
class Notification:
    """A notification.

    Attributes
    ----------
    endpoint_name : str
        "unknown" if the request names none.
    outcome : str
        SUCCEEDED, or the name of the error.
    headline : str
        One line for the subject.
    sections : tuple of (str, str)
        Heading and text: what happened, the live config, what to do.
    links : tuple of str
        Links into the console.
    data : Json
        The same for programs.
    """

    endpoint_name: str
    outcome: str
    headline: str
    sections: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    data: Json


def channel(topic_arn: str) -> Channel:
    """Return the channel of a topic, in the format that the stack's environment names."""
    return Channel(topic_arn, os.environ["STAGE"], os.environ.get("NOTIFICATION_FORMAT", "text") == "chat")


def publish(sns: Client, to: Channel, notification: Notification) -> str:
    """Publish the notification and return its id.

    Filter policies of subscriptions can use the attributes `endpoint`, `outcome` and `stage`.
    """
    attributes = {"endpoint": notification.endpoint_name, "outcome": notification.outcome, "stage": to.stage}
    answer = sns.publish(
        TopicArn=to.topic_arn,
        Subject=subject(f"[{to.stage}] {notification.headline}"),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
        **body(notification, chat=to.chat),
    )
    return str(answer["MessageId"])


def subject(text: str) -> str:
    """Return the text within SNS's rules for a subject: one line of printable ASCII, at most 99 characters.

    A longer line loses characters in the middle, where a long name is: its end says whether traffic is affected.
    """
    plain = "".join(character if " " <= character <= "~" else " " for character in text)
    line = " ".join(plain.split())
    if len(line) <= SUBJECT_CHARACTERS:
        return line
    return f"{line[: SUBJECT_CHARACTERS - SUBJECT_END_CHARACTERS - 3]}...{line[-SUBJECT_END_CHARACTERS:]}"


def body(notification: Notification, *, chat: bool) -> Json:
    """Return Publish's message parameters, shortened to the size that SNS takes."""
    text = text_of(notification)
    made: Json = {"Message": text}
    if chat:
        forms = {"default": text, "https": _json(chat_form(notification))}
        made = {"Message": _json(forms), "MessageStructure": "json"}
    if len(made["Message"].encode()) <= MESSAGE_BYTES:
        return made
    return body(_shortened(notification), chat=chat)


def text_of(notification: Notification) -> str:
    """Return the plain text for people; its last line is the JSON for programs."""
    parts = [notification.headline + "."]
    parts += [f"{heading}\n{text}" for heading, text in notification.sections if text]
    if notification.links:
        parts.append("\n".join(notification.links))
    parts.append("For programs:\n" + _json(notification.data))
    return "\n\n".join(parts)


def chat_form(notification: Notification) -> Json:
    """Return the custom notification (Amazon Q Developer in chat applications, custom notifications)."""
    facts = "\n".join(f"*{heading}*\n{text}" for heading, text in notification.sections if text)
    links = "\n".join(notification.links)
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": notification.headline[:CHAT_TITLE_CHARACTERS],
            "description": f"{facts}\n{links}"[:CHAT_DESCRIPTION_CHARACTERS],
        },
        "metadata": {
            "threadId": notification.endpoint_name,
            "summary": notification.headline,
            "eventType": notification.outcome,
        },
    }


def shortened(text: str, characters: int) -> str:
    """Return the text within so many characters, cut after a whole line: half a command must not be copied."""
    if len(text) <= characters:
        return text
    cut = text[: max(0, characters - len(CUT))]
    return (cut.rpartition("\n")[0] or cut) + CUT


def _shortened(notification: Notification) -> Notification:
    """The notification with half of its longest section, or without the largest member of its data."""
    heading, text = max(notification.sections, key=lambda section: len(section[1]), default=("", ""))
    member = max(notification.data, key=lambda name: len(_json(notification.data[name])))
    if len(_json(notification.data[member])) > len(text):
        omitted = [*notification.data.get("omitted", []), member]
        data = {name: value for name, value in notification.data.items() if name != member}
        return replace(notification, data=data | {"omitted": omitted})
    sections = (
        (each, shortened(text, len(text) // 2) if each == heading else said) for each, said in notification.sections
    )
    return replace(notification, sections=tuple(sections))


def _json(value: object) -> str:
    """JSON with letters as they are: an escaped one has up to three times as many bytes."""
    return json.dumps(value, ensure_ascii=False)
