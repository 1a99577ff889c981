"""UpdateEndpoint, which moto lacks: the pending config, its outcomes, and its refusals."""

from typing import Any

import pytest

from support.hosting import Hosting, arn, refused

ALL_AT_ONCE = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 60},
        "TerminationWaitInSeconds": 40,
    }
}


def blue_green(**routing: Any) -> dict[str, Any]:
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"WaitIntervalInSeconds": 0, **routing}}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def begin_update(hosting: Hosting, name: str, *variants: dict[str, Any], **request: Any) -> str:
    """Start an update to a second config; return its name."""
    config = hosting.config(f"{name}-2", *variants)
    answer = hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, **request)
    assert answer["EndpointArn"] == arn(f"endpoint/{name}")
    return config


def test_during_an_update_the_old_config_is_live_and_the_new_one_is_pending(hosting: Hosting) -> None:
    hosting.endpoint("lagging")
    with hosting.standing_still():
        begin_update(hosting, "lagging")

        endpoint = hosting.describe("lagging")

    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("Updating", "lagging-1")
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    pending = endpoint["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "lagging-2"
    (status,) = pending["ProductionVariants"][0]["VariantStatus"]
    assert (status["Status"], status["StatusMessage"]) == ("Creating", "Launching 1 instance(s).")


def test_an_update_ends_in_service_on_the_new_config(hosting: Hosting) -> None:
    hosting.endpoint("renewed")

    begin_update(hosting, "renewed")

    endpoint = hosting.wait("renewed")
    assert endpoint["EndpointConfigName"] == "renewed-2"
    assert "PendingDeploymentSummary" not in endpoint
    assert "FailureReason" not in endpoint


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("rolls_back", "InService"), ("rollback_fails", "UpdateRollbackFailed"), ("fails", "Failed")],
)
def test_a_failed_update_stays_on_the_old_config_with_a_reason(hosting: Hosting, outcome: str, status: str) -> None:
    name = f"old-{outcome.replace('_', '-')}"
    hosting.endpoint(name)
    hosting.script(name, "update", outcome)

    begin_update(hosting, name)

    endpoint = hosting.wait(name, status)
    assert endpoint["EndpointConfigName"] == f"{name}-1"
    assert "PendingDeploymentSummary" not in endpoint
    assert endpoint["FailureReason"].startswith("The primary container for production variant AllTraffic did not pass")


def test_the_reason_of_a_rolled_back_update_is_cleared_by_the_next_update(hosting: Hosting) -> None:
    hosting.endpoint("second-try")
    hosting.script("second-try", "update", "rolls_back", afterSeconds=10)
    config = begin_update(hosting, "second-try")
    assert "FailureReason" in hosting.wait("second-try")

    hosting.sagemaker.update_endpoint(EndpointName="second-try", EndpointConfigName=config)

    endpoint = hosting.wait("second-try")
    assert endpoint["EndpointConfigName"] == config
    assert "FailureReason" not in endpoint


def test_deleting_a_needed_config_fails_the_update(hosting: Hosting) -> None:
    hosting.endpoint("pulled-away")
    with hosting.standing_still():
        begin_update(hosting, "pulled-away")
        hosting.sagemaker.delete_endpoint_config(EndpointConfigName="pulled-away-1")

    endpoint = hosting.wait("pulled-away")

    assert endpoint["EndpointConfigName"] == "pulled-away-1"
    lost = arn("endpoint-config/pulled-away-1")
    assert endpoint["FailureReason"] == f'Could not find endpoint configuration "{lost}".'


def test_an_update_needs_an_existing_config(hosting: Hosting) -> None:
    hosting.endpoint("unconfigured")

    with refused("ValidationException", f'Could not find endpoint configuration "{arn("endpoint-config/no-such")}".'):
        hosting.sagemaker.update_endpoint(EndpointName="unconfigured", EndpointConfigName="no-such")


def test_an_update_resets_counts_and_weights_to_those_of_the_config(hosting: Hosting) -> None:
    hosting.endpoint("reset")
    hosting.scale("reset", 3)

    begin_update(hosting, "reset")

    assert hosting.wait("reset")["ProductionVariants"][0]["CurrentInstanceCount"] == 1


@pytest.mark.parametrize(
    ("excluded", "count", "weight"),
    [((), 3, 5.0), (("DesiredWeight",), 3, 1.0), (("DesiredInstanceCount",), 2, 5.0)],
)
def test_retaining_properties_keeps_the_live_ones_except_excluded_ones(
    hosting: Hosting, excluded: tuple[str, ...], count: int, weight: float
) -> None:
    name = "-".join(("retained", *excluded))
    hosting.endpoint(name)
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 3, "DesiredWeight": 5}],
    )
    hosting.wait(name)
    new = hosting.variant(hosting.model(f"{name}-new"), InitialInstanceCount=2)
    hosting.config(f"{name}-2", new)

    hosting.sagemaker.update_endpoint(
        EndpointName=name,
        EndpointConfigName=f"{name}-2",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": each} for each in excluded],
    )

    (variant,) = hosting.wait(name)["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (count, weight)


def test_properties_are_retained_for_variants_of_the_same_name_only(hosting: Hosting) -> None:
    hosting.endpoint("renamed")
    hosting.scale("renamed", 3)

    begin_update(
        hosting, "renamed", hosting.variant(hosting.model("renamed-model"), "Other"), RetainAllVariantProperties=True
    )

    assert hosting.wait("renamed")["ProductionVariants"][0]["CurrentInstanceCount"] == 1


def test_an_all_at_once_deployment_includes_its_baking_and_is_described_afterwards(hosting: Hosting) -> None:
    hosting.endpoint("baked")
    with hosting.standing_still():
        begin_update(hosting, "baked", DeploymentConfig=ALL_AT_ONCE)
        begun = hosting.describe("baked")["LastModifiedTime"]

    endpoint = hosting.wait("baked")

    assert endpoint["LastDeploymentConfig"] == ALL_AT_ONCE
    assert (endpoint["LastModifiedTime"] - begun).total_seconds() == pytest.approx(420 + 10 + 60 + 40 + 30, abs=0.1)


def test_the_deployment_config_of_the_creation_is_stored_until_an_update_retains_it(hosting: Hosting) -> None:
    canary = blue_green(Type="CANARY", CanarySize=percent(10))
    hosting.config("kept-1")
    hosting.sagemaker.create_endpoint(EndpointName="kept", EndpointConfigName="kept-1", DeploymentConfig=canary)
    assert hosting.wait("kept")["LastDeploymentConfig"] == canary

    too_large = (
        'CanarySize is 1 instance(s) of the 1 of variant "AllTraffic"; it must be between 1 and 50 percent of the '
        "variant's total instance count."
    )
    with refused("ValidationException", too_large):
        hosting.sagemaker.update_endpoint(EndpointName="kept", EndpointConfigName="kept-1", RetainDeploymentConfig=True)

    hosting.sagemaker.update_endpoint(EndpointName="kept", EndpointConfigName="kept-1")
    assert hosting.wait("kept")["EndpointStatus"] == "InService"


ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": percent(20), "WaitIntervalInSeconds": 60}}
TOO_SHORT = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 400},
        "TerminationWaitInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 600,
    }
}


@pytest.mark.parametrize(
    ("deployment", "code", "message"),
    [
        (
            blue_green(Type="CANARY"),
            "ValidationException",
            "CanarySize is required for traffic routing type CANARY, and only for it.",
        ),
        (
            blue_green(Type="CANARY", CanarySize=percent(51)),
            "ValidationException",
            "CanarySize is 51 percent; it must be between 1 and 50 percent of the variant's total instance count.",
        ),
        (
            blue_green(Type="LINEAR", LinearStepSize=percent(9)),
            "ValidationException",
            "LinearStepSize is 9 percent; it must be between 10 and 50 percent of the variant's total instance count.",
        ),
        (
            {**ALL_AT_ONCE, **ROLLING},
            "ValidationException",
            "Specify only one of BlueGreenUpdatePolicy and RollingUpdatePolicy.",
        ),
        (
            TOO_SHORT,
            "ValidationException",
            "MaximumExecutionTimeoutInSeconds (600) must be larger than the total waiting time of "
            "WaitIntervalInSeconds and TerminationWaitInSeconds (700).",
        ),
        (
            blue_green(Type="ALL_AT_ONCE", WaitIntervalInSeconds=3601),
            "ValidationException",
            "1 validation error detected: Value '3601' at 'deploymentConfig.blueGreenUpdatePolicy."
            "trafficRoutingConfiguration.waitIntervalInSeconds' failed to satisfy constraint: "
            "Member must have value less than or equal to 3600",
        ),
    ],
)
def test_an_invalid_deployment_config_is_refused(
    hosting: Hosting, deployment: dict[str, Any], code: str, message: str
) -> None:
    if not hosting.exists("guarded"):
        hosting.endpoint("guarded")

    with refused(code, message):
        hosting.sagemaker.update_endpoint(
            EndpointName="guarded", EndpointConfigName="guarded-1", DeploymentConfig=deployment
        )

    assert hosting.status("guarded") == "InService"


def test_instances_cannot_be_updated_to_serverless_but_serverless_to_instances_can(hosting: Hosting) -> None:
    model = hosting.model("kinds-model")
    hosting.config("kinds-serverless", hosting.serverless_variant(model))
    hosting.config("kinds-instances", hosting.variant(model))
    hosting.sagemaker.create_endpoint(EndpointName="kinds", EndpointConfigName="kinds-serverless")
    hosting.wait("kinds")
    hosting.sagemaker.update_endpoint(EndpointName="kinds", EndpointConfigName="kinds-instances")
    assert hosting.wait("kinds")["EndpointConfigName"] == "kinds-instances"

    message = (
        f'Cannot update endpoint "{arn("endpoint/kinds")}" from instances to serverless inference. '
        "Create a new endpoint."
    )
    with refused("ValidationException", message):
        hosting.sagemaker.update_endpoint(EndpointName="kinds", EndpointConfigName="kinds-serverless")


@pytest.mark.parametrize("change", [{"InstanceType": "ml.m5.xlarge"}, {"VariantName": "Other"}])
def test_a_scaled_variant_must_be_deregistered_before_removal_or_another_instance_type(
    hosting: Hosting, change: dict[str, str]
) -> None:
    (member,) = change
    name = f"anchored-{member}"
    hosting.endpoint(name)
    target = hosting.register(name)
    changed = {**hosting.variant(hosting.model(f"{name}-new")), **change}
    config = hosting.config(f"{name}-2", changed)

    message = (
        'The variant(s) "AllTraffic" must be deregistered as scalable targets with Application Auto Scaling before '
        "they can be removed or have their instance type changed."
    )
    with refused("ValidationException", message):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)

    hosting.autoscaling.deregister_scalable_target(**target)
    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    assert hosting.wait(name)["EndpointConfigName"] == config


def test_a_scaled_variant_can_get_another_model(hosting: Hosting) -> None:
    hosting.endpoint("remodelled")
    hosting.register("remodelled")

    config = begin_update(hosting, "remodelled")

    assert hosting.wait("remodelled")["EndpointConfigName"] == config


def test_a_config_that_was_created_again_is_deployed_with_its_new_content(hosting: Hosting) -> None:
    hosting.endpoint("created-again")
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName="created-again-1")
    hosting.config("created-again-1", hosting.variant("created-again-1-model", InitialInstanceCount=2))
    assert hosting.describe("created-again")["ProductionVariants"][0]["CurrentInstanceCount"] == 1

    hosting.sagemaker.update_endpoint(EndpointName="created-again", EndpointConfigName="created-again-1")

    assert hosting.wait("created-again")["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_an_update_continues_if_a_needed_config_was_created_again(hosting: Hosting) -> None:
    hosting.endpoint("put-back")
    with hosting.standing_still():
        config = begin_update(hosting, "put-back")
        hosting.sagemaker.delete_endpoint_config(EndpointConfigName="put-back-1")
        hosting.config("put-back-1", hosting.variant("put-back-1-model"))

    endpoint = hosting.wait("put-back")

    assert (endpoint["EndpointConfigName"], endpoint.get("FailureReason")) == (config, None)
