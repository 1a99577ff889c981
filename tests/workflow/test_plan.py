"""A dry run shows what a deployment would do and changes nothing; a deployment follows its plan or fails."""

from typing import Any

import pytest

from tests.support.deployment import MUTATING, Run, Slipway
from tools import stack

NAME = "planned"


def with_variant(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, **changes}]}


def unscaled(request: dict[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in ("endpointName", "productionVariants")}


# Deployed request (None: no endpoint) and changes of the next request, by kind of change.
CHANGES = {
    "create": (None, {}),
    "create-with-alarms": (None, {"alarms": "create"}),
    "update": ({}, {"ModelName": "planned-2"}),
    "retype": ({}, {"InstanceType": "ml.m5.xlarge"}),
    "rescale": ({}, {"autoscalingMaxCapacity": 7}),
    "without-alarms": ({"alarms": "create"}, {}),
    "nothing": ({}, {}),
}


def changed(request: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    of_the_variant = {name: value for name, value in changes.items() if name[0].isupper()}
    return with_variant(request, **of_the_variant) | {k: v for k, v in changes.items() if k not in of_the_variant}


def dry_run(slipway: Slipway, request: dict[str, Any]) -> Run:
    stack.make_models(slipway.aws, request)
    return slipway.deploy({**request, "dryRun": True}, with_models=False)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_dry_run_changes_nothing_and_the_deployment_follows_its_plan(
    slipway: Slipway, request_for: Any, kind: str
) -> None:
    before, after = CHANGES[kind]
    request = request_for(f"{NAME}-{kind}")
    if before is not None:
        slipway.deploy(changed(request, before))
    wanted = changed(request, after)

    planned = dry_run(slipway, wanted)

    assert planned.status == "SUCCEEDED", planned.cause
    assert planned.path == ["Plan deployment", "Whose turn is it?", "Show plan"]
    assert {call["service"] for call in planned.calls if call["operation"].startswith(MUTATING)} == {"logs", "xray"}
    assert planned.messages == []
    assert planned.output["outcome"] == "PLANNED"

    run = slipway.deploy({**wanted, "planHash": planned.output["planHash"]})

    assert run.status == "SUCCEEDED", run.cause
    assert (run.output["steps"], run.output["planHash"]) == (planned.output["steps"], planned.output["planHash"])
    states = list(dict.fromkeys(step["state"] for step in planned.output["steps"]))
    assert [state for state in dict.fromkeys(run.path) if state in states] == states
    assert bool(states) == run.output["changed"] == (kind != "nothing")


def test_an_outdated_plan_is_refused_with_the_current_plan(slipway: Slipway, request_for: Any) -> None:
    request = request_for(f"{NAME}-too-late")
    slipway.deploy(request)
    wanted = with_variant(request, ModelName="planned-too-late-2")
    planned = dry_run(slipway, wanted).output
    between = slipway.deploy(with_variant(request, ModelName="planned-too-late-3"))

    run = slipway.deploy({**wanted, "planHash": planned["planHash"]})

    assert (run.status, run.error) == ("FAILED", "PlanOutdated")
    assert f"from config {between.output['endpointConfigName']} to" in run.cause
    assert run.mutations("sagemaker") == run.mutations("application-autoscaling") == []
    assert run.message["attributes"]["outcome"] == "PlanOutdated"
    endpoint = slipway.endpoint(f"{NAME}-too-late")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == between.output["endpointConfigName"]


def test_the_message_of_a_failure_contains_the_plan(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome(f"{NAME}-failing", "create", "fails")

    run = slipway.deploy(unscaled(request_for(f"{NAME}-failing")))

    assert run.error == "CreateFailed"
    assert "Planned steps\n- Create endpoint config planned-failing-" in run.message["message"]
