"""A request for an endpoint that exists."""

from typing import Any

from tests.support.deployment import Slipway, until

UPDATE_PATH = [
    "Plan deployment",
    "Whose turn is it?",
    "Try deployment",
    "What is there to create?",
    "Create endpoint config",
    "Prepare endpoint",
    "What happens to the endpoint?",
    "Update endpoint",
    "Check endpoint",
    "Components in service?",
    "Register scaling",
]


def with_model(request: dict[str, Any], model: str) -> dict[str, Any]:
    (variant,) = request["productionVariants"]
    return {**request, "productionVariants": [{**variant, "ModelName": model}]}


def test_a_successful_update_makes_the_new_config_live(slipway: Slipway, request_for: Any) -> None:
    before = slipway.deploy(request_for("renewed"))

    run = slipway.deploy(with_model(request_for("renewed"), "renewed-model-2"))

    assert run.status == "SUCCEEDED"
    assert run.path[: len(UPDATE_PATH)] == UPDATE_PATH
    endpoint = slipway.endpoint("renewed")
    assert endpoint is not None
    assert endpoint["EndpointConfigName"] == run.output["endpointConfigName"] != before.output["endpointConfigName"]
    assert run.output["action"] == "update"
    assert run.mutations("sagemaker") == ["CreateEndpointConfig", "UpdateEndpoint"]


def test_an_update_preserves_the_live_instance_counts(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("scaled-out"))
    slipway.set_count("scaled-out", 3)

    run = slipway.deploy(with_model(request_for("scaled-out"), "scaled-out-model-2"))

    assert run.status == "SUCCEEDED"
    assert slipway.counts("scaled-out") == {"AllTraffic": 3}


def test_a_sagemaker_rollback_fails_the_deployment(slipway: Slipway, request_for: Any) -> None:
    before = slipway.deploy(request_for("rolled-back"))
    slipway.outcome("rolled-back", "update", "rolls_back")

    run = slipway.deploy(with_model(request_for("rolled-back"), "rolled-back-model-2"))

    assert (run.status, run.error) == ("FAILED", "UpdateRolledBack")
    endpoint = slipway.endpoint("rolled-back")
    assert endpoint is not None
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == (
        "InService",
        before.output["endpointConfigName"],
    )
    assert slipway.configs("rolled-back") == [before.output["endpointConfigName"]]
    assert before.output["endpointConfigName"] in run.cause
    assert run.message["attributes"]["outcome"] == "UpdateRolledBack"


def test_a_failed_sagemaker_rollback_is_reported_and_its_config_is_kept(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("mixed"))
    slipway.outcome("mixed", "update", "rollback_fails")

    run = slipway.deploy(with_model(request_for("mixed"), "mixed-model-2"))

    assert (run.status, run.error) == ("FAILED", "UpdateRollbackFailed")
    endpoint = slipway.endpoint("mixed")
    assert endpoint is not None
    assert endpoint["EndpointStatus"] == "UpdateRollbackFailed"
    assert len(slipway.configs("mixed")) == 2, "an endpoint in this status serves a mix of both configs"


def test_repeating_the_request_changes_nothing_and_reports_it(slipway: Slipway, request_for: Any) -> None:
    first = slipway.deploy(request_for("again"))

    run = slipway.deploy(request_for("again"))

    assert run.status == "SUCCEEDED"
    assert run.output["changed"] is False
    assert run.output["endpointConfigName"] == first.output["endpointConfigName"]
    assert run.mutations("sagemaker") == []
    assert run.mutations("application-autoscaling") == []
    assert len(run.messages) == 1


def test_a_change_of_scaling_only_creates_no_config_and_no_update(slipway: Slipway, request_for: Any) -> None:
    slipway.deploy(request_for("rescaled"))

    run = slipway.deploy(request_for("rescaled", autoscalingMaxCapacity=7))

    assert run.status == "SUCCEEDED"
    assert run.mutations("sagemaker") == []
    minimum, maximum, _ = slipway.scaling("rescaled")["AllTraffic"]
    assert (minimum, maximum) == (1, 7)


def test_an_endpoint_in_an_external_update_is_left_alone(slipway: Slipway, request_for: Any) -> None:
    first = slipway.deploy(request_for("busy"))
    slipway.outcome("busy", "update", "never_finishes")
    sagemaker = slipway.aws.client("sagemaker")
    old = sagemaker.describe_endpoint_config(EndpointConfigName=first.output["endpointConfigName"])
    sagemaker.create_endpoint_config(EndpointConfigName="of-another", ProductionVariants=old["ProductionVariants"])
    sagemaker.update_endpoint(EndpointName="busy", EndpointConfigName="of-another")

    run = slipway.deploy(with_model(request_for("busy"), "busy-model-2"))

    assert (run.status, run.error) == ("FAILED", "EndpointBusy")
    assert "Updating" in run.cause
    assert run.mutations("sagemaker") == []


def test_a_name_reused_in_another_case_can_be_deployed(slipway: Slipway, request_for: Any) -> None:
    """SageMaker ignores the case of names: resources left over from `Recased` must not be taken for `recased`'s."""
    slipway.deploy(request_for("Recased"))
    slipway.deploy(with_model(request_for("Recased"), "recased-model-2"))
    slipway.aws.client("sagemaker").delete_endpoint(EndpointName="Recased")
    until(lambda: slipway.endpoint("Recased") is None)

    created = slipway.deploy(request_for("recased"))
    updated = slipway.deploy(with_model(request_for("recased"), "recased-model-2"))

    assert (created.status, updated.status) == ("SUCCEEDED", "SUCCEEDED"), (created.cause, updated.cause)
    assert (created.output["action"], updated.output["action"]) == ("create", "update")
    endpoint = slipway.endpoint("recased")
    assert endpoint is not None
    assert (endpoint["EndpointName"], endpoint["EndpointStatus"]) == ("recased", "InService")
    assert endpoint["EndpointConfigName"] == updated.output["endpointConfigName"]
