import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plan_deployment.models import images
from plan_deployment.models.images import Place, UnknownImageError, image_uri, inference_image, known_image
from plan_deployment.request.instance_rules import KNOWN_TYPES
from tools import image_table

RECORDED = Path(__file__).parent / "data" / "image_uris.csv"
IRELAND = Place("aws", "eu-west-1")
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


def recorded() -> Iterator[dict[str, str]]:
    lines = [line for line in RECORDED.read_text().splitlines() if not line.startswith("#")]
    yield from csv.DictReader(lines)


def place(region: str) -> Place:
    found = next((name for beginning, name in PARTITIONS.items() if region.startswith(beginning)), "aws")
    return Place(found, region)


def described(row: dict[str, str]) -> dict[str, str]:
    python = {"pythonVersion": row["python"]} if row["python"] else {}
    return {"framework": row["framework"], "version": row["version"]} | python


def test_the_uris_are_those_of_the_sagemaker_sdk() -> None:
    rows = list(recorded())

    assert len(rows) > 400
    assert {row["region"] for row in rows} > {"eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1"}
    for row in rows:
        assert image_uri(described(row), {row["processor"]}, place(row["region"])) == row["uri"]


def test_an_image_of_the_table_is_recognised_by_its_uri() -> None:
    for row in recorded():
        found = known_image(row["uri"])
        assert found is not None
        assert found.framework == row["framework"]
        assert row["processor"] in found.processors


@pytest.mark.parametrize(
    ("instance_type", "processor"),
    [
        ("ml.m5.large", "cpu"),
        ("ml.c6i.large", "cpu"),
        ("ml.g5.xlarge", "gpu"),
        ("ml.g4dn.xlarge", "gpu"),
        ("ml.p5en.48xlarge", "gpu"),
        ("ml.p6e-gb200.36xlarge", "gpu"),
        ("ml.c7g.large", "graviton"),
        ("ml.r6gd.large", "graviton"),
        ("ml.inf2.xlarge", "neuron"),
        ("ml.trn1.2xlarge", "neuron"),
        ("ml.dl1.24xlarge", "gaudi"),
        ("serverless", "cpu"),
    ],
)
def test_the_instance_type_says_the_processor(instance_type: str, processor: str) -> None:
    assert images.processor_of(instance_type) == processor


def test_every_known_instance_type_has_a_processor() -> None:
    assert {images.processor_of(each) for each in KNOWN_TYPES} == {"cpu", "gpu", "graviton", "neuron", "gaudi"}


@pytest.mark.parametrize(
    ("changes", "processors", "region", "member", "problem", "remedy"),
    [
        ({"framework": "caffe"}, {"cpu"}, "eu-west-1", "framework", "caffe is not a known framework", "xgboost, sk"),
        ({"version": "9"}, {"cpu"}, "eu-west-1", "version", "9 is not a known version of pytorch", "2.5.1, 2.6, 2.6.0"),
        ({}, {"cpu"}, "mars-1", "version", "AWS has no image of pytorch 2.6.0 in mars-1", "eu-west-1, eu-west-2"),
        ({}, {"neuron"}, "eu-west-1", "processor", "pytorch 2.6.0 has no known image for neuron", "cpu, gpu, graviton"),
        ({}, {"cpu", "gpu"}, "eu-west-1", "processor", "the variants of the model run on cpu, gpu", "a model of its"),
        (
            {"pythonVersion": "py27"},
            {"cpu"},
            "eu-west-1",
            "pythonVersion",
            "pytorch 2.6.0 has no known image with py27",
            "Use py312",
        ),
    ],
)
def test_an_unknown_image_is_refused_with_the_known_ones(
    changes: dict[str, str], processors: set[str], region: str, member: str, problem: str, remedy: str
) -> None:
    with pytest.raises(UnknownImageError) as raised:
        image_uri({"framework": "pytorch", "version": "2.6.0"} | changes, processors, Place("aws", region))

    fault = raised.value.fault("/models/m/image")
    assert fault.pointer == f"/models/m/image/{member}"
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_a_short_version_is_that_of_the_newest_patch() -> None:
    short, full = (
        image_uri({"framework": "pytorch", "version": version}, {"cpu"}, IRELAND) for version in ("2.6", "2.6.0")
    )

    assert short == full


def test_a_version_of_transformers_is_enough_if_it_is_on_one_base_only() -> None:
    uri = image_uri({"framework": "huggingface", "version": "4.49.0"}, {"gpu"}, IRELAND)

    assert uri.endswith("/huggingface-pytorch-inference:2.6.0-transformers4.49.0-gpu-py312-cu124-ubuntu22.04")
    with pytest.raises(UnknownImageError, match=r"4\.26\.0 is not a known version"):
        image_uri({"framework": "huggingface", "version": "4.26.0"}, {"gpu"}, IRELAND)


def test_the_processor_of_the_request_overrides_that_of_the_variants() -> None:
    image = {"framework": "pytorch", "version": "2.6.0", "processor": "gpu"}

    assert ":2.6.0-gpu-py312" in image_uri(image, {"cpu", "gpu"}, IRELAND)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (
            "pytorch-training:2.6.0-gpu-py312-cu126-ubuntu22.04-sagemaker",
            {"framework": "pytorch", "version": "2.6.0", "pythonVersion": "py312"},
        ),
        (
            "tensorflow-training:2.19-cpu-py312",
            {"framework": "tensorflow", "version": "2.19", "pythonVersion": "py312"},
        ),
        (
            "huggingface-pytorch-training:2.5.1-transformers4.49.0-gpu-py311-cu124-ubuntu22.04",
            {"framework": "huggingface", "version": "4.49.0-pytorch2.5.1", "pythonVersion": "py311"},
        ),
        ("sagemaker-xgboost:3.2-0", None),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1", None),
    ],
)
def test_the_inference_image_differs_from_that_of_the_training_for_three_frameworks(image: str, expected: Any) -> None:
    assert inference_image(f"763104351884.dkr.ecr.eu-west-1.amazonaws.com/{image}") == expected


def test_the_table_is_as_it_was_generated() -> None:
    written = image_table.PATH.read_text()
    table = images.table()

    assert image_table.text(table) == written, "edited by hand: run `make images`"
    assert table["digest"] == image_table.digest(table["frameworks"], table["registries"])
    assert (table["source"]["package"], table["source"]["version"]) == (image_table.PACKAGE, image_table.VERSION)
    assert len(written) < 25_000


def test_an_old_table_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def offline(folder: Path) -> Path:
        raise image_table.SourceUnavailableError("no network")

    monkeypatch.setattr(image_table, "download", offline)
    written = image_table.PATH.read_text()

    assert image_table.check(written, date(2026, 11, 1)) == 0
    assert image_table.check(written, date(2028, 11, 1)) == 0
    shown = capsys.readouterr().out
    assert "was not compared with sagemaker-core 2.27.0: no network" in shown
    assert "11 days old." in shown
    assert "742 days old, more than 180: pin a newer sagemaker-core" in shown
