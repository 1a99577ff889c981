"""`make demo EVENT=…`: every event in events/ ends as its name says."""

import io

import pytest
from rich.console import Console

from tests.support import project
from tests.support.deployment import Slipway
from tools import demo, execution
from tools.deployment_view import DeploymentView

EVENTS = sorted(path.stem for path in (project.ROOT / "events").glob("*.json"))
# Beside those whose names begin with `bad_`: a profile has no model, and SageMaker's event of an edit starts nothing.
OTHERS = {
    "bad_model_rejected": (demo.Exit.IGNORED, "so it starts nothing"),
    "bad_unknown_model": (demo.Exit.FAILED, "ModelNotFound"),
    "model_metadata_edited": (demo.Exit.IGNORED, "so it starts nothing"),
    "profile_h2o3-gbm": (demo.Exit.FAILED, "InvalidRequest"),
}


def expected(event: str) -> tuple[demo.Exit, str]:
    """Exit code and part of the output."""
    if event in OTHERS:
        return OTHERS[event]
    return (demo.Exit.FAILED, "InvalidRequest") if event.startswith("bad_") else (demo.Exit.AS_TOLD, "SUCCEEDED")


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_ends_as_its_name_says(slipway: Slipway, monkeypatch: pytest.MonkeyPatch, event: str) -> None:
    monkeypatch.setattr(execution, "POLL_SECONDS", 0.05)
    out = io.StringIO()
    view = DeploymentView(slipway.aws, slipway.outputs, Console(file=out, width=demo.WIDTH_ELSEWHERE))

    code = demo.run(view, project.event(event), project.ROOT / "events" / f"{event}.json")

    exit_code, said = expected(event)
    assert (code, said in out.getvalue()) == (exit_code, True), out.getvalue()
