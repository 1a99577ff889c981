"""Filter patterns of log events: terms and quoted phrases; moto knows one of them and lets anything else match.

CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, filter log events".
"""

from __future__ import annotations

import re

from local_aws.core.errors import NotModelledError

# A phrase in quotes, or a term of letters, digits and underscores, which alone needs no quotes; "-" excludes it.
_TERM = re.compile(r'\s*(?P<excludes>-?)(?:"(?P<phrase>[^"]+)"|(?P<term>\w+)(?=\s|$))')


class EventMessageFilter:
    """Matches messages that contain every term, in the same case, and none of the excluded ones."""

    def __init__(self, pattern: str | None) -> None:
        self._wanted: list[str] = []
        self._excluded: list[str] = []
        at = 0
        text = (pattern or "").strip()
        while at < len(text):
            found = _TERM.match(text, at)
            if found is None:
                raise NotModelledError(f"filter pattern {pattern!r}: only terms, phrases and exclusions are modelled")
            terms = self._excluded if found["excludes"] else self._wanted
            terms.append(found["phrase"] or found["term"])
            at = found.end()

    def matches(self, message: str) -> bool:
        """Whether the pattern selects the message; an empty pattern selects every message."""
        is_excluded = any(term in message for term in self._excluded)
        return not is_excluded and all(term in message for term in self._wanted)
