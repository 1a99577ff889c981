"""Inference components of profiles and of earlier deployments, and those whose models the request makes."""

import dataclasses
import json
from typing import Any

import pytest

from plan_deployment.models.fit import placements_of
from plan_deployment.request.components import Component
from shared import records
from shared.errors import InvalidRequest, ProfileInvalid
from tests.support import project, steps
from tests.support.artifacts import archive
from tests.unit.conftest import RECORD
from tests.unit.fakes import FakeS3, FakeSsm
from tests.unit.plan_deployment.components.world import (
    ADAPTER,
    LLM,
    NEEDS,
    ROLE,
    VARIANT,
    ComponentWorld,
    llm,
    request,
    specified,
)

Json = dict[str, Any]
OPEN = {"name": "llm", "Specification": {"ComputeResourceRequirements": NEEDS}}
PROFILE = "/slipway/profiles/h2o3-gbm"


class ProfileWorld(ComponentWorld):
    """An account with a deployment profile."""

    def __init__(self, profile: Json) -> None:
        super().__init__()
        self.ssm = FakeSsm(**{PROFILE: json.dumps(profile)})

    @property
    def services(self) -> Any:
        return dataclasses.replace(super().services, ssm=lambda: self.ssm)


def test_an_approved_model_becomes_that_of_the_component_without_one() -> None:
    world = ProfileWorld(request(OPEN, llm(name="other"), ADAPTER))

    made = world.plan(project.event("model_approved"))

    (model,) = steps.bodies(made, "CreateModel")
    bodies = {body["InferenceComponentName"]: body for body in steps.bodies(made, "CreateInferenceComponent")}
    assert bodies["llm"]["Specification"] == {"ModelName": model["ModelName"], "ComputeResourceRequirements": NEEDS}
    assert bodies["other"]["Specification"] == LLM["Specification"]
    assert bodies["fr"]["Specification"] == ADAPTER["Specification"]
    assert "ModelName" not in steps.config(made)["ProductionVariants"][0]
    assert made["modelNames"] == sorted([model["ModelName"], "llm-model"])


def test_the_next_approved_model_updates_its_component_only() -> None:
    world = ProfileWorld(request(OPEN, llm(name="other")))
    event = project.event("model_approved")
    first = world.deployed(event)
    world.sagemaker.models |= {body["ModelName"] for body in steps.bodies(first, "CreateModel")}
    event["detail"]["ModelPackageArn"] = event["detail"]["ModelPackageArn"].rpartition("/")[0] + "/77"

    made = world.plan(event)

    assert made["action"] == "none"
    assert steps.operations(made) == ["CreateModel", "UpdateInferenceComponent"]
    assert [(each["name"], each["action"]) for each in made["components"]] == [("llm", "update"), ("other", "keep")]


def test_a_profile_whose_components_all_have_models_is_invalid() -> None:
    with pytest.raises(ProfileInvalid) as refused:
        ProfileWorld(request()).plan(project.event("model_approved"))

    assert "/inferenceComponents: every component says what it runs, so none gets the approved model" in str(
        refused.value
    )


def test_an_earlier_deployment_restores_its_components() -> None:
    world = ComponentWorld()
    first = request(llm(copyCount=2), ADAPTER)
    made = world.deployed(first)
    record = dataclasses.replace(
        RECORD,
        endpoint_name="llms",
        config_name=made["endpointConfigName"],
        request_hash=made["requestHash"],
        request=made["request"],
    )
    assert records.write(world.dynamodb, "deployments", record) is None
    world.deployed(request(specified(ModelName="other-model") | {"copyCount": 1}, llm(name="new")))

    restored = world.plan({"endpointName": "llms", "rollbackTo": RECORD.deployment_id})

    assert restored["requestHash"] == made["requestHash"]
    assert [(each["name"], each["action"]) for each in restored["components"]] == [
        ("llm", "update"),
        ("fr", "create"),
        ("new", "delete"),
    ]
    (update,) = steps.bodies(restored, "UpdateInferenceComponent")
    assert (update["Specification"], update["RuntimeConfig"]) == (LLM["Specification"], {"CopyCount": 2})


@pytest.mark.parametrize(
    "other",
    [
        request(llm(copyCount=2)),
        request(llm(), llm(name="b")),
        request(specified(ModelName="other-model")),
        request(llm(autoscaling={"maxCapacity": 2})),
    ],
)
def test_requests_with_other_components_have_other_hashes(other: Json) -> None:
    world = ComponentWorld()

    assert world.plan(request())["requestHash"] != world.plan(other)["requestHash"]


def test_the_role_of_the_endpoint_is_the_requested_one_or_that_of_the_stack() -> None:
    own = "arn:aws:iam::123456789012:role/own"

    roles = [
        steps.config(ComponentWorld().plan(request(**members)))["ExecutionRoleArn"]
        for members in ({}, {"executionRoleArn": own})
    ]

    assert roles == [ROLE, own]


def test_a_model_runs_on_the_instances_of_its_components() -> None:
    pools = [{"InstanceType": f"ml.g5.{size}xlarge", "Priority": 1} for size in (2, 4)]
    config = {"ProductionVariants": [VARIANT, {"VariantName": "Pools", "InstancePools": pools}]}
    small = {"ModelName": "llm", "InstanceType": "ml.g5.2xlarge"}
    on_pools = Component("", "a", "Pools", None, {"Specifications": [small]}, {})
    on_both = Component("", "b", "AllTraffic", None, {"Specification": {"ModelName": "llm"}}, {})

    found = placements_of(config, "llm", [on_pools, on_both])

    assert [(each.variant_name, each.instance_type) for each in found] == [
        ("Pools", "ml.g5.2xlarge"),
        ("AllTraffic", "ml.g5.2xlarge"),
    ]


def test_a_model_that_the_request_makes_is_named_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/llm:1"
    made = ComponentWorld().plan(request(specified(ModelName="own"), models={"own": {"image": image}}))

    (model,) = steps.bodies(made, "CreateModel")
    (body,) = steps.bodies(made, "CreateInferenceComponent")
    assert body["Specification"]["ModelName"] == model["ModelName"]
    assert steps.operations(made)[0] == "CreateModel"


def test_an_artifact_with_new_content_that_a_live_component_loads_is_warned_about() -> None:
    world = ComponentWorld()
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/llm:1"
    world.s3 = FakeS3(**{"m.tar.gz": archive()})
    asked = request(specified(ModelName="own"), models={"own": {"artifact": "s3://artifacts/m.tar.gz", "image": image}})
    first = world.deployed(asked)
    (body,) = steps.bodies(first, "CreateModel")
    world.sagemaker.models.add(body["ModelName"])
    world.sagemaker.model_members = {"PrimaryContainer": body["PrimaryContainer"]}
    world.s3 = FakeS3(**{"m.tar.gz": archive(other=b"1")})

    made = world.plan(asked)

    assert [each["action"] for each in made["components"]] == ["update"]
    assert any(
        "has the same artifact s3://artifacts/m.tar.gz, which was overwritten" in each for each in made["warnings"]
    )


def test_an_image_for_other_processors_than_those_of_the_component_is_refused() -> None:
    image = {"framework": "sklearn", "version": "1.9-0", "processor": "graviton"}
    graviton = request(
        specified(ModelName="own"), models={"own": {"artifact": "s3://artifacts/m.tar.gz", "image": image}}
    )

    with pytest.raises(InvalidRequest) as refused:
        ComponentWorld().plan(graviton)

    assert "/models/own/image" in str(refused.value)
