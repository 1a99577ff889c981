"""Rules of composite alarms (CloudWatch API reference, PutCompositeAlarm, AlarmRule).

``ALARM(name)``, ``OK(name)``, ``INSUFFICIENT_DATA(name)``, ``TRUE`` and ``FALSE``, combined by AND, OR, NOT and
parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from moto.cloudwatch.exceptions import ValidationError

LONGEST_RULE = 10_240

StateOf = Callable[[str], str]
Holds = Callable[[StateOf], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^()\s]+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<mark>[()]))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Rule:
    """A parsed rule: whether it holds for the states of alarms by name, and the alarms that it names."""

    holds: Holds
    alarms: frozenset[str]


@cache
def parsed(text: str) -> Rule:
    """The rule.

    Raises
    ------
    ValidationError
        If it is not one.
    """
    if len(text) > LONGEST_RULE:
        raise ValidationError(f"AlarmRule must not exceed {LONGEST_RULE} characters.")
    return _Parser(text).rule()


class _Parser:
    """NOT binds more tightly than AND, and AND more tightly than OR."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._next = 0
        self._alarms: set[str] = set()

    def rule(self) -> Rule:
        holds = self._either()
        if self._next < len(self._tokens):
            raise self._error(self._tokens[self._next][0])
        return Rule(holds, frozenset(self._alarms))

    def _split(self) -> list[tuple[str, str]]:
        """Words, marks, and states with the names of their alarms."""
        tokens, position = [], 0
        while self._text[position:].strip():
            match = _TOKEN.match(self._text, position)
            if match is None:
                raise self._error(self._text[position:].strip())
            name = match["quoted"] or match["single"] or match["bare"] or ""
            tokens.append(((match["state"] or match["word"] or match["mark"]).upper(), name.split(":alarm:")[-1]))
            position = match.end()
        return tokens

    def _take(self, *wanted: str) -> str | None:
        if self._next < len(self._tokens) and self._tokens[self._next][0] in wanted:
            self._next += 1
            return self._tokens[self._next - 1][0]
        return None

    def _either(self) -> Holds:
        parts = [self._both()]
        while self._take("OR"):
            parts.append(self._both())
        return lambda state_of: any(part(state_of) for part in parts)

    def _both(self) -> Holds:
        parts = [self._negated()]
        while self._take("AND"):
            parts.append(self._negated())
        return lambda state_of: all(part(state_of) for part in parts)

    def _negated(self) -> Holds:
        if self._take("NOT"):
            inner = self._negated()
            return lambda state_of: not inner(state_of)
        return self._simple()

    def _simple(self) -> Holds:
        if self._take("("):
            inner = self._either()
            if not self._take(")"):
                raise self._error("the end: a parenthesis is not closed")
            return inner
        constant = self._take("TRUE", "FALSE")
        if constant:
            return lambda _: constant == "TRUE"
        state = self._take("ALARM", "OK", "INSUFFICIENT_DATA")
        if state is None:
            raise self._error(self._tokens[self._next][0] if self._next < len(self._tokens) else "the end")
        name = self._tokens[self._next - 1][1]
        self._alarms.add(name)
        return lambda state_of: state_of(name) == state

    def _error(self, where: str) -> ValidationError:
        return ValidationError(f"AlarmRule is invalid at {where}: {self._text}")
