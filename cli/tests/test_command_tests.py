"""Tests of an endpoint are part of its plan and of its result."""

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from slipway import plan_view, result_view

REPORT: dict[str, Any] = {
    "endpointName": "churn",
    "exists": {"endpoint": None},
    "steps": [],
    "tests": [{"name": "golden", "variants": ["A", "B"]}, {"name": "queued", "variants": []}],
    "warnings": [],
    "planHash": None,
}
OUTPUT: dict[str, Any] = {
    "endpointName": "churn",
    "action": "none",
    "changed": False,
    "tests": [
        {"name": "golden", "variant": "A", "status": 200, "latencyMilliseconds": 12},
        {"name": "queued", "variant": None, "status": 200, "latencyMilliseconds": None},
    ],
}


def shown(renderables: Iterable[Any]) -> str:
    out = io.StringIO()
    Console(file=out, width=120).print(*renderables, sep="\n")
    return out.getvalue()


def test_the_plan_lists_the_tests_with_their_variants() -> None:
    assert "Test golden: A, B\nTest queued\n" in shown(plan_view.text(REPORT))
    assert "**Tests**\n\n- golden: A, B\n- queued" in plan_view.markdown(REPORT)


def test_a_plan_without_tests_does_not_mention_them() -> None:
    assert "Test" not in shown(plan_view.text({**REPORT, "tests": []}))
    assert "Tests" not in plan_view.markdown({**REPORT, "tests": []})


def test_the_result_has_the_tests_that_passed() -> None:
    started = datetime(2026, 11, 21, tzinfo=UTC)
    described = {"status": "SUCCEEDED", "name": "one", "startDate": started, "output": json.dumps(OUTPUT)}

    text = shown(result_view.text(described))

    assert "  test     golden of A: passed, status 200 after 12 ms\n" in text
    assert "  test     queued: passed, status 200\n" in text
