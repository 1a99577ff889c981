"""A former deployment comes back, scaling included, through the same state machine with the same guards."""

import json
from typing import Any

from local_aws import until
from tests.support.deployment import Run, Slipway
from tests.workflow.test_history import history
from tests.workflow.test_plan import dry_run
from tests.workflow.test_update import UPDATE_PATH, with_model


def test_one_line_brings_back_what_was_before_with_other_variants_and_other_scaling(
    slipway: Slipway, request_for: Any
) -> None:
    first = request_for("brought-back")
    (variant,) = first["productionVariants"]
    both = [variant, {**variant, "VariantName": "Challenger", "ModelName": "brought-back-2"}]
    before = slipway.deploy(first)
    slipway.deploy({**first, "productionVariants": both, "autoscalingMaxCapacity": 9})
    assert set(slipway.scaling("brought-back")) == {"AllTraffic", "Challenger"}

    run = slipway.deploy({"endpointName": "brought-back", "rollback": True})

    assert run.status == "SUCCEEDED", run.cause
    assert run.path[:4] == UPDATE_PATH[:4]
    endpoint = slipway.endpoint("brought-back")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == before.output["endpointConfigName"]
    assert [each["VariantName"] for each in endpoint["ProductionVariants"]] == ["AllTraffic"]
    ((least, most, _),) = slipway.scaling("brought-back").values()
    assert (least, most) == (first["autoscalingMinCapacity"], first["autoscalingMaxCapacity"])
    assert run.output["trigger"]["deploymentId"] == before.output["deploymentId"]
    assert f"Deployment {before.output['deploymentId']} of " in run.message["message"]
    newest, *_ = history(slipway, "brought-back")
    assert (newest.kind, newest.rolled_back_to) == ("rollback", before.output["deploymentId"])


def undo(run: Run) -> Any:
    """The request that the message names."""
    _, _, how = run.message["message"].partition(
        "How to undo it\nStart the state machine DeployEndpointStateMachine with this input:\n"
    )
    return json.loads(how.partition("\n")[0])


def live(slipway: Slipway, name: str) -> tuple[str, dict[str, Any]]:
    endpoint = slipway.endpoint(name)
    assert endpoint is not None
    return endpoint["EndpointConfigName"], slipway.scaling(name)


def test_the_request_that_a_message_names_undoes_an_update_a_rollback_and_a_change_of_scaling(
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


def test_a_named_deployment_comes_back_from_further_away_though_its_config_is_gone(
    slipway: Slipway, request_for: Any
) -> None:
    first = slipway.deploy(request_for("named"))
    for number in (2, 3):
        slipway.deploy(with_model(request_for("named"), f"named-{number}"))
    config = first.output["endpointConfigName"]
    slipway.aws.client("sagemaker").delete_endpoint_config(EndpointConfigName=config)

    run = slipway.deploy({"endpointName": "named", "rollbackTo": first.output["deploymentId"]})

    assert run.status == "SUCCEEDED", run.cause
    assert run.made("sagemaker") == ["CreateEndpointConfig", "UpdateEndpoint"]
    endpoint = slipway.endpoint("named")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == config


def test_two_who_roll_back_at_a_time_go_back_once(slipway: Slipway, request_for: Any) -> None:
    before = slipway.deploy(request_for("both-back"))
    slipway.deploy(with_model(request_for("both-back"), "both-back-2"))
    roll_back = {"endpointName": "both-back", "rollback": True}

    with slipway.standing_still():
        one = slipway.start(roll_back)
        until(lambda: slipway.entered(one, "Check endpoint"))
        with slipway.recorded() as finish:
            other = slipway.start(roll_back)
            until(lambda: slipway.entered(other, "Wait for turn"))
    first, second = slipway.wait(one), finish(other)

    assert (first["status"], second.status) == ("SUCCEEDED", "SUCCEEDED"), second.cause
    assert second.output["changed"] is False
    endpoint = slipway.endpoint("both-back")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == before.output["endpointConfigName"]


def test_a_rollback_that_fails_leaves_what_served(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("stays"))
    serving = slipway.deploy(with_model(request_for("stays"), "stays-2"))
    slipway.outcome("stays", "update", "rolls_back")

    run = slipway.deploy({"endpointName": "stays", "rollback": True})

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    endpoint = slipway.endpoint("stays")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == serving.output["endpointConfigName"]
    again = slipway.deploy({"endpointName": "stays", "rollback": True})
    assert again.status == "SUCCEEDED", "and is no former deployment"


def test_an_endpoint_that_somebody_deleted_comes_back(slipway: Slipway, request_for: Any) -> None:
    before = slipway.deploy(request_for("comes-back"))
    sagemaker = slipway.aws.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName="comes-back")
    sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName="comes-back", WaiterConfig={"Delay": 0, "MaxAttempts": 2000}
    )

    run = slipway.deploy({"endpointName": "comes-back", "rollback": True})

    assert (run.status, run.output["action"]) == ("SUCCEEDED", "create")
    assert run.output["endpointConfigName"] == before.output["endpointConfigName"]


def test_a_rollback_can_be_seen_before_it_happens(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("seen-back"))
    slipway.deploy(with_model(request_for("seen-back"), "seen-back-2"))
    roll_back = {"endpointName": "seen-back", "rollback": True}

    planned = dry_run(slipway, roll_back)

    assert [step["state"] for step in planned.output["steps"]] == ["Update endpoint"]
    run = slipway.deploy({**roll_back, "planHash": planned.output["planHash"]})
    assert run.output["steps"] == planned.output["steps"]


def test_where_there_is_nothing_to_go_back_to_nothing_is_changed(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("only-one"))

    run = slipway.deploy({"endpointName": "only-one", "rollback": True})

    assert (run.status, run.error) == ("FAILED", "NoFormerDeployment")
    assert "Endpoint only-one has no earlier deployment to restore" in run.cause
    assert run.made("sagemaker") == []
    newest, *_ = history(slipway, "only-one")
    assert (newest.kind, newest.outcome) == ("rollback", "NoFormerDeployment")
