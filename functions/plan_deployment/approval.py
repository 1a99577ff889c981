"""An approved model package: the event that tells of it, the profile that says how to deploy it, and its model."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from plan_deployment.request import Request
from shared.arns import account_of
from shared.aws import Client, Json, code_of
from shared.errors import InvalidRequest, ProfileInvalid, ProfileNotFound
from shared.moments import moment
from shared.planning.names import model_name

DETAIL_TYPE = "SageMaker Model Package State Change"
PACKAGE_ARN = re.compile(r"arn:[a-z-]+:sagemaker:[a-z0-9-]+:\d{12}:model-package/\S+")
GROUP_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass(frozen=True)
class Approval:
    """A model package that was created and approved, and when; ISO 8601, "" where the event does not say."""

    group_name: str
    package_arn: str
    event_id: str
    created_at: str
    approved_at: str


def is_event(document: Any) -> bool:
    """Whether the execution's input is an event, and no request."""
    return isinstance(document, dict) and "detail-type" in document


def read(event: Json) -> Approval:
    """The approval that the event tells of.

    Raises
    ------
    InvalidRequest
        When it tells of something else. SageMaker repeats `Approved` in every event of an approved package; only where
        UpdatedModelPackageFields names the status, or is absent because the package was created so, was it approved.
    """
    detail = event.get("detail")
    if event["detail-type"] != DETAIL_TYPE or not isinstance(detail, dict):
        raise _no_approval(f'its detail-type is "{event["detail-type"]}", not "{DETAIL_TYPE}"')
    if detail.get("ModelApprovalStatus") != "Approved":
        raise _no_approval(f'ModelApprovalStatus is "{detail.get("ModelApprovalStatus")}"')
    updated = detail.get("UpdatedModelPackageFields")
    if isinstance(updated, list) and "ModelApprovalStatus" not in updated:
        raise _no_approval(f"only {', '.join(map(str, updated)) or 'nothing'} was edited of a package approved before")
    if detail.get("ModelPackageStatus", "Completed") != "Completed":
        raise _no_approval(f'ModelPackageStatus is "{detail["ModelPackageStatus"]}", so no model can be made of it')
    group, arn = detail.get("ModelPackageGroupName"), detail.get("ModelPackageArn")
    if not _is(GROUP_NAME, group) or not _is(PACKAGE_ARN, arn):
        raise _no_approval("it names no versioned model package (ModelPackageGroupName and ModelPackageArn)")
    return Approval(
        group_name=detail["ModelPackageGroupName"],
        package_arn=detail["ModelPackageArn"],
        event_id=str(event.get("id", "")),
        created_at=_first_moment(detail.get("CreationTime")),
        approved_at=_first_moment(detail.get("LastModifiedTime"), event.get("time")),
    )


def _first_moment(*candidates: Any) -> str:
    for text in candidates:
        try:
            moment(text)
        except (TypeError, ValueError):
            continue
        return str(text)
    return ""


def require_owner(approval: Approval, accounts: Sequence[str]) -> None:
    """Check that the approved model package belongs to one of the accounts.

    Raises
    ------
    InvalidRequest
        If it does not.
    """
    owner = account_of(approval.package_arn)
    if owner not in accounts:
        raise InvalidRequest(
            f"Model package {approval.package_arn} belongs to account {owner}, and the stack deploys no packages of "
            f"that account. To allow it, deploy the stack with {owner} in the parameter ModelPackageOwnerAccounts. "
            "Nothing was deployed."
        )


def profile_name(prefix: str, group_name: str) -> str:
    """Name of the SSM parameter that holds the deployment profile of a model package group."""
    return f"{prefix}/{group_name}"


def profile(ssm: Client, name: str) -> Any:
    """The JSON document in the SSM parameter of that name.

    Raises
    ------
    ProfileNotFound
        When there is no such parameter; the message is the command that makes one.
    ProfileInvalid
        When it is encrypted, or holds no JSON.
    """
    try:
        parameter = ssm.get_parameter(Name=name)["Parameter"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        raise ProfileNotFound(
            f"There is no deployment profile {name}, so the approved model is not deployed. A profile is a request "
            "whose variants leave ModelName out; to write one: aws ssm put-parameter --type String "
            f"--name {name} --value file://profile.json"
        ) from error
    if parameter["Type"] == "SecureString":
        raise ProfileInvalid(
            f"Profile {name} is a SecureString, which Slipway does not decrypt. A profile holds no secrets: delete the "
            f"parameter, then write it with aws ssm put-parameter --type String --name {name} "
            "--value file://profile.json"
        )
    try:
        return json.loads(parameter["Value"])
    except json.JSONDecodeError as error:
        raise ProfileInvalid(
            f"Profile {name} is no JSON: {error}. Write it anew with aws ssm put-parameter."
        ) from error


def with_model(config: Json, name: str) -> Json:
    """The endpoint config's body, with the model in every variant that names none."""
    fields = ("ProductionVariants", "ShadowProductionVariants")
    return config | {
        field: [{"ModelName": name} | variant for variant in config[field]] for field in fields if field in config
    }


def create_model_body(approval: Approval, request: Request, default_role_arn: str) -> Json:
    """The body of CreateModel for the approved package, without tags.

    Raises
    ------
    ProfileInvalid
        When neither the profile nor the stack says which role the model runs with.
    """
    role = request.model.get("ExecutionRoleArn", default_role_arn)
    if not role:
        raise ProfileInvalid(
            "No execution role for the model: give /model/ExecutionRoleArn in the profile, or deploy the stack with "
            "parameter ModelExecutionRoleArns."
        )
    given = request.model.get("PrimaryContainer", {})
    # SageMaker merges Environment with the package's own; where it refuses two, an empty one must not count as one.
    said = {member: value for member, value in given.items() if value != {}}
    container = said | {"ModelPackageName": approval.package_arn}
    body = request.model | {"PrimaryContainer": container, "ExecutionRoleArn": role}
    return {"ModelName": model_name(approval.group_name, body, approval.created_at)} | body


def _no_approval(why: str) -> InvalidRequest:
    return InvalidRequest(f"The event is no approval of a model package: {why}. Nothing was deployed.")


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
