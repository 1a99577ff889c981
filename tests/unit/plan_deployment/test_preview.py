"""Views of a plan: its steps in the order of the states, its hash and its report."""

from typing import Any

import pytest

from plan_deployment.request.request import parse
from shared.errors import PlanOutdated, ProfileInvalid
from tests.support import project, steps
from tests.unit.conftest import EXECUTION_ARN
from tests.unit.plan_deployment.guarded import CANARY, VARIANT, World

SCALED = {"autoscalingMaxCapacity": 6}


@pytest.fixture
def world() -> World:
    world = World()
    world.sagemaker.configs["old"] = {"ProductionVariants": [VARIANT]}
    return world


def test_the_steps_of_an_update_come_in_the_order_of_its_states(world: World) -> None:
    made = world.plan(**SCALED, alarms="create", deploymentConfig=CANARY | {"percent": 25})

    name = made["endpointConfigName"]
    assert steps.lines(made) == [
        f"Create endpoint config: create endpoint config {name}",
        "Prepare endpoint: create alarm slipway/e/AllTraffic/server-errors",
        "Prepare endpoint: create alarm slipway/e/AllTraffic/model-latency",
        f"Prepare endpoint: create alarm slipway/e/AllTraffic/{name}/server-errors",
        f"Prepare endpoint: create alarm slipway/e/AllTraffic/{name}/model-latency",
        f"Update endpoint: update endpoint e from config old to {name}, canary, waiting 600 s",
        "Register scaling: register scalable target endpoint/e/variant/AllTraffic "
        "(sagemaker:variant:DesiredInstanceCount), 1 to 6",
        "Register scaling: register policy e-AllTraffic-target-tracking of endpoint/e/variant/AllTraffic",
    ]


def test_a_plan_without_changes_has_no_steps(world: World) -> None:
    config = steps.config(world.plan())
    world.serve({"AllTraffic": 1}, EndpointConfigName=config["EndpointConfigName"])
    world.sagemaker.configs[config["EndpointConfigName"]] = config

    assert world.plan()["steps"] == []


def test_a_plan_lists_existing_resources(world: World) -> None:
    assert world.plan()["exists"] == {
        "endpoint": {
            "status": "InService",
            "endpointConfigName": "old",
            "variants": [{"variantName": "AllTraffic"}],
        },
        "scalableTargets": [],
        "scalingPolicies": [],
        "scheduledActions": [],
        "alarms": [],
    }


def test_the_same_plan_for_another_execution_has_the_same_hash(world: World) -> None:
    first = world.plan(**SCALED)

    again = world.plan(**SCALED, execution_arn=f"{EXECUTION_ARN}-again", started_at="2026-11-22T05:12:59.152Z")

    assert again["executionArn"] != first["executionArn"]
    assert again["planHash"] == first["planHash"]


@pytest.mark.parametrize(
    "changes",
    [{"autoscalingMaxCapacity": 7}, {"deploymentConfig": CANARY | {"percent": 50}}, {"alarms": "create"}],
)
def test_another_request_has_another_hash(world: World, changes: dict[str, Any]) -> None:
    assert world.plan(**(SCALED | changes))["planHash"] != world.plan(**SCALED)["planHash"]


def test_the_hash_depends_on_existing_resources(world: World) -> None:
    before = world.plan()["planHash"]

    world.sagemaker.configs["other"] = {"ProductionVariants": [VARIANT]}
    world.serve({"AllTraffic": 4}, EndpointConfigName="other")

    assert world.plan()["planHash"] != before


def test_the_hash_does_not_depend_on_scaled_instances(world: World) -> None:
    before = world.plan(**SCALED)["planHash"]

    world.serve({"AllTraffic": 5})

    assert world.plan(**SCALED)["planHash"] == before


def test_a_request_with_another_plans_hash_is_refused_with_the_current_plan(world: World) -> None:
    now = world.plan()

    with pytest.raises(PlanOutdated) as raised:
        world.plan(planHash="0123456789ab")

    assert f"The current plan is {now['planHash']}:\n- Create endpoint config e-" in str(raised.value)


def test_a_request_with_the_hash_of_its_plan_is_planned(world: World) -> None:
    hash_of_now = world.plan()["planHash"]

    assert world.plan(planHash=hash_of_now)["planHash"] == hash_of_now


def test_a_plan_that_was_carried_out_is_not_outdated(world: World) -> None:
    config = steps.config(world.plan())
    world.sagemaker.configs[config["EndpointConfigName"]] = config
    world.serve({"AllTraffic": 1}, EndpointConfigName=config["EndpointConfigName"])

    assert world.plan(planHash="0123456789ab")["steps"] == []


def test_only_a_dry_run_has_a_report(world: World) -> None:
    assert "report" not in world.plan()

    made = world.plan(dryRun=True)

    assert made["report"] == {
        "outcome": "PLANNED",
        "changed": False,
        "action": "update",
        "endpointName": "e",
        "endpointConfigName": made["endpointConfigName"],
        "previousEndpointConfigName": "old",
        "planHash": world.plan()["planHash"],
        "exists": made["exists"],
        "steps": [{name: step[name] for name in ("state", "action", "what")} for step in made["steps"]],
        "trigger": {"kind": "request"},
        "tests": [],
        "scaling": {"resources": []},
        "components": [],
        "schedule": {"sentence": None},
        "warnings": [],
    }


def test_the_report_of_a_dry_run_says_in_words_what_a_scaled_variant_will_do(world: World) -> None:
    (scaled,) = world.plan(autoscalingMaxCapacity=4, dryRun=True)["report"]["scaling"]["resources"]

    assert scaled["sentence"] == (
        "1 to 4 instances, holding 5,000 invocations per instance and minute; "
        "waits 60 s between additions and 300 s between removals"
    )


def test_tests_are_in_the_plan_with_their_variants_and_not_in_its_hash(world: World) -> None:
    tests = [{"name": "all", "body": 1}, {"name": "some", "body": 2, "variants": ["AllTraffic"]}]

    made = world.plan(test=tests, dryRun=True)

    assert made["report"]["tests"] == [
        {"name": "all", "variants": ["AllTraffic"]},
        {"name": "some", "variants": ["AllTraffic"]},
    ]
    assert made["request"]["test"] == tests
    assert made["planHash"] == world.plan()["planHash"]


def test_tests_of_an_asynchronous_endpoint_have_no_variants(world: World) -> None:
    config = {"OutputConfig": {"S3OutputPath": "s3://artifacts/answers/"}}

    made = world.plan(test=[{"name": "queued", "body": 1}], asyncInferenceConfig=config)

    assert made["tests"] == [{"name": "queued", "variants": []}]


def test_a_dry_run_during_an_external_change_has_no_plan_and_reports_the_reason(world: World) -> None:
    world.serve({"AllTraffic": 4}, EndpointStatus="Updating")

    report = world.plan(dryRun=True)["report"]

    assert (report["action"], report["planHash"], report["steps"]) == ("wait", None, [])
    assert report["exists"]["endpoint"]["status"] == "Updating"
    assert report["warnings"][0].endswith("There is no plan until this change has ended.")


@pytest.mark.parametrize("field", [{"dryRun": True}, {"planHash": "0123456789ab"}])
def test_a_profile_takes_no_field_of_a_single_request(field: dict[str, Any]) -> None:
    with pytest.raises(ProfileInvalid) as raised:
        parse(project.event("profile_h2o3-gbm") | field, subject="p", refusal=ProfileInvalid, is_profile=True)

    assert f"/{next(iter(field))}: is for a single request, and a profile is for every approval. Remove it." in str(
        raised.value
    )
