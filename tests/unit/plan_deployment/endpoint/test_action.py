"""The action of a deployment, by the status of its endpoint."""

import json
from typing import Any

import pytest

from shared.errors import EndpointNotOwned, EndpointNotUpdatable
from tests.support import project, steps
from tests.unit.plan_deployment.world import World, original


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"])
def test_an_endpoint_during_an_external_change_is_busy(world: World, status: str) -> None:
    pending = {"PendingDeploymentSummary": {"EndpointConfigName": "theirs"}} if status == "Updating" else {}
    world.sagemaker.add_endpoint("test-endpoint", status, **pending)

    made = world.plan(original())

    assert made["action"] == "wait"
    assert (made["busy"]["error"], made["busy"]["waitSeconds"]) == ("EndpointBusy", 30)
    assert made["busy"]["cause"].startswith(f"Endpoint test-endpoint is {status}")
    assert "aws sagemaker wait endpoint-in-service --endpoint-name test-endpoint" in made["busy"]["cause"]


def test_a_failed_endpoint_is_deleted_and_created_again(world: World) -> None:
    world.sagemaker.add_endpoint("Test-Endpoint", "Failed", FailureReason="no capacity")

    made = world.plan(original())

    assert made["action"] == "create"
    assert steps.bodies(made, "DeleteEndpoint") == [{"EndpointName": "Test-Endpoint"}]
    assert steps.lines(made)[1:3] == [
        "Prepare endpoint: delete endpoint Test-Endpoint, which is Failed",
        f"Create endpoint: create endpoint test-endpoint with config {made['endpointConfigName']}",
    ]
    assert made["previous"] is None
    assert made["warnings"] == ["Endpoint Test-Endpoint is Failed (no capacity): it is deleted and created again."]


def test_a_failed_endpoint_that_slipway_did_not_create_is_not_replaced(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", "Failed")
    world.sagemaker.tags.clear()

    with pytest.raises(EndpointNotOwned) as raised:
        world.plan(original())

    assert str(raised.value) == (
        "Slipway did not create endpoint test-endpoint, and the stack may only delete what has the tag "
        "slipway:execution. To let Slipway delete the endpoint: aws sagemaker add-tags --resource-arn "
        "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/test-endpoint --tags Key=slipway:execution,Value=adopted. "
        "To delete it yourself: aws sagemaker delete-endpoint --endpoint-name test-endpoint"
    )


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed"])
def test_an_endpoint_in_a_status_without_updates_is_not_updatable(world: World, status: str) -> None:
    world.sagemaker.add_endpoint("test-endpoint", status, FailureReason="no capacity")

    with pytest.raises(EndpointNotUpdatable) as raised:
        world.plan(original())

    assert str(raised.value).startswith(f"Endpoint test-endpoint is {status} (no capacity).")
    assert "aws sagemaker delete-endpoint --endpoint-name test-endpoint" in str(raised.value)


@pytest.mark.parametrize(
    ("status", "members"),
    [
        ("Creating", {"config": "THE PLAN'S"}),
        ("Updating", {"PendingDeploymentSummary": {"EndpointConfigName": "THE PLAN'S"}}),
        ("Updating", {"config": "THE PLAN'S"}),
    ],
)
def test_a_change_to_the_same_config_is_joined(world: World, status: str, members: Any) -> None:
    name = world.plan(original())["endpointConfigName"]
    world.sagemaker.add_endpoint("test-endpoint", status, **json.loads(json.dumps(members).replace("THE PLAN'S", name)))

    assert world.plan(original())["action"] == "join"


def test_an_endpoint_with_a_pending_deployment_is_busy(world: World) -> None:
    world.sagemaker.add_endpoint("test-endpoint", PendingDeploymentSummary={"EndpointConfigName": "theirs"})

    made = world.plan(original())

    assert made["busy"]["cause"].startswith("Endpoint test-endpoint is InService towards config theirs.")


def test_instances_cannot_become_serverless(world: World) -> None:
    world.deployed(original(endpointName="serverless-endpoint"))

    with pytest.raises(EndpointNotUpdatable, match="runs on instances, and SageMaker cannot make it serverless"):
        world.plan(project.event("deploy_serverless"))


def test_a_serverless_endpoint_can_change_to_instances(world: World) -> None:
    world.deployed({k: v for k, v in project.event("deploy_serverless").items() if "caling" not in k})

    made = world.plan(original(endpointName="serverless-endpoint"))

    assert made["action"] == "update"
    assert "RetainAllVariantProperties" not in steps.change(made)


def test_a_serverless_endpoint_that_is_being_created_is_joined_by_the_same_request(world: World) -> None:
    """DescribeEndpoint has no current serverless config before the endpoint is in service."""
    made = world.deployed(project.event("deploy_serverless"))
    world.sagemaker.endpoints["serverless-endpoint"] |= {"EndpointStatus": "Creating", "ProductionVariants": []}

    again = world.plan(project.event("deploy_serverless"))

    assert (again["action"], again["endpointConfigName"]) == ("join", made["endpointConfigName"])
