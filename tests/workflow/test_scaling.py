"""Updates and scaling: deregistered before, registered after, removed at the end."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.support.scaling import CONCURRENT, ExternalScaling, instances_of, registered, tracking

Json = dict[str, Any]
REGISTERED = ["RegisterScalableTarget", "PutScalingPolicy"]


def variant(request: Json, **changes: Any) -> Json:
    (only,) = request["productionVariants"]
    return {**only, **changes}


def with_variants(request: Json, *variants: Json) -> Json:
    return {**request, "productionVariants": list(variants)}


def unscaled(request: Json) -> Json:
    return {name: value for name, value in request.items() if "caling" not in name}


def order(run: Run) -> list[str]:
    """Mutating operations of both services, in order."""
    return [
        call["operation"]
        for call in run.calls
        if call["operation"] in {*run.mutations("sagemaker"), *run.mutations("application-autoscaling")}
        and not call.get("error")
    ]


def asked(name: str, bounds: tuple[int, int] = (1, 4), **more: Any) -> Json:
    """A variant scaled as in the original payload of the field, without anything else."""
    return {"bounds": bounds, "suspended": [], "policies": {name: 5000.0}, "scheduled": {}, **more}


def own(endpoint_name: str, variant_name: str = "AllTraffic") -> str:
    return f"{endpoint_name}-{variant_name}-target-tracking"


def test_a_new_model_changes_no_scaling(slipway: Slipway, request_for: Any) -> None:
    request = request_for("model-only")
    slipway.deploy(request)
    ExternalScaling(slipway, "model-only").schedule("office-hours")
    before = registered(slipway, "model-only")

    run = slipway.deploy(with_variants(request, variant(request, ModelName="model-only-2")))

    assert (run.status, run.mutations("application-autoscaling")) == ("SUCCEEDED", [])
    assert registered(slipway, "model-only") == before
    assert run.output["scaling"]["changed"] is False
    assert "scheduled action office-hours of endpoint/model-only/variant/AllTraffic" in run.output["warnings"][0]


def test_new_weights_change_no_scaling(slipway: Slipway) -> None:
    request = {**project.event("deploy_two_variants"), "endpointName": "re-weighted"}
    slipway.deploy(request)
    champion, challenger = request["productionVariants"]
    reweighted = [{**champion, "InitialVariantWeight": 50}, {**challenger, "InitialVariantWeight": 50}]

    run = slipway.deploy({**request, "productionVariants": reweighted})

    assert (run.status, run.mutations("application-autoscaling")) == ("SUCCEEDED", [])
    endpoint = slipway.endpoint("re-weighted")
    assert endpoint is not None
    assert [each["CurrentWeight"] for each in endpoint["ProductionVariants"]] == [50, 50]


def test_an_added_variant_is_registered_and_the_other_is_left_alone(slipway: Slipway, request_for: Any) -> None:
    request = request_for("added")
    slipway.deploy(request)

    run = slipway.deploy(with_variants(request, variant(request), variant(request, VariantName="Challenger")))

    assert run.status == "SUCCEEDED"
    assert order(run) == ["CreateEndpointConfig", "UpdateEndpoint", *REGISTERED]
    assert registered(slipway, "added") == {
        "AllTraffic:InstanceCount": asked(own("added")),
        "Challenger:InstanceCount": asked(own("added", "Challenger")),
    }


def test_a_removed_variant_is_deregistered_before_the_update(slipway: Slipway, request_for: Any) -> None:
    request = request_for("removed")
    slipway.deploy(with_variants(request, variant(request), variant(request, VariantName="Challenger")))

    run = slipway.deploy(request)

    assert run.status == "SUCCEEDED"
    assert order(run) == ["CreateEndpointConfig", "DeregisterScalableTarget", "UpdateEndpoint"]
    assert registered(slipway, "removed") == {"AllTraffic:InstanceCount": asked(own("removed"))}
    assert run.output["scaling"]["changed"] is True
    (gone,) = run.output["scaling"]["removed"]
    assert gone.startswith("scalable target endpoint/removed/variant/Challenger ")
    assert f"Removed: {gone}" in run.message["message"]


def test_a_renamed_variant_is_deregistered_before_and_registered_after_the_update(
    slipway: Slipway, request_for: Any
) -> None:
    request = request_for("renamed-variant")
    slipway.deploy(request)

    run = slipway.deploy(with_variants(request, variant(request, VariantName="Other")))

    assert run.status == "SUCCEEDED"
    assert order(run) == ["CreateEndpointConfig", "DeregisterScalableTarget", "UpdateEndpoint", *REGISTERED]
    assert registered(slipway, "renamed-variant") == {
        "Other:InstanceCount": asked(own("renamed-variant", "Other")),
    }


def test_a_new_instance_type_preserves_external_scaling(slipway: Slipway, request_for: Any) -> None:
    request = request_for("retyped")
    slipway.deploy(request)
    others = ExternalScaling(slipway, "retyped")
    others.track("by-concurrency", tracking(CONCURRENT, 4))
    others.schedule("office-hours", Timezone="Europe/Berlin", EndTime=datetime(2099, 1, 1, tzinfo=UTC))
    others.suspend(DynamicScalingInSuspended=True)
    before = registered(slipway, "retyped")

    run = slipway.deploy(with_variants(request, variant(request, InstanceType="ml.c5.4xlarge")))

    assert run.status == "SUCCEEDED"
    assert order(run) == [
        "CreateEndpointConfig",
        "DeregisterScalableTarget",
        "UpdateEndpoint",
        "RegisterScalableTarget",
        "PutScalingPolicy",
        "PutScalingPolicy",
        "PutScheduledAction",
    ]
    assert registered(slipway, "retyped") == before
    assert before["AllTraffic:InstanceCount"] == asked(
        own("retyped"),
        policies={own("retyped"): 5000.0, "by-concurrency": 4.0},
        scheduled={"office-hours": "cron(0 8 * * ? *)"},
        suspended=["DynamicScalingInSuspended"],
    )
    (action,) = slipway.aws.client("application-autoscaling").describe_scheduled_actions(
        **instances_of("retyped"), ScheduledActionNames=["office-hours"]
    )["ScheduledActions"]
    assert (action["Timezone"], action["EndTime"]) == ("Europe/Berlin", datetime(2099, 1, 1, tzinfo=UTC))
    assert run.output["scaling"]["removed"] == []
    warnings = "\n".join(run.output["warnings"])
    assert "policy by-concurrency, scheduled action office-hours" in warnings
    assert "is suspended and stays suspended: DynamicScalingInSuspended" in warnings


def test_a_new_instance_type_preserves_the_live_count(slipway: Slipway, request_for: Any) -> None:
    request = request_for("retyped-large")
    slipway.deploy(request)
    slipway.set_count("retyped-large", 3)

    run = slipway.deploy(with_variants(request, variant(request, InstanceType="ml.c5.4xlarge")))

    assert run.status == "SUCCEEDED"
    assert slipway.counts("retyped-large") == {"AllTraffic": 3}


@pytest.mark.parametrize(
    "change", [{"InstanceType": "ml.c5.4xlarge"}, {"VariantName": "Other"}], ids=["retyped", "renamed"]
)
def test_a_step_policy_is_not_deregistered(slipway: Slipway, request_for: Any, change: Json) -> None:
    name = f"stepped-{'-'.join(change).lower()}"
    request = request_for(name)
    slipway.deploy(request)
    ExternalScaling(slipway, name).step("wake-up")

    run = slipway.deploy(with_variants(request, variant(request, **change)))

    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
    assert run.mutations("application-autoscaling") + run.mutations("sagemaker") == []
    assert f"--resource-id endpoint/{name}/variant/AllTraffic" in run.cause
    assert "aws application-autoscaling delete-scaling-policy" in run.cause
    assert "--policy-name wake-up" in run.cause


def test_a_change_from_serverless_to_instances_changes_the_dimension(slipway: Slipway, request_for: Any) -> None:
    serverless = {**project.event("deploy_serverless"), "endpointName": "grown-up"}
    slipway.deploy(serverless)
    assert list(registered(slipway, "grown-up")) == ["AllTraffic:ProvisionedConcurrency"]

    run = slipway.deploy(request_for("grown-up"))

    assert run.status == "SUCCEEDED"
    assert order(run) == ["CreateEndpointConfig", "DeregisterScalableTarget", "UpdateEndpoint", *REGISTERED]
    assert registered(slipway, "grown-up") == {"AllTraffic:InstanceCount": asked(own("grown-up"))}


def test_a_serverless_variant_without_provisioned_concurrency_loses_its_scaling(slipway: Slipway) -> None:
    request = {**project.event("deploy_serverless"), "endpointName": "on-demand"}
    slipway.deploy(request)
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 20}

    run = slipway.deploy(with_variants(unscaled(request), variant(request, ServerlessConfig=config)))

    assert run.status == "SUCCEEDED"
    assert order(run) == ["CreateEndpointConfig", "DeregisterScalableTarget", "UpdateEndpoint"]
    assert registered(slipway, "on-demand") == {}


def test_without_scaling_fields_slipways_scaling_is_removed(slipway: Slipway, request_for: Any) -> None:
    request = request_for("dropped")
    slipway.deploy(request)

    run = slipway.deploy(unscaled(request))

    assert run.status == "SUCCEEDED"
    assert order(run) == ["DeregisterScalableTarget"]
    assert registered(slipway, "dropped") == {}
    assert (run.output["changed"], run.output["scaling"]["changed"]) == (True, True)
    assert run.output["scaling"]["removed"] == [
        "scalable target endpoint/dropped/variant/AllTraffic (sagemaker:variant:DesiredInstanceCount)"
    ]
    assert "only its scaling changed" in run.message["message"]


def test_without_scaling_fields_external_scaling_is_preserved(slipway: Slipway, request_for: Any) -> None:
    request = request_for("shared")
    slipway.deploy(request)
    ExternalScaling(slipway, "shared").schedule("office-hours")

    run = slipway.deploy(unscaled(request))

    assert run.status == "SUCCEEDED"
    assert order(run) == ["DeleteScalingPolicy"]
    assert registered(slipway, "shared") == {
        "AllTraffic:InstanceCount": asked("", policies={}, scheduled={"office-hours": "cron(0 8 * * ? *)"})
    }
    assert "stays registered for scaling, 1 to 4, with scheduled action office-hours" in run.output["warnings"][0]
    assert run.output["scaling"]["removed"] == [
        f"policy {own('shared')} of endpoint/shared/variant/AllTraffic",
    ]


def test_a_new_instance_type_without_scaling_fields_preserves_external_scaling(
    slipway: Slipway, request_for: Any
) -> None:
    request = unscaled(request_for("theirs"))
    slipway.deploy(request)
    others = ExternalScaling(slipway, "theirs")
    others.register(1, 6)
    others.track("by-concurrency", tracking(CONCURRENT, 4))
    before = registered(slipway, "theirs")

    run = slipway.deploy(with_variants(request, variant(request, InstanceType="ml.c5.4xlarge")))

    assert run.status == "SUCCEEDED"
    assert registered(slipway, "theirs") == before
    assert before["AllTraffic:InstanceCount"]["bounds"] == (1, 6)


def test_slipways_policy_is_removed_if_another_policy_tracks_the_requested_metric(
    slipway: Slipway, request_for: Any
) -> None:
    request = request_for("re-metered")
    slipway.deploy(request)
    ExternalScaling(slipway, "re-metered").track("by-concurrency", tracking(CONCURRENT, 4))

    run = slipway.deploy({**request, "targetTrackingScalingPolicyConfiguration": tracking(CONCURRENT, 7)})

    assert run.status == "SUCCEEDED"
    assert order(run) == ["DeleteScalingPolicy", "PutScalingPolicy"]
    assert registered(slipway, "re-metered")["AllTraffic:InstanceCount"]["policies"] == {"by-concurrency": 7.0}


def test_a_new_metric_replaces_the_old_one(slipway: Slipway, request_for: Any) -> None:
    request = request_for("other-metric")
    slipway.deploy(request)

    run = slipway.deploy({**request, "targetTrackingScalingPolicyConfiguration": tracking(CONCURRENT, 7)})

    assert order(run) == ["PutScalingPolicy"]
    assert registered(slipway, "other-metric")["AllTraffic:InstanceCount"]["policies"] == {own("other-metric"): 7.0}


def test_a_changed_initial_count_is_applied_to_an_unscaled_variant(slipway: Slipway, request_for: Any) -> None:
    request = unscaled(request_for("resized"))
    slipway.deploy(request)
    slipway.set_count("resized", 3)

    run = slipway.deploy(with_variants(request, variant(request, InitialInstanceCount=2)))

    assert run.status == "SUCCEEDED"
    assert slipway.counts("resized") == {"AllTraffic": 2}


def test_a_changed_initial_count_is_not_applied_to_a_scaled_variant(slipway: Slipway, request_for: Any) -> None:
    request = request_for("not-resized")
    slipway.deploy(request)
    slipway.set_count("not-resized", 3)

    run = slipway.deploy(with_variants(request, variant(request, InitialInstanceCount=2)))

    assert run.status == "SUCCEEDED"
    assert slipway.counts("not-resized") == {"AllTraffic": 3}


def test_a_target_that_is_already_deregistered_is_not_an_error(slipway: Slipway, request_for: Any) -> None:
    """Another user deregistered it after the plan was made."""
    request = request_for("deregistered-already")
    slipway.deploy(request)
    fault = "No scalable target found for service namespace: sagemaker"
    slipway.fault("application-autoscaling", "DeregisterScalableTarget", "ConcurrentUpdateException", "busy", times=4)
    slipway.fault("application-autoscaling", "DeregisterScalableTarget", "ObjectNotFoundException", fault, times=1)

    run = slipway.deploy(unscaled(request))

    assert run.status == "SUCCEEDED"
    assert run.visited.count("Register scaling") == 1
