"""An approved model package: the event of its approval, the profile that says how to deploy it, and its model."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plan_deployment.models.bodies import default_role, package_container, with_name
from plan_deployment.request.request import Request
from shared.arns import account_of
from shared.aws import Client, Json, code_of
from shared.errors import InvalidRequest, ProfileInvalid, ProfileNotFound
from shared.moments import moment

if TYPE_CHECKING:
    from plan_deployment.request.components import Component

DETAIL_TYPE = "SageMaker Model Package State Change"
PACKAGE_ARN = re.compile(r"arn:[a-z-]+:sagemaker:[a-z0-9-]+:\d{12}:model-package/\S+")
GROUP_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass(frozen=True)
class Approval:
    """An approved model package; times are ISO 8601, or "" if the event has none."""

    group_name: str
    package_arn: str
    event_id: str
    created_at: str
    approved_at: str


def is_event(document: Any) -> bool:
    """Whether the execution's input is an event instead of a request."""
    return isinstance(document, dict) and "detail-type" in document


def read(event: Json) -> Approval:
    """Return the approval that the event reports.

    SageMaker repeats `Approved` in every event of an approved package. The event reports an approval only if
    UpdatedModelPackageFields names the status, or is absent because the package was created as approved.

    Raises
    ------
    InvalidRequest
        If it reports something else.
    """
    detail = event.get("detail")
    if event["detail-type"] != DETAIL_TYPE or not isinstance(detail, dict):
        raise _not_an_approval(f'its detail-type is "{event["detail-type"]}", not "{DETAIL_TYPE}"')
    if detail.get("ModelApprovalStatus") != "Approved":
        raise _not_an_approval(f'ModelApprovalStatus is "{detail.get("ModelApprovalStatus")}"')
    updated = detail.get("UpdatedModelPackageFields")
    if isinstance(updated, list) and "ModelApprovalStatus" not in updated:
        raise _not_an_approval(
            f"it changes only {', '.join(map(str, updated)) or 'nothing'} of a package that was approved before"
        )
    if detail.get("ModelPackageStatus", "Completed") != "Completed":
        raise _not_an_approval(
            f'ModelPackageStatus is "{detail["ModelPackageStatus"]}", so no model can be created from it'
        )
    group, arn = detail.get("ModelPackageGroupName"), detail.get("ModelPackageArn")
    if not _is(GROUP_NAME, group) or not _is(PACKAGE_ARN, arn):
        raise _not_an_approval("it does not name a versioned model package (ModelPackageGroupName and ModelPackageArn)")
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
    """Return the name of the SSM parameter with the deployment profile of a model package group."""
    return f"{prefix}/{group_name}"


def profile(ssm: Client, name: str) -> Any:
    """Return the JSON document in the SSM parameter of that name.

    Raises
    ------
    ProfileNotFound
        If there is no such parameter; the message has the command that creates one.
    ProfileInvalid
        If it is encrypted, or not JSON.
    """
    try:
        parameter = ssm.get_parameter(Name=name)["Parameter"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        raise ProfileNotFound(
            f"There is no deployment profile {name}, so the approved model is not deployed. A profile is a request "
            "whose variants have no ModelName. To write one: aws ssm put-parameter --type String "
            f"--name {name} --value file://profile.json"
        ) from error
    if parameter["Type"] == "SecureString":
        raise ProfileInvalid(
            f"Profile {name} is a SecureString, which Slipway does not decrypt. A profile has no secrets: delete the "
            f"parameter, then write it with aws ssm put-parameter --type String --name {name} "
            "--value file://profile.json"
        )
    try:
        return json.loads(parameter["Value"])
    except json.JSONDecodeError as error:
        raise ProfileInvalid(
            f"Profile {name} is not JSON: {error}. Write it again with aws ssm put-parameter --overwrite."
        ) from error


def with_model(request: Request, name: str) -> "tuple[Json, tuple[Component, ...]]":
    """Return the endpoint config's body and the inference components, with the model where they name none."""
    if request.components:
        return request.config, tuple(component.with_model(name) for component in request.components)
    fields = ("ProductionVariants", "ShadowProductionVariants")
    config = request.config
    return config | {
        field: [{"ModelName": name} | variant for variant in config[field]] for field in fields if field in config
    }, ()


def create_model_body(approval: Approval, request: Request, role_arns: Sequence[str]) -> Json:
    """Return the body of CreateModel for the approved package, without tags.

    Parameters
    ----------
    role_arns : sequence of str
        Execution roles that the stack may give models.

    Raises
    ------
    ProfileInvalid
        If neither the profile nor the stack names the model's execution role.
    """
    role = request.model.get("ExecutionRoleArn", default_role(role_arns))
    if not role:
        raise ProfileInvalid(
            "The model has no execution role. Give /model/ExecutionRoleArn in the profile, or deploy the stack with "
            "the parameter ModelExecutionRoleArns."
        )
    container = package_container(approval.package_arn, request.model.get("PrimaryContainer", {}))
    body = request.model | {"PrimaryContainer": container, "ExecutionRoleArn": role}
    return with_name(approval.group_name, body, approval.created_at)


def _not_an_approval(why: str) -> InvalidRequest:
    return InvalidRequest(f"The event is not the approval of a model package: {why}. Nothing was deployed.")


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
