"""Characters that SageMaker takes in tags, and the tag value of an execution."""

import unicodedata

from shared.planning.names import digest

ALLOWED = "letters, digits, spaces and _ . : / = + - @"
SIGNS = frozenset("_.:/=+-@")
# Letters, separators and numbers: SageMaker API reference, Tag, [\p{L}\p{Z}\p{N}_.:/=+\-@]*.
CATEGORIES = frozenset("LZN")


def refused_characters(text: str) -> list[str]:
    """Return the characters of the text that a tag cannot have, each once."""
    return [character for character in dict.fromkeys(text) if not _is_allowed(character)]


def execution_value(execution_arn: str) -> str:
    """Return the value of a tag that names the execution, in at most 256 characters.

    Names of executions can have characters that tags cannot, such as ``!``: a hash then keeps two executions apart.
    """
    if not refused_characters(execution_arn):
        return execution_arn
    legal = "".join(character if _is_allowed(character) else "_" for character in execution_arn)
    return f"{legal}-{digest(execution_arn)}"


def _is_allowed(character: str) -> bool:
    return character in SIGNS or unicodedata.category(character)[0] in CATEGORIES
