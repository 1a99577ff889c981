from typing import Any

import pytest

from plan_deployment.models.existing import require_suitable
from shared.errors import InvalidRequest
from tests.unit.plan_deployment.request.reading import SERVERLESS, VARIANT
from tests.unit.plan_deployment.world import MODEL, World, original

IMAGE = {"Image": "i"}
UNFIT: dict[str, dict[str, Any]] = {
    "a network configuration": {"PrimaryContainer": IMAGE, "VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]}},
    "network isolation": {"PrimaryContainer": IMAGE, "EnableNetworkIsolation": True},
    "an inference pipeline": {"Containers": [IMAGE, IMAGE]},
    "a multi-model container": {"PrimaryContainer": IMAGE | {"Mode": "MultiModel"}},
    "a ModelDataSource": {"PrimaryContainer": IMAGE | {"ModelDataSource": {"S3DataSource": {}}}},
    "an image of a private registry": {"PrimaryContainer": IMAGE | {"ImageConfig": {"RepositoryAccessMode": "Vpc"}}},
}


@pytest.mark.parametrize("what", UNFIT)
def test_a_model_that_serverless_endpoints_do_not_support_is_refused(what: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        require_suitable({"ProductionVariants": [SERVERLESS]}, {"m": UNFIT[what]})

    assert str(raised.value) == (
        "The request has 1 fault:\n"
        f"- /productionVariants/0/ModelName: model m has {what}, which serverless endpoints do not support. "
        "Name a model without it, or run the variant on instances."
    )


@pytest.mark.parametrize("what", UNFIT)
def test_instances_support_any_model(what: str) -> None:
    require_suitable({"ProductionVariants": [VARIANT]}, {"m": UNFIT[what]})


def test_serverless_endpoints_support_a_plain_model() -> None:
    model = {"PrimaryContainer": IMAGE | {"Mode": "SingleModel"}, "EnableNetworkIsolation": False}

    require_suitable({"ProductionVariants": [SERVERLESS]}, {"m": model})


def test_the_models_of_a_request_are_checked_while_planning() -> None:
    world = World()
    world.sagemaker.model_members = UNFIT["an inference pipeline"]
    serverless = {key: value for key, value in SERVERLESS.items() if key != "ModelName"}

    with pytest.raises(InvalidRequest, match="an inference pipeline"):
        world.plan(
            {"endpointName": "e", "productionVariants": [serverless | {"ModelName": MODEL}]},
        )
    assert world.plan(original())["action"] == "create"
