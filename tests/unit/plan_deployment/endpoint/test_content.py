"""A deployment is needed if the endpoint runs something else, whatever the names."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support import project, steps
from tests.unit.fakes import CREATED_AT, SESSION, require_valid
from tests.unit.plan_deployment.world import MODEL, World, original, with_variant

LATER = CREATED_AT + timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


def two(champion: float = 80, challenger: float = 20, **changes: Any) -> dict[str, Any]:
    """Two variants without scaling."""
    request = project.event("deploy_two_variants")
    for variant, weight in zip(request["productionVariants"], (champion, challenger), strict=True):
        variant |= {"InitialVariantWeight": weight, "InitialInstanceCount": 1}
    fields = {field: request[field] for field in ("endpointName", "productionVariants")}
    return fields | changes


def live(world: World, name: str, **members: Any) -> None:
    """Change the live variants, as an external change does."""
    for variant in world.sagemaker.endpoints[name]["ProductionVariants"]:
        variant |= members.get(variant["VariantName"], {})


def drained(world: World) -> None:
    live(world, "two-variants", Champion={"CurrentWeight": 0.0}, Challenger={"CurrentWeight": 1.0})


def test_externally_changed_weights_are_set_without_a_new_config(world: World) -> None:
    config = world.deployed(two())["endpointConfigName"]
    drained(world)

    made = world.plan(two())

    assert (made["action"], made["endpointConfigName"]) == ("shift", config)
    assert steps.change(made) == {
        "EndpointName": "two-variants",
        "DesiredWeightsAndCapacities": [
            {"VariantName": "Champion", "DesiredWeight": 80},
            {"VariantName": "Challenger", "DesiredWeight": 20},
        ],
    }
    require_valid(SESSION.get_service_model("sagemaker"), "UpdateEndpointWeightsAndCapacities", steps.change(made))
    assert made["previous"]["weights"] == {"Champion": 0, "Challenger": 1}
    assert made["previous"]["endpointConfigName"] == config
    assert steps.lines(made) == [
        "Shift traffic: update weights of endpoint two-variants from Champion 0, Challenger 1 to Champion 80, "
        "Challenger 20"
    ]


def test_a_request_with_only_new_weights_needs_no_new_config(world: World) -> None:
    config = world.deployed(two())["endpointConfigName"]

    made = world.plan(two(champion=50, challenger=50))

    assert (made["action"], made["endpointConfigName"]) == ("shift", config)
    live(world, "two-variants", Champion={"CurrentWeight": 50.0}, Challenger={"CurrentWeight": 50.0})
    assert world.plan(two(champion=50, challenger=50))["action"] == "none"


def test_a_config_without_a_content_tag_is_replaced_for_new_weights(world: World) -> None:
    """Configs created before the tag was introduced have none."""
    steps.config(world.deployed(two()))["Tags"].pop()

    made = world.plan(two(champion=50, challenger=50))

    assert made["action"] == "update"
    assert world.plan(two())["action"] == "none", "the name has the hash of everything else"


def test_the_plan_hash_covers_the_weights_before(world: World) -> None:
    world.deployed(two())
    drained(world)
    before = world.plan(two())["planHash"]
    live(world, "two-variants", Champion={"CurrentWeight": 0.5})

    assert world.plan(two())["planHash"] != before


def test_weights_are_compared_as_the_floats_that_sagemaker_keeps(world: World) -> None:
    world.deployed(two(champion=0.1, challenger=0.9))
    live(world, "two-variants", Champion={"CurrentWeight": 0.10000000149011612})

    assert world.plan(two(champion=0.1, challenger=0.9))["action"] == "none"


def test_a_drained_variant_that_gets_traffic_again_is_a_warning(world: World) -> None:
    world.deployed(two())
    drained(world)
    warning = "Variant Champion had weight 0 before this deployment, which sends traffic to it again: weight 80."

    assert world.plan(two())["warnings"] == [warning]
    assert world.plan(two(kmsKeyId="alias/models"))["warnings"] == [warning]
    assert world.plan(two(champion=0, challenger=2))["warnings"] == []


@pytest.mark.parametrize(("field", "value"), [("deploymentConfig", {"strategy": "all-at-once"}), ("alarms", "create")])
def test_guardrails_have_no_effect_on_a_shift_and_are_a_warning(world: World, field: str, value: Any) -> None:
    """Alarms are created even then, so the warning does not say that they have no effect."""
    world.deployed(two())
    request = two(champion=50, challenger=50, **{field: value})

    made = world.plan(request)

    assert (made["guardrails"], "DeploymentConfig" in steps.change(made)) == (None, False)
    assert made["warnings"] == [
        f"/{field} does not protect a change of weights alone: SageMaker changes the weights all at once, and no alarm "
        "stops that."
    ]


def test_a_recreated_model_is_deployed(world: World) -> None:
    config = world.deployed(original())["endpointConfigName"]
    world.sagemaker.created_at[MODEL] = LATER

    made = world.plan(original())

    assert made["action"] == "update"
    assert made["endpointConfigName"] != config, "an update to the live config would look like no update"
    assert "CreateEndpointConfig" in steps.operations(made)
    assert world.plan(original())["endpointConfigName"] == made["endpointConfigName"], "planned again"


def test_a_recreated_model_is_deployed_once(world: World) -> None:
    world.deployed(original())
    world.sagemaker.created_at[MODEL] = LATER
    config = world.deployed(original())["endpointConfigName"]
    world.sagemaker.created_at[config] = LATER

    assert world.plan(original())["action"] == "none"


def test_a_creation_does_not_use_a_config_older_than_its_model(world: World) -> None:
    """Otherwise it would be unknown whether the endpoint runs the current model."""
    config = world.deployed(original())["endpointConfigName"]
    world.sagemaker.endpoints.clear()
    world.sagemaker.created_at[MODEL] = LATER

    made = world.plan(original())

    assert steps.operations(made)[:2] == ["CreateEndpointConfig", "CreateEndpoint"]
    assert made["endpointConfigName"] != config


def test_an_externally_recreated_live_config_counts_as_another(world: World) -> None:
    """It has the name, but not Slipway's tag with the hash of the content."""
    made = world.deployed(original())
    variants = steps.config(made)["ProductionVariants"]
    world.sagemaker.configs[made["endpointConfigName"]] = {"ProductionVariants": variants}

    made = world.plan(original())

    assert steps.operations(made)[:2] == ["CreateEndpointConfig", "UpdateEndpoint"]


def test_a_config_that_slipway_did_not_create_is_never_deployed(world: World) -> None:
    taken = world.plan(original())
    variants = steps.config(taken)["ProductionVariants"]
    world.sagemaker.configs[taken["endpointConfigName"]] = {"ProductionVariants": variants}

    made = world.plan(original())

    assert steps.operations(made)[:2] == ["CreateEndpointConfig", "CreateEndpoint"]
    assert made["endpointConfigName"] != taken["endpointConfigName"]


def test_force_deploys_the_live_content_again_with_a_new_config(world: World) -> None:
    config = world.deployed(original())["endpointConfigName"]

    made = world.plan(original(force=True))

    assert (made["action"], made["previousEndpointConfigName"]) == ("update", config)
    assert made["endpointConfigName"] != config
    assert made["endpointConfigName"] == world.plan(original(force=True))["endpointConfigName"]
    assert "force" not in made["request"], "a rollback to it does not have to be forced"


def test_a_forced_deployment_is_not_deployed_again_without_force(world: World) -> None:
    world.deployed(original())
    forced = world.deployed(original(force=True))["endpointConfigName"]

    again = world.plan(original())

    assert (again["action"], again["endpointConfigName"], again["steps"]) == ("none", forced, [])
    assert world.plan(original(force=True))["action"] == "update"


@pytest.mark.parametrize("pending", [True, False])
def test_force_waits_for_a_change_in_progress(world: World, *, pending: bool) -> None:
    config = world.deployed(original())["endpointConfigName"]
    members = {"PendingDeploymentSummary": {"EndpointConfigName": config}} if pending else {}
    world.sagemaker.add_endpoint("test-endpoint", "Updating", config, **members)

    assert world.plan(original())["action"] == "join"
    assert world.plan(original(force=True))["action"] == "wait"


def test_a_change_of_counts_with_a_recreated_model_is_not_joined(world: World) -> None:
    config = world.deployed(original())["endpointConfigName"]
    world.sagemaker.created_at[MODEL] = LATER
    world.sagemaker.add_endpoint("test-endpoint", "Updating", config)

    assert world.plan(original())["action"] == "wait"


def test_the_live_count_of_an_unscaled_variant_is_preserved_and_reported(world: World) -> None:
    world.deployed(two())
    live(world, "two-variants", Champion={"CurrentInstanceCount": 3})

    made = world.plan(two())

    assert made["action"] == "none"
    assert made["differences"] == made["warnings"]
    assert made["differences"] == [
        "Variant Champion has 3 instances and InitialInstanceCount is 1: live counts are preserved. To change it: "
        "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name two-variants "
        "--desired-weights-and-capacities VariantName=Champion,DesiredInstanceCount=1"
    ]


def test_the_count_of_a_scaled_variant_is_not_a_difference(world: World) -> None:
    world.deployed(original())
    live(world, "test-endpoint", AllTraffic={"CurrentInstanceCount": 3})

    assert world.plan(original())["differences"] == []


def test_another_concurrency_of_a_serverless_variant_is_reported(world: World) -> None:
    request = project.event("deploy_serverless")
    request = {field: request[field] for field in ("endpointName", "productionVariants")}
    world.deployed(request)
    name, serverless = request["endpointName"], request["productionVariants"][0]["ServerlessConfig"]
    variant = request["productionVariants"][0]["VariantName"]
    live(world, name, **{variant: {"CurrentServerlessConfig": serverless | {"MaxConcurrency": 1}}})

    made = world.plan(request)

    assert made["action"] == "none"
    assert made["differences"] == [
        f"Variant {variant} has MaxConcurrency 1, not the requested {serverless['MaxConcurrency']}. To deploy it again, add "
        '"force": true.'
    ]


def test_another_weight_of_a_shadow_variant_is_reported(world: World) -> None:
    shadow = with_variant(original(), VariantName="Shadow", InitialVariantWeight=0.5)["productionVariants"]
    request = original(shadowProductionVariants=shadow)
    world.deployed(request)
    shadows = [{"VariantName": "Shadow", "CurrentWeight": 0.1}]
    world.sagemaker.endpoints["test-endpoint"]["ShadowProductionVariants"] = shadows

    assert world.plan(request)["differences"] == [
        'The weight of the shadow variant differs from the request. To deploy it again, add "force": true.'
    ]


def test_a_plan_reads_each_config_once(world: World) -> None:
    world.deployed(original())
    world.sagemaker.calls.clear()

    world.plan(original(force=True))

    described = [
        json.dumps(parameters) for name, parameters in world.sagemaker.calls if name == "DescribeEndpointConfig"
    ]
    assert sorted(described) == sorted(set(described))
