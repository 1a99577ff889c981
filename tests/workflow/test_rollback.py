"""An earlier deployment is restored, including its scaling, by the same state machine with the same safeguards."""

import json
from typing import Any

from local_aws import until
from tests.support.deployment import Run, Slipway
from tests.workflow.test_history import history
from tests.workflow.test_plan import dry_run
from tests.workflow.test_update import UPDATE_PATH, with_model


def test_rollback_true_restores_the_previous_variants_and_scaling(slipway: Slipway, request_for: Any) -> None:
    first = request_for("restored")
    (variant,) = first["productionVariants"]
    both = [variant, {**variant, "VariantName": "Challenger", "ModelName": "restored-2"}]
    before = slipway.deploy(first)
    slipway.deploy({**first, "productionVariants": both, "autoscalingMaxCapacity": 9})
    assert set(slipway.scaling("restored")) == {"AllTraffic", "Challenger"}

    run = slipway.deploy({"endpointName": "restored", "rollback": True})

    assert run.status == "SUCCEEDED", run.cause
    assert run.path[:4] == UPDATE_PATH[:4]
    endpoint = slipway.endpoint("restored")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == before.output["endpointConfigName"]
    assert [each["VariantName"] for each in endpoint["ProductionVariants"]] == ["AllTraffic"]
    ((minimum, maximum, _),) = slipway.scaling("restored").values()
    assert (minimum, maximum) == (first["autoscalingMinCapacity"], first["autoscalingMaxCapacity"])
    assert run.output["trigger"]["deploymentId"] == before.output["deploymentId"]
    assert f"Deployment {before.output['deploymentId']} of " in run.message["message"]
    newest, *_ = history(slipway, "restored")
    assert (newest.kind, newest.rolled_back_to) == ("rollback", before.output["deploymentId"])


def undo(run: Run) -> Any:
    """The undo request in the notification."""
    _, _, how = run.message["message"].partition(
        "How to undo it\nStart the state machine DeployEndpointStateMachine with this input:\n"
    )
    return json.loads(how.partition("\n")[0])


def live(slipway: Slipway, name: str) -> tuple[str, dict[str, Any]]:
    endpoint = slipway.endpoint(name)
    assert endpoint is not None
    return endpoint["EndpointConfigName"], slipway.scaling(name)


def test_the_undo_request_of_a_notification_undoes_an_update_a_rollback_and_a_scaling_change(
    slipway: Slipway, request_for: Any
) -> None:
    first, second = request_for("undone"), with_model(request_for("undone"), "undone-2")
    slipway.deploy(first)
    before = live(slipway, "undone")
    update = slipway.deploy(second)
    between = live(slipway, "undone")
    rollback = slipway.deploy({"endpointName": "undone", "rollback": True})
    assert live(slipway, "undone") == before

    slipway.deploy(undo(rollback))
    assert live(slipway, "undone") == between
    scaled = slipway.deploy({**second, "autoscalingMaxCapacity": 9})
    assert live(slipway, "undone") != between
    slipway.deploy(undo(scaled))
    assert live(slipway, "undone") == between
    slipway.deploy(undo(update))
    assert live(slipway, "undone") == before


def test_an_older_deployment_is_restored_by_its_id_although_its_config_was_deleted(
    slipway: Slipway, request_for: Any
) -> None:
    first = slipway.deploy(request_for("named"))
    for number in (2, 3):
        slipway.deploy(with_model(request_for("named"), f"named-{number}"))
    config = first.output["endpointConfigName"]
    slipway.aws.client("sagemaker").delete_endpoint_config(EndpointConfigName=config)

    run = slipway.deploy({"endpointName": "named", "rollbackTo": first.output["deploymentId"]})

    assert run.status == "SUCCEEDED", run.cause
    assert run.mutations("sagemaker") == ["CreateEndpointConfig", "UpdateEndpoint"]
    endpoint = slipway.endpoint("named")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == config


def test_two_concurrent_rollbacks_roll_back_once(slipway: Slipway, request_for: Any) -> None:
    before = slipway.deploy(request_for("concurrent-rollbacks"))
    slipway.deploy(with_model(request_for("concurrent-rollbacks"), "concurrent-rollbacks-2"))
    roll_back = {"endpointName": "concurrent-rollbacks", "rollback": True}

    with slipway.real_time():
        one = slipway.start(roll_back)
        until(lambda: slipway.entered(one, "Check endpoint"))
        with slipway.recorded() as finish:
            other = slipway.start(roll_back)
            until(lambda: slipway.entered(other, "Wait for turn"))
    first, second = slipway.wait(one), finish(other)

    assert (first["status"], second.status) == ("SUCCEEDED", "SUCCEEDED"), second.cause
    assert second.output["changed"] is False
    endpoint = slipway.endpoint("concurrent-rollbacks")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == before.output["endpointConfigName"]


def test_a_failed_rollback_leaves_the_live_config(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("stays"))
    live_before = slipway.deploy(with_model(request_for("stays"), "stays-2"))
    slipway.outcome("stays", "update", "rolls_back")

    run = slipway.deploy({"endpointName": "stays", "rollback": True})

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    endpoint = slipway.endpoint("stays")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == live_before.output["endpointConfigName"]
    again = slipway.deploy({"endpointName": "stays", "rollback": True})
    assert again.status == "SUCCEEDED", "a failed rollback is never a rollback target"


def test_a_deleted_endpoint_is_restored(slipway: Slipway, request_for: Any) -> None:
    before = slipway.deploy(request_for("deleted-endpoint"))
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName="deleted-endpoint")
    sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName="deleted-endpoint", WaiterConfig={"Delay": 0, "MaxAttempts": 2000}
    )

    run = slipway.deploy({"endpointName": "deleted-endpoint", "rollback": True})

    assert (run.status, run.output["action"]) == ("SUCCEEDED", "create")
    assert run.output["endpointConfigName"] == before.output["endpointConfigName"]


def test_a_dry_run_of_a_rollback_shows_its_plan(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("rollback-dry-run"))
    slipway.deploy(with_model(request_for("rollback-dry-run"), "rollback-dry-run-2"))
    roll_back = {"endpointName": "rollback-dry-run", "rollback": True}

    planned = dry_run(slipway, roll_back)

    assert [step["state"] for step in planned.output["steps"]] == ["Update endpoint"]
    run = slipway.deploy({**roll_back, "planHash": planned.output["planHash"]})
    assert run.output["steps"] == planned.output["steps"]


def test_without_an_earlier_deployment_nothing_is_changed(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("only-one"))

    run = slipway.deploy({"endpointName": "only-one", "rollback": True})

    assert (run.status, run.error) == ("FAILED", "NoFormerDeployment")
    assert "Endpoint only-one has no earlier deployment to restore" in run.cause
    assert run.mutations("sagemaker") == []
    newest, *_ = history(slipway, "only-one")
    assert (newest.kind, newest.outcome) == ("rollback", "NoFormerDeployment")
