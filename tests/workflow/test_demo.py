"""`make demo EVENT=…`: an event ends as its name says; `test_bad_events.py` runs all bad ones."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tests.support import project
from tests.support.deployment import Slipway
from tools import demo, execution
from tools.deployment_view import DeploymentView

# Events that do not succeed. A profile names no model, and SageMaker's event of an edit starts nothing.
OTHERS = {
    "bad_model_rejected": (demo.Exit.IGNORED, "so it starts nothing"),
    "bad_unknown_model": (demo.Exit.FAILED, "ModelNotFound"),
    "model_metadata_edited": (demo.Exit.IGNORED, "so it starts nothing"),
    "profile_h2o3-gbm": (demo.Exit.FAILED, "InvalidRequest"),
    "bad_unknown_field": (demo.Exit.FAILED, "InvalidRequest"),
}
GOOD = {path.stem for path in (project.ROOT / "events").glob("*.json") if not path.stem.startswith("bad_")}


# Names that other tests use, too.
RENAMED = {"test-endpoint": "demo-endpoint", "h2o3-gbm": "demo-gbm"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The events, with endpoints and a model package group of their own."""
    copy = tmp_path_factory.mktemp("events")
    for path in (project.ROOT / "events").glob("*.json"):
        (copy / renamed(path.name)).write_text(renamed(path.read_text()))
    return copy


def renamed(text: str) -> str:
    for name, other in RENAMED.items():
        text = text.replace(name, other)
    return text


def expected(event: str) -> tuple[demo.Exit, str]:
    """Exit code and part of the output."""
    return OTHERS.get(event, (demo.Exit.AS_TOLD, "SUCCEEDED"))


@pytest.mark.parametrize("event", sorted(GOOD | set(OTHERS)))
def test_an_event_ends_as_its_name_says(
    slipway: Slipway, folder: Path, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    monkeypatch.setattr(execution, "POLL_SECONDS", 0.05)
    out = io.StringIO()
    view = DeploymentView(slipway.aws, slipway.outputs, Console(file=out, width=demo.WIDTH_ELSEWHERE))

    path = folder / f"{renamed(event)}.json"

    code = demo.run(view, json.loads(path.read_text()), path)

    exit_code, said = expected(event)
    assert (code, said in out.getvalue()) == (exit_code, True), out.getvalue()
    assert out.getvalue().count("\n  message ") == (exit_code != demo.Exit.IGNORED)
