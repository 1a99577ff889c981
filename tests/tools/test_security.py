"""The security checks fail on a finding without a reason and on a reason without a finding."""

import pytest

from tools.security.exceptions import Exemption, Finding, exceptions_of, problems

KNOWN = Finding("R1", "SomeFunction")
EXEMPTION = Exemption("R1", ("*Function",), "because")


def test_findings_with_a_reason_are_not_a_problem() -> None:
    assert problems([KNOWN], [EXEMPTION]) == []


@pytest.mark.parametrize("found", [Finding("R2", "SomeFunction"), Finding("R1", "SomeQueue")])
def test_a_finding_without_a_reason_is_reported(found: Finding) -> None:
    assert problems([KNOWN, found], [EXEMPTION]) == [
        f"{found.rule} {found.resource}: fix the template, or give the reason in exceptions.toml"
    ]


def test_an_exception_for_a_resource_without_findings_is_reported() -> None:
    several = Exemption("R1", ("*Function", "Queue"), "because")

    assert problems([KNOWN], [several]) == ["R1 Queue: no such finding; remove the exception from exceptions.toml"]


@pytest.mark.parametrize("tool", ["checkov", "cdk-nag"])
def test_every_exception_has_its_reason_in_one_line(tool: str) -> None:
    reasons = [each.reason for each in exceptions_of(tool)]

    assert [reason for reason in reasons if "\n" in reason or not reason.endswith(".")] == []
