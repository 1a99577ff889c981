"""The example examples/iris: what it says of itself is true."""

import json
from pathlib import Path

import pytest

from slipway import validation
from tests.support import project
from tools import iris

VERSIONS = {"first": iris.FIRST, "worse": iris.WORSE, "better": iris.BETTER}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("iris")


@pytest.mark.parametrize(
    ("version", "accuracy", "species"),
    [
        (iris.FIRST, "97.3%", ["setosa", "versicolor", "virginica"]),
        (iris.WORSE, "66.7%", ["setosa", "versicolor", "versicolor"]),
        (iris.BETTER, "97.3%", ["setosa", "versicolor", "virginica"]),
    ],
    ids=VERSIONS,
)
def test_a_trained_version_answers_the_sample(
    folder: Path, version: iris.Version, accuracy: str, species: list[str]
) -> None:
    model = folder / version.payload.stem

    assert iris.train(version, model) == f"accuracy {accuracy} on 150 flowers"

    trial = iris.packaged(model, folder / f"{version.payload.stem}.tar.gz").trial
    assert trial is not None
    assert [each["predicted_class"] for each in json.loads(str(trial.answer))["predictions"]] == species


def test_all_versions_are_deployed_alike() -> None:
    requests = [version.request("my-bucket") for version in VERSIONS.values()]

    assert [request["models"]["iris"].pop("artifact") for request in requests] == [
        f"s3://my-bucket/iris/{number}/model.tar.gz" for number in (1, 2, 3)
    ]
    assert requests == [requests[0]] * len(requests)


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_the_payloads_are_valid_as_they_are(version: iris.Version) -> None:
    assert validation.faults(json.loads((project.ROOT / version.payload).read_text())) == []


def test_the_test_sends_the_sample() -> None:
    (test,) = iris.FIRST.request("my-bucket")["test"]

    assert test["body"] == json.loads((iris.FOLDER / "sample.json").read_text())


def test_every_bucket_of_the_payload_is_replaced() -> None:
    assert "amzn-s3-demo-bucket" not in json.dumps(iris.FIRST.request("my-bucket"))
    assert "amzn-s3-demo-bucket" in (project.ROOT / iris.FIRST.payload).read_text()
