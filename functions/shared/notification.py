"""The one message of a deployment: a person reads it first, a program finds its part at the end."""

import json
import os
from dataclasses import dataclass

from shared.aws import Client, Json

# SNS takes fewer than 100 characters, no line breaks, printable ASCII (SNS API reference, Publish).
SUBJECT_CHARACTERS = 99
# Room for the longest error and what is live: "UpdateRollbackFailed; a mix of the old and the new config is live".
SUBJECT_END_CHARACTERS = 66
# What Amazon Q Developer in chat applications shows of a custom notification.
CHAT_TITLE_CHARACTERS = 250
CHAT_DESCRIPTION_CHARACTERS = 8000


@dataclass(frozen=True)
class Channel:
    """Where messages go, and in which form.

    Attributes
    ----------
    stage : str
        Stands in the subject and in the attributes.
    chat : bool
        Whether HTTPS subscribers get the custom notification that chat channels show.
    """

    topic_arn: str
    stage: str
    chat: bool


@dataclass(frozen=True)
class Message:
    """What is to be told.

    Attributes
    ----------
    endpoint_name : str
        Name of the endpoint; "unknown" when the request names none.
    outcome : str
        SUCCEEDED, or the name of the failure.
    headline : str
        One line for the subject.
    paragraphs : tuple of (str, str)
        Heading and text: what happened, what serves now, what to do.
    links : tuple of str
        Where to look.
    data : Json
        The same for programs.
    """

    endpoint_name: str
    outcome: str
    headline: str
    paragraphs: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    data: Json


def channel(topic_arn: str) -> Channel:
    """The channel of a topic in the form that the stack's environment says."""
    return Channel(topic_arn, os.environ["STAGE"], os.environ.get("NOTIFICATION_FORMAT", "text") == "chat")


def publish(sns: Client, to: Channel, message: Message) -> str:
    """Publish the message; returns its id.

    The attributes `endpoint`, `outcome` and `stage` are for filter policies of subscriptions.
    """
    body = {"Message": text_of(message)}
    if to.chat:
        forms = {"default": body["Message"], "https": json.dumps(chat_form(message))}
        body = {"Message": json.dumps(forms), "MessageStructure": "json"}
    attributes = {"endpoint": message.endpoint_name, "outcome": message.outcome, "stage": to.stage}
    answer = sns.publish(
        TopicArn=to.topic_arn,
        Subject=subject(f"[{to.stage}] {message.headline}"),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
        },
        **body,
    )
    return str(answer["MessageId"])


def subject(text: str) -> str:
    """The text within SNS's rules for a subject: one line of printable ASCII, 99 characters at most.

    A longer line loses characters in the middle, where a long name is: its end says whether traffic is affected.
    """
    plain = "".join(character if " " <= character <= "~" else " " for character in text)
    line = " ".join(plain.split())
    if len(line) <= SUBJECT_CHARACTERS:
        return line
    return f"{line[: SUBJECT_CHARACTERS - SUBJECT_END_CHARACTERS - 3]}...{line[-SUBJECT_END_CHARACTERS:]}"


def text_of(message: Message) -> str:
    """The message for people, in plain text; its last line is the JSON for programs."""
    parts = [message.headline + "."]
    parts += [f"{heading}\n{text}" for heading, text in message.paragraphs if text]
    if message.links:
        parts.append("\n".join(message.links))
    parts.append("For programs:\n" + json.dumps(message.data))
    return "\n\n".join(parts)


def chat_form(message: Message) -> Json:
    """The message as a custom notification (Amazon Q Developer in chat applications, custom notifications)."""
    facts = "\n".join(f"*{heading}*\n{text}" for heading, text in message.paragraphs if text)
    links = "\n".join(message.links)
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": message.headline[:CHAT_TITLE_CHARACTERS],
            "description": f"{facts}\n{links}"[:CHAT_DESCRIPTION_CHARACTERS],
        },
        "metadata": {"threadId": message.endpoint_name, "summary": message.headline, "eventType": message.outcome},
    }
