"""Deployments of approved model packages."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support import project
from tests.support.deployment import OWNER, Run, Slipway
from tests.support.roles import make_role
from tests.support.scenarios.catalogue import endpoint, scenario
from tools import approval


@scenario
def approved(slipway: Slipway) -> Run:
    return approve(slipway, "approved")


@scenario
def approved_deployment_fails(slipway: Slipway) -> Run:
    slipway.outcome(endpoint("approved_deployment_fails"), "create", "fails")
    return approve(slipway, "approved_deployment_fails")


@scenario
def approved_in_another_account(slipway: Slipway) -> Run:
    """A central registry: the owner shares its group and forwards its approvals with the commands of the docs."""
    group = endpoint("approved_in_another_account")
    registry, iam = (slipway.aws.client(service, OWNER) for service in ("sagemaker", "iam"))
    registry.create_model_package_group(ModelPackageGroupName=group)
    package = registry.create_model_package(ModelPackageGroupName=group, InferenceSpecification=approval.SPECIFICATION)[
        "ModelPackageArn"
    ]
    send = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
    make_role(iam, "slipway-approvals", {"Service": "events.amazonaws.com"}, send)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**slipway.aws.environment, "AWS_ACCESS_KEY_ID": OWNER, "PATH": path}
    for commands in project.commands("deploy.md", "Model packages of another account")[:2]:
        subprocess.run(["bash", "-ec", commands.replace("central", group)], env=environment, check=True)
    profile = {**project.event("profile_h2o3-gbm"), "endpointName": group}
    slipway.aws.client("ssm").put_parameter(Name=f"/slipway/profiles/{group}", Type="String", Value=json.dumps(profile))

    def approve_it() -> None:
        registry.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")

    with slipway.recorded() as finish:
        return finish(approval.started_by(slipway.aws, slipway.machine_arn, approve_it))


@scenario
def old_model_is_removed(slipway: Slipway) -> Run:
    """With a history of one deployment: the third deployment removes the config and the model of the first."""
    approve(slipway, "old_model_is_removed")
    approve(slipway, "old_model_is_removed", version=3)
    return approve(slipway, "old_model_is_removed", version=4)


def approve(slipway: Slipway, name: str, version: int = 2, **members: Any) -> Run:
    """Approve a version of the scenario's model package group and return the run that the approval starts.

    Parameters
    ----------
    members : Any
        More fields of the profile.
    """
    event = project.event("model_approved")
    group = event["detail"]["ModelPackageGroupName"]
    profile = {**project.event(f"profile_{group}"), "endpointName": endpoint(name), **members}
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


@scenario
def responses_are_lost(slipway: Slipway) -> Run:
    """Every creating call succeeds but its response is lost, and its retry is refused."""
    creates = ("CreateModel", "CreateEndpointConfig", "CreateEndpoint")
    met = {"service": "sagemaker", "principal": "DeployEndpointRole", "answer": "cut", "times": 1}
    slipway.aws.post("faults", [{**met, "operation": operation} for operation in creates])
    return approve(slipway, "responses_are_lost")
