"""Deployments of approved model packages."""

import json

from tests.support import project
from tests.support.deployment import Run, Slipway
from tests.support.scenarios.catalogue import endpoint, scenario
from tools import approval


@scenario
def approved(slipway: Slipway) -> Run:
    return approve(slipway, "approved")


@scenario
def approved_and_fails(slipway: Slipway) -> Run:
    slipway.outcome(endpoint("approved_and_fails"), "create", "fails")
    return approve(slipway, "approved_and_fails")


@scenario
def old_model_goes(slipway: Slipway) -> Run:
    """In a stage that keeps one deployment: the config and the model of the first go, for the second may be needed."""
    approve(slipway, "old_model_goes")
    approve(slipway, "old_model_goes", version=3)
    return approve(slipway, "old_model_goes", version=4)


def approve(slipway: Slipway, name: str, version: int = 2) -> Run:
    """Approve a version of the model package group that is named for the scenario; the run that this starts."""
    event = project.event("model_approved")
    group = event["detail"]["ModelPackageGroupName"]
    profile = {**project.event(f"profile_{group}"), "endpointName": endpoint(name)}
    renamed = json.loads(json.dumps(event).replace(group, endpoint(name)))
    detail = renamed["detail"]
    detail["ModelPackageVersion"] = version
    detail["ModelPackageArn"] = f"{detail['ModelPackageArn'].rpartition('/')[0]}/{version}"
    approval.make_package(slipway.aws, detail)
    slipway.aws.client("ssm").put_parameter(
        Name=f"/slipway/profiles/{detail['ModelPackageGroupName']}",
        Type="String",
        Value=json.dumps(profile),
        Overwrite=True,
    )

    with slipway.recorded() as finish:
        return finish(
            approval.started_by(slipway.aws, slipway.machine_arn, lambda: approval.approve_package(slipway.aws, detail))
        )
