"""A request for an endpoint that is Failed."""

from typing import Any

from tests.support.deployment import Slipway


def test_a_failed_endpoint_is_replaced_with_a_warning(slipway: Slipway, request_for: Any) -> None:
    slipway.outcome("once-failed", "create", "fails")
    slipway.deploy(request_for("once-failed", onFailure="KEEP"))

    run = slipway.deploy(request_for("once-failed"))

    assert run.status == "SUCCEEDED"
    assert run.mutations("sagemaker") == ["DeleteEndpoint", "CreateEndpoint"]
    assert run.visited.index("Wait for deletion") < run.visited.index("Create endpoint")
    (warning,) = run.output["warnings"]
    assert warning.startswith("Endpoint once-failed is Failed (The primary container")
    assert warning in run.message["message"]


def test_the_failed_endpoint_of_an_update_is_replaced(slipway: Slipway, request_for: Any) -> None:
    request = request_for("failed-by-update")
    slipway.deploy(request)
    slipway.outcome("failed-by-update", "update", "fails")
    (variant,) = request["productionVariants"]
    newer = {**request, "productionVariants": [{**variant, "ModelName": "failed-by-update-2"}]}
    slipway.deploy(newer)

    run = slipway.deploy(newer)

    assert run.status == "SUCCEEDED"
    assert slipway.scaling("failed-by-update")["AllTraffic"][:2] == (1, 4)
