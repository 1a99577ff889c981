"""UpdateEndpoint with deployment guardrails, which moto lacks: the stages of each kind, by their events."""

from typing import Any

import pytest

from support.hosting import Hosting, arn
from support.rollouts import Rollouts, Seen, blue_green, count, percent, rolling


@pytest.fixture(scope="module")
def rollouts(hosting: Hosting) -> Rollouts:
    return Rollouts(hosting)


def baking(seconds: int, what: str, member: str = "WaitIntervalInSeconds") -> str:
    return f"Baking for {seconds} seconds ({member}) with traffic enabled on {what} instance(s)."


def activating(what: str) -> str:
    return f"Activating traffic on {what} instance(s)."


def test_all_at_once_launches_shifts_bakes_and_terminates(rollouts: Rollouts) -> None:
    rollouts.endpoint("at-once", instances=2)

    stages = rollouts.follow("at-once", blue_green(TerminationWaitInSeconds=40))

    assert stages == [
        Seen(0, "Creating", "Launching 2 instance(s).", 0, 2),
        Seen(420, "ActivatingTraffic", activating("full capacity of 2"), 2, 2),
        Seen(430, "Baking", baking(60, "full capacity of 2"), 2, 2),
        Seen(490, "Baking", baking(40, "full capacity of 2", "TerminationWaitInSeconds"), 2, 2),
        Seen(530, "Deleting", "Terminating 2 instance(s).", 2, 2),
    ]
    endpoint = rollouts.hosting.describe("at-once")
    assert endpoint["EndpointConfigName"] == "at-once-2"
    assert "PendingDeploymentSummary" not in endpoint
    assert "FailureReason" not in endpoint


@pytest.mark.parametrize("size", [count(1), percent(30)])
def test_a_canary_bakes_before_the_rest_of_the_traffic_shifts(rollouts: Rollouts, size: dict[str, Any]) -> None:
    name = f"canary-{size['Value']}"
    rollouts.endpoint(name, instances=4)

    stages = rollouts.follow(name, blue_green("CANARY", CanarySize=size))

    assert stages == [
        Seen(0, "Creating", "Launching 4 instance(s).", 0, 4),
        Seen(420, "ActivatingTraffic", activating("canary capacity of 1"), 1, 4),
        Seen(430, "Baking", baking(60, "canary capacity of 1"), 1, 4),
        Seen(490, "ActivatingTraffic", activating("full capacity of 4"), 4, 4),
        Seen(500, "Baking", baking(60, "full capacity of 4"), 4, 4),
        Seen(560, "Deleting", "Terminating 4 instance(s).", 4, 4),
    ]
    assert rollouts.hosting.describe(name)["EndpointConfigName"] == f"{name}-2"


def test_linear_shifts_step_by_step_and_bakes_after_each(rollouts: Rollouts) -> None:
    rollouts.endpoint("linear", instances=5)

    stages = rollouts.follow("linear", blue_green("LINEAR", LinearStepSize=percent(40)))

    shifts = [(stage.seconds, stage.active) for stage in stages if stage.status == "ActivatingTraffic"]
    assert shifts == [(420, 2), (490, 4), (560, 5)]
    assert [stage.message for stage in stages if stage.status == "Baking"] == [
        baking(60, "linear step capacity of 2"),
        baking(60, "linear step capacity of 4"),
        baking(60, "full capacity of 5"),
    ]


def test_rolling_replaces_the_old_instances_batch_by_batch(rollouts: Rollouts) -> None:
    rollouts.endpoint("batches", instances=4)

    stages = rollouts.follow("batches", rolling(count(2), wait=30))

    assert stages == [
        Seen(0, "Creating", "Launching 2 instance(s).", 0, 4),
        Seen(420, "ActivatingTraffic", activating("rolling batch capacity of 2"), 2, 4),
        Seen(430, "Baking", baking(30, "rolling batch capacity of 2"), 2, 4),
        Seen(460, "Deleting", "Terminating 2 instance(s).", 2, 4),
        Seen(490, "Creating", "Launching 2 instance(s).", 2, 2),
        Seen(910, "ActivatingTraffic", activating("full capacity of 4"), 4, 2),
        Seen(920, "Baking", baking(30, "full capacity of 4"), 4, 2),
        Seen(950, "Deleting", "Terminating 2 instance(s).", 4, 2),
    ]
    (variant,) = rollouts.hosting.describe("batches")["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (4, 4)


def test_a_deployment_is_sized_by_the_instances_that_it_retains(rollouts: Rollouts) -> None:
    rollouts.endpoint("three-retained", instances=1)
    rollouts.hosting.scale("three-retained", 3)

    stages = rollouts.follow(
        "three-retained", blue_green("CANARY", CanarySize=count(1)), RetainAllVariantProperties=True
    )

    assert [(stage.active, stage.old) for stage in stages if stage.status == "Baking"] == [(1, 3), (3, 3)]


def test_variants_pass_the_stages_together_and_a_shadow_is_activated_at_once(rollouts: Rollouts) -> None:
    hosting = rollouts.hosting
    for number in (1, 2):
        model = hosting.model(f"shadow-canary-model-{number}")
        hosting.config(
            f"shadow-canary-{number}",
            hosting.variant(model, InitialInstanceCount=2),
            ShadowProductionVariants=[hosting.variant(model, "Shadow")],
        )
    hosting.sagemaker.create_endpoint(EndpointName="shadow-canary", EndpointConfigName="shadow-canary-1")
    hosting.wait("shadow-canary")
    url = rollouts.listen("shadow-canary")

    rollouts.begin("shadow-canary", blue_green("CANARY", CanarySize=count(1)))
    hosting.wait("shadow-canary")

    canary = rollouts.heard(url)[1]["PendingDeploymentSummary"]
    (shadow,) = canary["ShadowProductionVariants"]
    assert canary["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert (shadow["VariantName"], shadow["CurrentInstanceCount"]) == ("Shadow", 1)
    assert shadow["VariantStatus"][0]["StatusMessage"] == activating("full capacity of 1")


def test_a_stage_is_emitted_as_in_the_developer_guide(rollouts: Rollouts) -> None:
    rollouts.endpoint("sample", instances=3)
    url = rollouts.listen("sample")

    rollouts.begin("sample", blue_green("CANARY", wait=600, CanarySize=percent(34)))
    rollouts.hosting.wait("sample")

    detail = rollouts.heard(url)[2]
    for time in ("CreationTime", "LastModifiedTime"):
        assert isinstance(detail.pop(time), int)
    summary = detail["PendingDeploymentSummary"]
    assert isinstance(summary.pop("StartTime"), int)
    assert isinstance(summary["ProductionVariants"][0]["VariantStatus"][0].pop("StartTime"), int)
    sizes = {"CurrentWeight": 1.0, "DesiredWeight": 1.0, "DesiredInstanceCount": 3}
    assert detail == {
        "EndpointName": "sample",
        "EndpointArn": arn("endpoint/sample"),
        "EndpointConfigName": "sample-1",
        "ProductionVariants": [{"VariantName": "AllTraffic", "CurrentInstanceCount": 3, **sizes}],
        "EndpointStatus": "UPDATING",
        "Tags": {},
        "PendingDeploymentSummary": {
            "EndpointConfigName": "sample-2",
            "ProductionVariants": [
                {
                    "VariantName": "AllTraffic",
                    "CurrentInstanceCount": 1,
                    **sizes,
                    "VariantStatus": [{"Status": "Baking", "StatusMessage": baking(600, "canary capacity of 1")}],
                }
            ],
        },
    }


def test_in_the_first_stage_the_new_fleet_has_no_traffic_and_other_operations_are_refused(rollouts: Rollouts) -> None:
    rollouts.endpoint("first-stage", instances=2)
    hosting = rollouts.hosting

    with hosting.standing_still():
        rollouts.begin("first-stage", blue_green("CANARY", CanarySize=count(1)))
        endpoint = hosting.describe("first-stage")
        for refused in (
            lambda: hosting.sagemaker.delete_endpoint(EndpointName="first-stage"),
            lambda: rollouts.begin("first-stage", blue_green()),
        ):
            with pytest.raises(hosting.sagemaker.exceptions.ClientError, match="Cannot update in-progress endpoint"):
                refused()

    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("Updating", "first-stage-1")
    (pending,) = endpoint["PendingDeploymentSummary"]["ProductionVariants"]
    assert (pending["CurrentInstanceCount"], pending["DesiredInstanceCount"], pending["CurrentWeight"]) == (0, 2, 0)
    assert [each["Status"] for each in pending["VariantStatus"]] == ["Creating"]
    assert hosting.wait("first-stage")["EndpointConfigName"] == "first-stage-2"


@pytest.mark.parametrize("deployment", [None, blue_green(wait=600)], ids=["unguarded", "excluded"])
def test_an_excluded_endpoint_neither_bakes_nor_emits_stages(
    rollouts: Rollouts, deployment: dict[str, Any] | None
) -> None:
    name, hosting = f"plain-{bool(deployment)}", rollouts.hosting
    rollouts.endpoint(name, **({"InstanceType": "ml.inf1.xlarge"} if deployment else {}))
    url = rollouts.listen(name)
    with hosting.standing_still():
        hosting.sagemaker.update_endpoint(
            EndpointName=name,
            EndpointConfigName=f"{name}-2",
            **({"DeploymentConfig": deployment} if deployment else {}),
        )
        begun = hosting.describe(name)["LastModifiedTime"]

    endpoint = hosting.wait(name)

    assert rollouts.heard(url) == []
    assert endpoint["EndpointConfigName"] == f"{name}-2"
    assert (endpoint["LastModifiedTime"] - begun).total_seconds() == pytest.approx(420, abs=0.1)


def test_a_model_from_the_marketplace_is_excluded_from_guardrails(rollouts: Rollouts) -> None:
    hosting = rollouts.hosting
    package = hosting.sagemaker.create_model_package(
        ModelPackageName="bought",
        CertifyForMarketplace=True,
        InferenceSpecification={
            "Containers": [{"Image": "bought:1"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    model = hosting.model("bought-model", PrimaryContainer={"ModelPackageName": package})
    hosting.endpoint("bought", hosting.variant(model))
    hosting.config("bought-2", hosting.variant(model))

    # a canary of one instance, which guardrails would refuse for this fleet
    assert rollouts.follow("bought", blue_green("CANARY", CanarySize=count(1))) == []
    assert hosting.describe("bought")["EndpointConfigName"] == "bought-2"
