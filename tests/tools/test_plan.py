"""`make plan` shows a dry run's output in readable form."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tools import plan

STEP = {"state": "Create endpoint config", "action": "create", "what": "endpoint config e-6d537cdc35e0"}
REPORT = {
    "endpointName": "e",
    "exists": {"endpoint": None, "scalableTargets": []},
    "steps": [STEP],
    "tests": [{"name": "golden", "variants": ["A", "B"]}, {"name": "queued", "variants": []}],
    "warnings": ["Mind this."],
    "planHash": "0123456789ab",
}
ENDPOINT = {
    "status": "InService",
    "endpointConfigName": "old",
    "variants": [{"variantName": "AllTraffic", "instanceCount": 4}],
}


def said(**changes: object) -> str:
    out = io.StringIO()
    Console(file=out, width=100).print(*plan.shown(REPORT | changes), sep="\n")
    return out.getvalue()


def test_the_plan_shows_existing_resources_steps_tests_warnings_and_the_hash() -> None:
    text = said()

    assert text.startswith("e: does not exist\n")
    assert "1   Create endpoint config   create   endpoint config e-6d537cdc35e0" in text
    assert "test: golden, A, B\ntest: queued\n" in text
    assert "warning: Mind this.\n" in text
    assert '"planHash": "0123456789ab"' in text


def test_an_existing_endpoint_is_shown_with_its_instances() -> None:
    assert "e: InService on config old (AllTraffic × 4)\n" in said(exists={"endpoint": ENDPOINT, "scalableTargets": []})


def test_without_steps_nothing_would_be_done() -> None:
    assert "Nothing would be done." in said(steps=[])


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("{", "Expecting property name"),
        ("[]", "is not a request"),
        (json.dumps({"detail-type": "x"}), "is not a request"),
    ],
)
def test_a_payload_that_is_not_a_request_is_bad_usage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    said_of_it: str,
) -> None:
    path = tmp_path / "event.json"
    path.write_text(text)
    monkeypatch.setattr("sys.argv", ["plan", str(path)])

    assert plan.main() is plan.Exit.BAD_USAGE
    assert said_of_it in capsys.readouterr().err
