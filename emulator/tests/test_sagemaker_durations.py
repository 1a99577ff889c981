"""The control surface sets the durations of fleets."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.hosting import Hosting


@pytest.fixture(autouse=True)
def as_before(hosting: Hosting) -> Iterator[None]:
    before = hosting.aws.get("sagemaker/durations")
    yield
    hosting.aws.post("sagemaker/durations", before)


def test_fleets_take_the_durations_that_were_set_last(hosting: Hosting) -> None:
    before = {
        "instance": 420,
        "serverless": 180,
        "activation": 10,
        "termination": 30,
        "scaleOut": 120,
        "scaleIn": 120,
        "copy": 137,
    }
    assert hosting.aws.get("sagemaker/durations") == before
    assert hosting.aws.post("sagemaker/durations", {"instance": 60}) == {**before, "instance": 60}

    described = hosting.describe(hosting.endpoint("quick"))

    assert (described["LastModifiedTime"] - described["CreationTime"]).total_seconds() == pytest.approx(60, abs=1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"instances": 60},
            "/instances: unknown field. Use: instance, serverless, activation, termination, scaleOut, scaleIn, copy",
        ),
        ({"instance": 0}, "/instance: 0 is not a number of seconds above 0"),
        ({"instance": True}, "/instance: True is not a number of seconds above 0"),
        ([60], "the body must be an object"),
    ],
)
def test_an_invalid_duration_is_refused(hosting: Hosting, body: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        hosting.aws.post("sagemaker/durations", body)
