"""The example examples/iris: what it says of itself is true."""

import json
from pathlib import Path

import pytest

from slipway import validation
from tests.support import project
from tools import iris, transcript


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("iris")


@pytest.mark.parametrize(
    ("version", "accuracy", "species"),
    [
        (iris.FIRST, "97.3%", ["setosa", "versicolor", "virginica"]),
        (iris.WORSE, "66.7%", ["setosa", "versicolor", "versicolor"]),
    ],
    ids=["first", "worse"],
)
def test_a_trained_version_answers_the_sample(
    folder: Path, version: iris.Version, accuracy: str, species: list[str]
) -> None:
    model = folder / version.payload.stem

    assert iris.train(version, model) == f"accuracy {accuracy} on 150 flowers"

    trial = iris.packaged(model, folder / f"{version.payload.stem}.tar.gz").trial
    assert trial is not None
    assert [each["predicted_class"] for each in json.loads(str(trial.answer))["predictions"]] == species


def test_both_versions_must_pass_the_same_test() -> None:
    first, worse = iris.FIRST.request("my-bucket"), iris.WORSE.request("my-bucket")

    assert first["models"]["iris"].pop("artifact") == "s3://my-bucket/iris/1/model.tar.gz"
    assert worse["models"]["iris"].pop("artifact") == "s3://my-bucket/iris/2/model.tar.gz"
    assert first == worse


@pytest.mark.parametrize("version", [iris.FIRST, iris.WORSE], ids=["first", "worse"])
def test_the_payloads_are_valid_as_they_are(version: iris.Version) -> None:
    assert validation.faults(json.loads((project.ROOT / version.payload).read_text())) == []


def test_the_test_sends_the_sample() -> None:
    (test,) = iris.FIRST.request("my-bucket")["test"]

    assert test["body"] == json.loads((iris.FOLDER / "sample.json").read_text())


def test_every_bucket_of_the_payload_is_replaced() -> None:
    assert "amzn-s3-demo-bucket" not in json.dumps(iris.FIRST.request("my-bucket"))
    assert "amzn-s3-demo-bucket" in (project.ROOT / iris.FIRST.payload).read_text()


def test_the_short_transcript_has_no_body_of_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = "SUCCEEDED\n  message   iris is in service\n            first\n\n            second\n\nA second version\n"
    monkeypatch.setattr(transcript, "text", lambda: whole)

    assert transcript.short() == "SUCCEEDED\n  message   iris is in service\n            …\n\nA second version\n"
