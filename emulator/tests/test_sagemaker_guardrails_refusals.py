"""Deployments that UpdateEndpoint refuses before anything changes, and the permission for alarms."""

from typing import Any

import pytest

from support.callers import allow, error_of, make_role
from support.hosting import Hosting, refused
from support.rollouts import Rollouts, alarm_arn, blue_green, count, percent, rolling


@pytest.fixture(scope="module")
def rollouts(hosting: Hosting) -> Rollouts:
    return Rollouts(hosting)


def out_of_range(member: str, number: int, total: int, lowest: int) -> str:
    return (
        f'{member} is {number} instance(s) of the {total} of variant "AllTraffic"; it must be between {lowest} and 50 '
        "percent of the variant's total instance count."
    )


SIZES: list[tuple[int, dict[str, Any], str]] = [
    (1, blue_green("CANARY", CanarySize=count(1)), out_of_range("CanarySize", 1, 1, 1)),
    (1, blue_green("CANARY", CanarySize=percent(10)), out_of_range("CanarySize", 1, 1, 1)),
    (20, blue_green("CANARY", CanarySize=count(11)), out_of_range("CanarySize", 11, 20, 1)),
    (1, blue_green("LINEAR", LinearStepSize=percent(50)), out_of_range("LinearStepSize", 1, 1, 10)),
    (20, blue_green("LINEAR", LinearStepSize=count(1)), out_of_range("LinearStepSize", 1, 20, 10)),
    (1, rolling(percent(20)), out_of_range("MaximumBatchSize", 1, 1, 5)),
    (40, rolling(count(1)), out_of_range("MaximumBatchSize", 1, 40, 5)),
    (40, rolling(count(21)), out_of_range("MaximumBatchSize", 21, 40, 5)),
]


@pytest.mark.parametrize(("instances", "deployment", "message"), SIZES)
def test_a_step_must_fit_the_fleet(
    rollouts: Rollouts, instances: int, deployment: dict[str, Any], message: str
) -> None:
    name = f"sized-{instances}"
    if not rollouts.hosting.exists(name):
        rollouts.endpoint(name, instances=instances)

    with refused("ValidationException", message):
        rollouts.begin(name, deployment)

    endpoint = rollouts.hosting.describe(name)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", f"{name}-1")
    assert "LastDeploymentConfig" not in endpoint


ALARMS = tuple(f"alarm-{number}" for number in range(11))
ALONE: list[tuple[dict[str, Any], str]] = [
    (
        rolling(percent(51)),
        "MaximumBatchSize is 51 percent; it must be between 5 and 50 percent of the variant's total instance count.",
    ),
    (
        rolling(percent(20), wait=700, MaximumExecutionTimeoutInSeconds=600),
        "MaximumExecutionTimeoutInSeconds (600) must be larger than the total waiting time of WaitIntervalInSeconds "
        "(700).",
    ),
    (
        blue_green(MaximumExecutionTimeoutInSeconds=28801),
        "1 validation error detected: Value '28801' at 'deploymentConfig.blueGreenUpdatePolicy."
        "maximumExecutionTimeoutInSeconds' failed to satisfy constraint: "
        "Member must have value less than or equal to 28800",
    ),
    (
        blue_green(alarms=("no-such-alarm",)),
        'Could not find the CloudWatch alarm(s) "no-such-alarm" of AutoRollbackConfiguration.',
    ),
]


@pytest.mark.parametrize(("deployment", "message"), ALONE)
def test_an_invalid_deployment_is_refused(rollouts: Rollouts, deployment: dict[str, Any], message: str) -> None:
    if not rollouts.hosting.exists("meaningless"):
        rollouts.endpoint("meaningless", instances=4)

    with refused("ValidationException", message):
        rollouts.begin("meaningless", deployment)


def test_there_are_at_most_ten_alarms(rollouts: Rollouts) -> None:
    rollouts.endpoint("watched")

    code, message, _ = error_of(
        rollouts.hosting.unchecked.update_endpoint,
        EndpointName="watched",
        EndpointConfigName="watched-2",
        DeploymentConfig=blue_green(alarms=ALARMS),
    )

    assert code == "ValidationException"
    assert "'deploymentConfig.autoRollbackConfiguration.alarms' failed to satisfy constraint" in message
    assert message.endswith("Member must have length less than or equal to 10")


def test_with_guardrails_variants_keep_their_names(rollouts: Rollouts) -> None:
    hosting = rollouts.hosting
    hosting.endpoint("new-names")
    hosting.config("new-names-2", hosting.variant(hosting.model("new-names-model"), "Other"))

    message = (
        'The variant names of the new endpoint configuration ("Other") must be those of the current one ("AllTraffic") '
        "to update with a DeploymentConfig."
    )
    with refused("ValidationException", message):
        rollouts.begin("new-names", blue_green())


def test_rolling_needs_a_single_variant(rollouts: Rollouts) -> None:
    hosting = rollouts.hosting
    model = hosting.model("several-model")
    several = [hosting.variant(model, name, InitialInstanceCount=4) for name in ("One", "Two")]
    hosting.endpoint("several", *several)
    hosting.config("several-2", *several)

    with refused("ValidationException", "Rolling deployments do not support endpoints with multiple variants."):
        rollouts.begin("several", rolling(count(1)))

    rollouts.begin("several", blue_green("CANARY", CanarySize=count(1)))
    assert hosting.wait("several")["EndpointConfigName"] == "several-2"


def test_serverless_endpoints_have_no_guardrails(rollouts: Rollouts) -> None:
    hosting = rollouts.hosting
    serverless = hosting.serverless_variant(hosting.model("unguarded-model"))
    hosting.endpoint("unguarded", serverless)
    hosting.config("unguarded-2", serverless)

    message = (
        "Deployment guardrails only apply to asynchronous and real-time inference endpoints: DeploymentConfig cannot be "
        "specified for serverless endpoints."
    )
    with refused("ValidationException", message):
        rollouts.begin("unguarded", blue_green())


@pytest.mark.parametrize("retained", [False, True], ids=["named", "retained"])
def test_the_caller_needs_the_right_to_describe_the_alarms(rollouts: Rollouts, *, retained: bool) -> None:
    name = f"seen-{retained}".lower()
    alarm = rollouts.alarm(f"{name}-errors")
    rollouts.endpoint(name)
    deployment: dict[str, Any] = {"DeploymentConfig": blue_green(alarms=(alarm,))}
    if retained:
        rollouts.begin(name, deployment["DeploymentConfig"])
        rollouts.hosting.wait(name)
        deployment = {"RetainDeploymentConfig": True}
    request = {"EndpointName": name, "EndpointConfigName": f"{name}-2", **deployment}
    update = allow("sagemaker:UpdateEndpoint")
    blind = make_role(rollouts.aws, update, allow("cloudwatch:DescribeAlarms", alarm_arn("another")))
    seeing = make_role(rollouts.aws, update, allow("cloudwatch:DescribeAlarms", alarm_arn(alarm)))

    code, message, _ = error_of(blind.client("sagemaker").update_endpoint, **request)
    assert code == "AccessDeniedException"
    assert f"cloudwatch:DescribeAlarms on resource: {alarm_arn(alarm)} " in message
    assert rollouts.hosting.status(name) == "InService"

    seeing.client("sagemaker").update_endpoint(**request)
    assert ("cloudwatch:DescribeAlarms", alarm_arn(alarm), "allow") in seeing.checks()
