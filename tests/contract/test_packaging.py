"""What `slipway package` says of frameworks agrees with the table of images."""

import json
import re
from collections.abc import Iterator

import pytest

from slipway.packaging import FRAMEWORKS
from tests.support import project

IMAGES = json.loads((project.ROOT / "functions/plan_deployment/models/images.json").read_text())["frameworks"]


def versions(framework: str) -> Iterator[str]:
    """Versions of the images for CPUs."""
    for image in IMAGES[framework]["images"]:
        if image["processor"] == "cpu":
            yield from image["tags"]


def order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def test_every_framework_of_the_table_can_be_packaged() -> None:
    assert set(FRAMEWORKS) == set(IMAGES)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_the_default_version_is_the_newest_in_the_table(name: str) -> None:
    version = FRAMEWORKS[name].version

    assert IMAGES[name]["aliases"].get(version, version) in set(versions(name))
    assert order(version) == max(map(order, versions(name)))
