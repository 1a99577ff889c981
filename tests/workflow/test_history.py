"""What deployments leave: a record of each, and configs and models of the last few."""

import json
from typing import Any

from shared import records
from shared.records import Record
from tests.support import project
from tests.support.deployment import Slipway
from tests.support.scenarios.approving import approve
from tests.workflow.test_update import with_model

KEPT = 5


def history(slipway: Slipway, endpoint_name: str) -> list[Record]:
    table = slipway.outputs["DeploymentsTableName"]
    return list(records.newest_first(slipway.aws.client("dynamodb"), table, endpoint_name))


def test_each_deployment_leaves_a_record_and_a_dry_run_none(slipway: Slipway, request_for: Any) -> None:
    request = request_for("recorded")
    runs = [
        slipway.deploy(request),
        slipway.deploy(request),
        slipway.deploy({**request, "autoscalingMinCapacity": -1}),
    ]
    slipway.deploy({**request, "dryRun": True})
    slipway.deploy({**request, "autoscalingMinCapacity": -1, "dryRun": True})

    found = history(slipway, "RECORDED")

    assert [record.execution_arn for record in found] == [run.arn for run in reversed(runs)]
    assert [(record.outcome, record.changed) for record in found] == [
        ("InvalidRequest", False),
        ("SUCCEEDED", False),
        ("SUCCEEDED", True),
    ]
    assert [record.request for record in found] == [None, request, request]
    assert runs[0].output["deploymentId"] == found[2].deployment_id
    assert found[0].cause is not None
    assert "/autoscalingMinCapacity" in found[0].cause


def test_a_deployment_that_was_taken_back_is_on_record_as_what_it_was(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("recorded-failing", "create", "fails")

    run = slipway.deploy(request_for("recorded-failing"))

    (record,) = history(slipway, "recorded-failing")
    assert (record.outcome, record.changed, record.action) == ("CreateFailed", False, "create")
    assert record.config_name in json.dumps(run.message)


def test_configs_of_the_last_deployments_are_kept_and_older_ones_go(slipway: Slipway, request_for: Any) -> None:
    runs = [slipway.deploy(with_model(request_for("collected"), f"collected-{number}")) for number in range(KEPT)]
    made = [run.output["endpointConfigName"] for run in runs]
    assert [run.output["old"]["removed"] for run in runs] == [[]] * KEPT

    run = slipway.deploy(with_model(request_for("collected"), "collected-last"))

    assert run.status == "SUCCEEDED", run.cause
    assert sorted(slipway.configs("collected")) == sorted([*made[1:], run.output["endpointConfigName"]])
    assert run.output["old"] == {"removed": [f"endpoint config {made[0]}"], "kept": [], "left": []}
    assert run.output["steps"][-1] == {
        "state": "Clean up",
        "action": "delete",
        "what": f"endpoint config {made[0]}, unless it is in use",
    }
    # The models are the user's own.
    models = slipway.aws.client("sagemaker").list_models(NameContains="collected-0")["Models"]
    assert [model["ModelName"] for model in models] == ["collected-0"]


def test_a_config_that_somebody_else_points_at_stays(slipway: Slipway, request_for: Any) -> None:
    first = slipway.deploy(with_model(request_for("pointed-at"), "pointed-at-first"))
    config = first.output["endpointConfigName"]
    slipway.aws.client("sagemaker").create_endpoint(EndpointName="by-hand", EndpointConfigName=config)
    for number in range(KEPT - 1):
        slipway.deploy(with_model(request_for("pointed-at"), f"pointed-at-{number}"))

    run = slipway.deploy(with_model(request_for("pointed-at"), "pointed-at-last"))

    assert run.output["old"] == {
        "removed": [],
        "kept": [f"endpoint config {config}: endpoint by-hand uses it"],
        "left": [],
    }
    assert config in slipway.configs("pointed-at")


def test_that_old_configs_cannot_be_removed_fails_nothing_and_the_next_deployment_removes_them(
    slipway: Slipway, request_for: Any
) -> None:
    for number in range(KEPT):
        slipway.deploy(with_model(request_for("sticking"), f"sticking-{number}"))
    slipway.fault("sagemaker", "DeleteEndpointConfig", "AccessDeniedException", "not now", status=403)

    run = slipway.deploy(with_model(request_for("sticking"), "sticking-last"))

    assert run.status == "SUCCEEDED", run.cause
    (warning,) = run.output["warnings"]
    assert warning.startswith("The clean-up of earlier deployments failed; the next deployment retries it. ")
    assert len(slipway.configs("sticking")) == KEPT + 1
    slipway.heal()

    again = slipway.deploy(with_model(request_for("sticking"), "sticking-again"))

    assert len(again.output["old"]["removed"]) == 2
    assert len(slipway.configs("sticking")) == KEPT


def test_a_model_that_two_endpoints_share_stays_until_neither_names_it(recovering: Slipway) -> None:
    """In a stage that keeps one deployment, so that the third one has the first one's config and model removed."""
    first = approve(recovering, "shares", version=2)
    (model,) = first.output["modelNames"]
    recovering.deploy(with_model({**project.event("deploy_endpoint"), "endpointName": "shared-with"}, model))
    approve(recovering, "shares", version=3)

    run = approve(recovering, "shares", version=4)

    (config,) = recovering.configs("shared-with")
    assert run.output["old"] == {
        "removed": [f"endpoint config {first.output['endpointConfigName']}"],
        "kept": [f"model {model}: endpoint config {config} uses it"],
        "left": [],
    }
