"""Checks of Publish (SNS API reference, Publish)."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from moto.kms.models import kms_backends
from moto.sns.exceptions import InvalidParameterValue, SNSException
from moto.sns.models import Topic

SUBJECT_LIMIT = 100  # "less than 100 characters long"
MESSAGE_LIMIT_BYTES = 256 * 1024
_TYPES = ("String", "Number", "Binary")
_NAME_CHARACTER = re.compile(r"[A-Za-z0-9_.-]")


class InvalidParameterError(InvalidParameterValue):
    """An invalid parameter of the request."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Invalid parameter: {what}")


class InvalidAttributeError(SNSException):
    """An invalid message attribute (SNS API reference, common error InvalidParameterValue)."""

    code = "ParameterValueInvalid"


class KeyUnusableError(SNSException):
    """The KMS key of an encrypted topic cannot be used."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_message(
    topic: Topic, message: str, subject: str | None, structure: str | None, attributes: dict[str, Any]
) -> None:
    """Refuse a message that AWS refuses; `attributes` has moto's form, with ``Type`` and ``Value``.

    Raises
    ------
    InvalidParameterError
    """
    if not message:
        raise InvalidParameterError("Empty message")
    if len(message.encode()) + _size(attributes) > int(getattr(topic, "maximum_message_size", MESSAGE_LIMIT_BYTES)):
        raise InvalidParameterError("Message too long")
    if subject is not None:
        _check_subject(subject)
    if structure not in (None, "json"):
        raise InvalidParameterError("MessageStructure")
    if structure == "json":
        _check_structure(message)


def _size(attributes: dict[str, Any]) -> int:
    """Size of message attributes in bytes, which counts towards the message: names, types and values."""
    return sum(
        len(text.encode())
        for name, attribute in attributes.items()
        for text in (name, attribute["Type"], str(attribute["Value"]))
    )


def check_attributes(attributes: dict[str, dict[str, Any]]) -> None:
    """Refuse message attributes without type or value, or with an invalid name.

    Raises
    ------
    InvalidAttributeError
    """
    for name, attribute in attributes.items():
        _check_name(name)
        kind = attribute.get("DataType", "")
        value = attribute.get("BinaryValue") if kind.startswith("Binary") else attribute.get("StringValue")
        if not kind:
            raise InvalidAttributeError(f"The message attribute '{name}' must contain message attribute type.")
        if kind.split(".")[0] not in _TYPES:
            raise InvalidAttributeError(
                f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
                "prefixes is Binary, Number, and String."
            )
        if not value:
            raise InvalidAttributeError(
                f"The message attribute '{name}' must contain non-empty message attribute value for message attribute "
                f"type '{kind}'."
            )
        if kind == "Number" and not _is_number(str(value)):
            raise InvalidAttributeError(f"Could not cast message attribute '{name}' value to number.")


def _check_name(name: str) -> None:
    """SNS developer guide, "Amazon SNS message attributes"; the messages are from recordings."""
    for character in name:
        if not _NAME_CHARACTER.fullmatch(character):
            raise InvalidAttributeError(
                f"Invalid non-alphanumeric character '#x{ord(character):X}' was found in the message attribute name. "
                "Can only include alphanumeric characters, hyphens, underscores, or dots."
            )
    if name.startswith("."):
        raise InvalidAttributeError("Invalid message attribute name starting with character '.' was found.")
    if name.endswith("."):
        raise InvalidAttributeError("Invalid message attribute name ending with character '.' was found.")
    if ".." in name:
        raise InvalidAttributeError("Message attribute name can not have successive '.' character.")


def check_key(topic: Topic) -> None:
    """Refuse to publish to a topic whose key is missing or disabled.

    Raises
    ------
    KeyUnusableError
    """
    if not topic.kms_master_key_id:
        return
    region = topic.arn.split(":")[3]
    keys = kms_backends[topic.account_id][region]
    alias = keys.get_alias_name(topic.kms_master_key_id)
    key_id = keys.get_key_id_from_alias(alias) if alias.startswith("alias/") else keys.get_key_id(alias)
    key = keys.keys.get(key_id)
    if key is None:
        raise KeyUnusableError("KMSNotFound", f"Key {topic.kms_master_key_id} does not exist")
    if key.key_state == "Disabled":
        raise KeyUnusableError("KMSDisabled", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        raise KeyUnusableError("KMSInvalidState", f"{key.arn} is pending deletion.")


def _check_subject(subject: str) -> None:
    is_printable = not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in subject)
    if not subject.strip() or len(subject) >= SUBJECT_LIMIT or not is_printable:
        raise InvalidParameterError("Subject")


def _check_structure(message: str) -> None:
    try:
        structured = json.loads(message)
    except json.JSONDecodeError as error:
        raise InvalidParameterError("Message Structure - JSON message body failed to parse") from error
    if not isinstance(structured, dict) or not isinstance(structured.get("default"), str):
        raise InvalidParameterError("Message Structure - No default entry in JSON message body")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
