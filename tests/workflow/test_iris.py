"""The example examples/iris, from its training to a prediction."""

import json
from typing import Any

import pytest

from tests.support.deployment import Slipway
from tools import iris


@pytest.fixture(scope="module")
def first(deployed: Slipway) -> Any:
    """The deployment of the first version."""
    uploaded = iris.upload(deployed.aws, deployed.outputs["ArtifactBucketName"], iris.FIRST)
    return deployed.deploy(uploaded.request, with_models=False)


def prediction(slipway: Slipway) -> str:
    answer = json.loads(iris.predict(slipway.aws, "iris"))
    return str(answer["predictions"][0]["predicted_class"])


def test_the_deployed_model_passes_its_test_and_predicts(slipway: Slipway, first: Any) -> None:
    assert (first.status, first.error) == ("SUCCEEDED", None)
    assert "Test endpoint" in first.path
    assert slipway.scaling("iris")["AllTraffic"][:2] == (1, 4)
    assert prediction(slipway) == "setosa"


def test_a_worse_version_fails_its_test_and_the_first_version_still_answers(slipway: Slipway, first: Any) -> None:
    config = slipway.endpoint("iris")["EndpointConfigName"]
    uploaded = iris.upload(slipway.aws, slipway.outputs["ArtifactBucketName"], iris.WORSE)

    run = slipway.deploy(uploaded.request, with_models=False)

    assert (run.status, run.error) == ("FAILED", "VerificationFailed")
    assert "/predictions/2/predicted_class" in run.cause
    assert slipway.endpoint("iris")["EndpointConfigName"] == config
    assert prediction(slipway) == "setosa"
