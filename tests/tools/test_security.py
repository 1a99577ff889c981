"""The security checks: nothing that is found goes without a reason, and no reason outlives its finding."""

import pytest

from tools.security.exceptions import Exemption, Finding, exceptions_of, problems

KNOWN = Finding("R1", "SomeFunction")
EXEMPTION = Exemption("R1", ("*Function",), "because")


def test_findings_that_have_their_reason_are_no_problem() -> None:
    assert problems([KNOWN], [EXEMPTION]) == []


@pytest.mark.parametrize("found", [Finding("R2", "SomeFunction"), Finding("R1", "SomeQueue")])
def test_a_finding_without_a_reason_is_named(found: Finding) -> None:
    assert problems([KNOWN, found], [EXEMPTION]) == [
        f"{found.rule} {found.resource}: fix the template, or give the reason in exceptions.toml"
    ]


def test_an_exception_for_a_resource_that_nothing_is_found_of_is_named() -> None:
    several = Exemption("R1", ("*Function", "Queue"), "because")

    assert problems([KNOWN], [several]) == ["R1 Queue: nothing is found, so remove the exception from exceptions.toml"]


@pytest.mark.parametrize("tool", ["checkov", "cdk-nag"])
def test_every_exception_has_its_reason_in_one_line(tool: str) -> None:
    reasons = [each.reason for each in exceptions_of(tool)]

    assert [reason for reason in reasons if "\n" in reason or not reason.endswith(".")] == []
