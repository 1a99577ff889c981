"""Wildcards of policies: `*` matches any number of characters, `?` one.

IAM user guide, "IAM JSON policy elements: Resource" and "Condition operators": actions match regardless of case,
and the six parts of an ARN match separately.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from local_aws.core.errors import ApiError

ARN_PARTS = 6
# Private-use characters for a literal `*` and `?` in a pattern.
_LITERALS = {"\ue000": "*", "\ue001": "?"}


class InvalidPatternError(ApiError):
    """A resource that AWS refuses when the policy is written."""


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression that fully matches everything that a pattern matches, regardless of case."""
    return re.compile("|".join(map(_expression, patterns)), re.DOTALL | re.IGNORECASE)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL)


def _expression(pattern: str) -> str:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    for stand_in, character in _LITERALS.items():
        expression = expression.replace(stand_in, re.escape(character))
    return expression


def literal(text: str) -> str:
    """A pattern that only matches `text`: the value of a policy variable has no wildcards."""
    for stand_in, character in _LITERALS.items():
        text = text.replace(character, stand_in)
    return text


def plain(pattern: str) -> str:
    """The text of `pattern` where wildcards have no meaning."""
    for stand_in, character in _LITERALS.items():
        pattern = pattern.replace(stand_in, character)
    return pattern


def matches(pattern: str, text: str) -> bool:
    """Whether all of `text` matches `pattern`."""
    return pattern == "*" or _compiled(pattern).fullmatch(text) is not None


def matches_arn(pattern: str, arn: str) -> bool:
    """Whether each part of `arn` matches the part of `pattern`.

    Raises
    ------
    InvalidPatternError
        If `pattern` is neither ``*`` nor has the six parts of an ARN.
    """
    if pattern == "*":
        return True
    pattern_parts, parts = pattern.split(":", ARN_PARTS - 1), arn.split(":", ARN_PARTS - 1)
    if len(pattern_parts) != ARN_PARTS:
        raise InvalidPatternError("MalformedPolicyDocument", f'Resource {pattern} must be in ARN format or "*".')
    return len(parts) == ARN_PARTS and all(map(matches, pattern_parts, parts))
