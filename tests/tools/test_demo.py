"""`make demo` prepares what an event expects, and stops where its story is not as it says."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from tests.support import project
from tools import page, prerequisites, stack, story
from tools.execution import Ended, stages

EVENTS = project.ROOT / "events"


def unknown(name: str) -> set[str]:
    path = EVENTS / f"{name}.json"
    return stack.unknown_models(path, json.loads(path.read_text()))


def test_the_model_of_an_event_with_an_unknown_model_is_missing() -> None:
    assert unknown("bad_unknown_model") == {"nobody-made-this-model"}


def test_a_bad_event_of_another_kind_finds_the_models_of_the_good_events() -> None:
    assert unknown("bad_zero_instances") == set()


def test_the_models_of_shadow_variants_are_created() -> None:
    request = json.loads((EVENTS / "deploy_shadow.json").read_text())

    assert stack.model_names(request) == ["h2o3-gbm-2019-10-22-17-57-58", "h2o3-gbm-2019-11-05-09-12-31"]


@pytest.mark.parametrize("payload", [{"productionVariants": [{"ModelName": "mine"}]}, "text"])
def test_every_model_of_a_good_payload_is_created(tmp_path: Path, payload: Any) -> None:
    assert stack.unknown_models(tmp_path / "mine.json", payload) == set()


def before(payload: dict[str, Any], folder: Path = EVENTS) -> list[str]:
    """Models of the requests that are deployed before the payload, each with the file it comes from."""
    found = prerequisites.of(folder / "mine.json", payload)
    return [f"{path.name}: {request['productionVariants'][0]['ModelName']}" for path, request in found]


def test_a_removal_needs_a_deployment() -> None:
    removal = {"endpointName": "test-endpoint", "confirm": "test-endpoint"}

    assert before(removal) == ["deploy_endpoint.json: h2o3-gbm-2019-10-22-17-57-58"]


def test_a_rollback_needs_two_deployments_that_differ() -> None:
    assert before({"endpointName": "test-endpoint", "rollback": True}) == [
        "deploy_endpoint.json: h2o3-gbm-2019-10-22-17-57-58",
        "deploy_endpoint.json: h2o3-gbm-2019-10-22-17-57-58-2",
    ]


def test_nothing_is_deployed_before_another_payload_or_for_an_unknown_endpoint(tmp_path: Path) -> None:
    assert before(json.loads((EVENTS / "deploy_endpoint.json").read_text())) == []
    assert before({"endpointName": "test-endpoint", "rollback": True}, tmp_path) == []


def test_the_stages_of_each_update_are_listed_once() -> None:
    seen = ["creating", "creating", "baking", None, "creating", None, None]
    events = [
        {"type": "TaskSubmitted", "taskSubmittedEventDetails": {"output": json.dumps({"Payload": {"stage": stage}})}}
        for stage in seen
    ]

    assert list(stages(events)) == [["creating", "baking"], ["creating"]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[Ended], str]:
    """Return a function that tells the story with executions that all have this end, and returns what it showed."""

    def tell(ended: Ended) -> str:
        out = io.StringIO()
        monkeypatch.setattr(story.Execution, "start", lambda *_: SimpleNamespace(followed=lambda _: ended))
        monkeypatch.setattr(story.Story, "_uploaded", lambda *_: {})
        outputs = dict.fromkeys(
            (
                "ArtifactBucketName",
                "DeployEndpointStateMachineArn",
                "RemoveEndpointStateMachineArn",
                "SuccessTopicArn",
                "FailureTopicArn",
            ),
            "any",
        )
        aws: Any = SimpleNamespace(get=lambda _: [])
        with pytest.raises(story.UnexpectedError) as raised:
            story.Story(aws, outputs, page.Page(Console(file=out, theme=page.THEME))).tell()
        return f"{out.getvalue()}{raised.value}"

    return tell


def test_the_story_stops_at_a_step_that_does_not_end_as_it_says(told: Callable[[Ended], str]) -> None:
    text = told(Ended(error="RequestRefused", cause="no\nFailed in the state Create endpoint.\nmore"))

    assert "1. Create an endpoint" in text
    assert "2. " not in text
    assert "expected success, got RequestRefused: no" in text


def test_the_page_shows_the_reason_of_a_failure_only(told: Callable[[Ended], str]) -> None:
    shown, _, _ = told(Ended(error="RequestRefused", cause="no\nFailed in the state X.\nmore")).partition("expected")

    assert "RequestRefused, 0 min on the virtual clock\n                no\n" in shown
    assert "more" not in shown


def test_facts_are_wrapped_at_a_hundred_columns() -> None:
    out = io.StringIO()

    page.Page(Console(file=out, width=300)).fact("cause", "word " * 60)

    assert max(map(len, out.getvalue().splitlines())) <= page.WIDTH


def test_a_wrapped_sentence_has_one_colour() -> None:
    text = page.Colours()("Look at the\nend.\ntrain  97%")

    assert [(span.start, span.end, span.style) for span in text.spans] == [(0, 16, "demo.look")]
