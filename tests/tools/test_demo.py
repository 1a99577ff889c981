"""`make demo` prepares the models that an event expects."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import project
from tools import stack

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
