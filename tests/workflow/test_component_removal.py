"""Removals and clean-ups keep what inference components use, and remove Slipway's components before their endpoint."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.components import ExternalComponents, specification
from tests.support.deployment import Slipway
from tests.workflow.test_remove import confirmed

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/model"


@pytest.fixture
def slipway(deployed: Slipway) -> Iterator[Slipway]:
    """The deployed application, without the faults and outcomes of other tests."""
    yield deployed
    deployed.clear_faults()


def with_made_model(request_for: Any, endpoint_name: str) -> Any:
    """A request that makes its model."""
    request = request_for(endpoint_name)
    (variant,) = request["productionVariants"]
    model = {"image": f"{IMAGE}:{endpoint_name}"}
    return request | {"models": {"made": model}, "productionVariants": [{**variant, "ModelName": "made"}]}


def test_a_model_that_a_component_of_another_user_uses_is_kept(slipway: Slipway, request_for: Any) -> None:
    (model,) = slipway.deploy(with_made_model(request_for, "lends-its-model")).output["modelNames"]
    external = ExternalComponents(slipway, "borrows-a-model")
    external.create_endpoint()
    external.create("borrower", specification(model))

    run = slipway.remove(confirmed("lends-its-model"))

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["kept"] == [f"model {model}: inference component borrower uses it"]
    assert slipway.aws.client("sagemaker").describe_model(ModelName=model)["ModelName"] == model
