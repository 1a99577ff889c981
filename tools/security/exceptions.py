"""Findings of the security checks, and the exceptions that give their reasons."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

FILE = Path(__file__).with_name("exceptions.toml")


@dataclass(frozen=True)
class Finding:
    """A finding: its rule, and the logical ID of the resource that violates the rule."""

    rule: str
    resource: str


@dataclass(frozen=True)
class Exemption:
    """Reason why resources, given as patterns of logical IDs, may violate a rule."""

    rule: str
    resources: tuple[str, ...]
    reason: str

    def explains(self, finding: Finding) -> bool:
        return finding.rule == self.rule and any(fnmatchcase(finding.resource, each) for each in self.resources)


def exceptions_of(tool: str) -> list[Exemption]:
    """The exceptions for a tool, as `exceptions.toml` lists them."""
    listed = tomllib.loads(FILE.read_text())[tool]
    return [Exemption(each["rule"], tuple(each["resources"]), each["reason"]) for each in listed]


def problems(found: Sequence[Finding], exceptions: Sequence[Exemption]) -> list[str]:
    """Findings without a reason and exceptions without a finding, one line each."""
    return [*_unexplained(found, exceptions), *_stale(found, exceptions)]


def _unexplained(found: Sequence[Finding], exceptions: Sequence[Exemption]) -> Iterator[str]:
    for finding in found:
        if not any(each.explains(finding) for each in exceptions):
            yield f"{finding.rule} {finding.resource}: fix the template, or give the reason in {FILE.name}"


def _stale(found: Sequence[Finding], exceptions: Sequence[Exemption]) -> Iterator[str]:
    for exception in exceptions:
        for pattern in exception.resources:
            alone = Exemption(exception.rule, (pattern,), exception.reason)
            if not any(alone.explains(finding) for finding in found):
                yield f"{exception.rule} {pattern}: no such finding; remove the exception from {FILE.name}"
