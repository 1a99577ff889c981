"""A deployment leaves a record; the configs and models of the last deployments are kept."""

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


def test_each_deployment_leaves_a_record_and_a_dry_run_leaves_none(slipway: Slipway, request_for: Any) -> None:
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


def test_the_record_of_a_rolled_back_deployment_has_its_outcome(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("recorded-failing", "create", "fails")

    run = slipway.deploy(request_for("recorded-failing"))

    (record,) = history(slipway, "recorded-failing")
    assert (record.outcome, record.changed, record.action) == ("CreateFailed", False, "create")
    assert record.config_name in json.dumps(run.message)


def test_configs_of_the_last_deployments_are_kept_and_older_ones_are_removed(
    slipway: Slipway, request_for: Any
) -> None:
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
    # The models belong to the user.
    models = slipway.aws.client("sagemaker").list_models(NameContains="collected-0")["Models"]
    assert [model["ModelName"] for model in models] == ["collected-0"]


def test_a_config_in_use_by_another_endpoint_is_kept(slipway: Slipway, request_for: Any) -> None:
    first = slipway.deploy(with_model(request_for("pointed-at"), "pointed-at-first"))
    config = first.output["endpointConfigName"]
    slipway.aws.client("sagemaker").create_endpoint(EndpointName="not-ours", EndpointConfigName=config)
    for number in range(KEPT - 1):
        slipway.deploy(with_model(request_for("pointed-at"), f"pointed-at-{number}"))

    run = slipway.deploy(with_model(request_for("pointed-at"), "pointed-at-last"))

    assert run.output["old"] == {
        "removed": [],
        "kept": [f"endpoint config {config}: endpoint not-ours uses it"],
        "left": [],
    }
    assert config in slipway.configs("pointed-at")


def test_a_failed_clean_up_does_not_fail_the_deployment_and_the_next_one_removes_the_configs(
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
    slipway.clear_faults()

    again = slipway.deploy(with_model(request_for("sticking"), "sticking-again"))

    assert len(again.output["old"]["removed"]) == 2
    assert len(slipway.configs("sticking")) == KEPT


def test_a_model_shared_by_two_endpoints_is_kept_until_neither_uses_it(recovering: Slipway) -> None:
    """With a history of one deployment: the third deployment removes the config and the model of the first."""
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
