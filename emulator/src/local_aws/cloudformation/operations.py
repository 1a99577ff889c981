"""API operations on stacks and templates."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_aws.cloudformation import capabilities, lifecycle, macros, preview, references, requests, template
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.macros import TransformError
from local_aws.cloudformation.parameters import Parameter, as_text
from local_aws.cloudformation.requests import Request
from local_aws.cloudformation.stacks import Blueprint, Stack, registry
from local_aws.core import partition
from local_aws.core.clock import clock
from local_aws.core.errors import ApiError
from local_aws.core.gateway import Call

Answer = dict[str, Any] | None

_UNSUPPORTED = (
    "DeploymentConfig",
    "NotificationARNs",
    "ResourceTypes",
    "RetainExceptOnCreate",
    "RollbackConfiguration",
    "StackPolicyBody",
    "StackPolicyURL",
    "TimeoutInMinutes",
)
_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED")


def new_stack(call: Call, request: Request, status: str) -> Stack:
    """A stack that is not registered yet."""
    name = request["StackName"]
    if not re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]{0,127}", name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    return Stack(
        id=f"arn:{partition.NAME}:cloudformation:{call.region}:{call.account_id}:stack/{name}/{uuid.uuid4()}",
        name=name,
        region=call.region,
        account_id=call.account_id,
        credentials=requests.credentials(call, request.get("RoleARN")),
        created_at=clock.utc(),
        role_arn=request.get("RoleARN"),
        status=status,
        token=request.get("ClientRequestToken"),
    )


def create_stack(call: Call, request: Request) -> Answer:
    requests.refuse(request, *_UNSUPPORTED)
    stacks = registry(call.account_id, call.region)
    reviewed = stacks.find(request["StackName"])
    if reviewed and reviewed.status != "REVIEW_IN_PROGRESS":
        raise ApiError("AlreadyExistsException", f"Stack [{request['StackName']}] already exists")
    stack = new_stack(call, request, "CREATE_IN_PROGRESS")
    if reviewed:
        stack = replace(stack, id=reviewed.id, events=reviewed.events, change_sets=reviewed.change_sets)
    stack.protected = bool(request.get("EnableTerminationProtection"))
    original = requests.text(request, None, call.region, stack.credentials)
    source = template.parse(original)
    requests.authorize_macros(call, source)
    capabilities.check_macros(source, request.get("Capabilities", ()))
    on_failure = _on_failure(request)
    stack.disable_rollback = on_failure == "DO_NOTHING"
    try:
        wanted = requests.blueprint(stack, request, original)
    except TransformError as error:
        stacks.add(stack)
        lifecycle.fail_to_transform(stack, error.message)
    else:
        requests.check(stack, wanted)
        stacks.add(stack)
        lifecycle.create(stack, wanted, on_failure)
    return {"StackId": stack.id}


def _on_failure(request: Request) -> lifecycle.OnFailure:
    if "OnFailure" in request and "DisableRollback" in request:
        raise ValidationError("You can specify either DisableRollback or OnFailure, but not both.")
    on_failure: lifecycle.OnFailure = request.get("OnFailure", "ROLLBACK")
    return "DO_NOTHING" if request.get("DisableRollback") else on_failure


def updatable(call: Call, name_or_id: str) -> Stack:
    """The stack of this name, if its status allows an update.

    Raises
    ------
    ValidationError
        If its status does not, or the stack is missing.
    """
    stack = registry(call.account_id, call.region).find(name_or_id)
    if stack is None or not stack.exists:
        raise ValidationError(f"Stack [{name_or_id}] does not exist")
    if stack.status not in _UPDATABLE:
        raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
    return stack


def update_stack(call: Call, request: Request) -> Answer:
    requests.refuse(request, *_UNSUPPORTED, "StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL")
    stack = updatable(call, request["StackName"])
    set_role(call, stack, request)
    original = requests.text(request, stack, call.region, stack.credentials)
    source = template.parse(original)
    requests.authorize_macros(call, source)
    capabilities.check_macros(source, request.get("Capabilities", ()))
    try:
        wanted = requests.blueprint(stack, request, original)
    except TransformError as error:
        lifecycle.fail_to_transform(stack, error.message)
        return {"StackId": stack.id}
    requests.check(stack, wanted)
    if not differs(stack, wanted):
        raise ValidationError("No updates are to be performed.")
    lifecycle.update(stack, wanted, disable_rollback=bool(request.get("DisableRollback")))
    return {"StackId": stack.id}


def set_role(call: Call, stack: Stack, request: Request) -> None:
    """Set the stack's rights: the request's role, the previous role, or the caller."""
    stack.role_arn = request.get("RoleARN", stack.role_arn)
    stack.credentials = requests.credentials(call, stack.role_arn)
    stack.token = request.get("ClientRequestToken")


def differs(stack: Stack, wanted: Blueprint) -> bool:
    """Whether an update to `wanted` would change resources, outputs or tags."""
    before = stack.blueprint
    if before is None or preview.changes(stack, wanted):
        return True
    outputs_before, outputs = (each.template.get("Outputs") for each in (before, wanted))
    values_before, values = (_values(each.parameters) for each in (before, wanted))
    return outputs_before != outputs or before.tags != wanted.tags or (bool(outputs) and values_before != values)


def _values(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {name: parameter.value for name, parameter in parameters.items()}


def delete_stack(call: Call, request: Request) -> Answer:
    requests.refuse(request, "DeletionMode")
    stack = registry(call.account_id, call.region).find(request["StackName"])
    if stack is None or not stack.exists:
        return None
    if stack.protected:
        raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    if stack.busy:
        raise ValidationError(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
    retained = request.get("RetainResources", [])
    if retained and stack.status != "DELETE_FAILED":
        raise ValidationError("Invalid operation on stack. RetainResources is for stacks in DELETE_FAILED only.")
    unknown = [name for name in retained if name not in stack.resources]
    if unknown:
        raise ValidationError(f"Resources {unknown} do not exist in stack {stack.name}")
    set_role(call, stack, request)
    lifecycle.delete(stack, retained)
    return None


def update_termination_protection(call: Call, request: Request) -> Answer:
    stack = registry(call.account_id, call.region).get(request["StackName"])
    stack.protected = request["EnableTerminationProtection"]
    return {"StackId": stack.id}


def get_template(call: Call, request: Request) -> Answer:
    stack = registry(call.account_id, call.region).get(request["StackName"])
    wanted = stack.blueprint
    if "ChangeSetName" in request:
        wanted = change_set_of(stack, request["ChangeSetName"]).blueprint
    if wanted is None:
        raise ValidationError(f"Template for stack {stack.name} is not available")
    processed = request.get("TemplateStage") == "Processed"
    transformed = macros.declared(template.parse(wanted.original))
    body = template.text(wanted.template) if processed and transformed else wanted.original
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


def change_set_of(stack: Stack, name_or_id: str) -> Any:
    """The stack's change set of this name or id.

    Raises
    ------
    ApiError
        If it is missing.
    """
    for change_set in reversed(
        list(stack.change_sets.values())
    ):  # the name of an executed change set can be used again
        if name_or_id in (change_set.name, change_set.id):
            return change_set
    raise ApiError("ChangeSetNotFound", f"ChangeSet [{name_or_id}] does not exist", 404)


def get_template_summary(call: Call, request: Request) -> Answer:
    if request.get("TemplateBody") or request.get("TemplateURL"):
        rights = requests.credentials(call, None)
        source = template.parse(requests.text(request, None, call.region, rights))
    elif "StackName" in request:
        stack = registry(call.account_id, call.region).get(request["StackName"])
        if stack.blueprint is None:
            raise ValidationError(f"GetTemplateSummary cannot be called on {stack.status} stacks.")
        source = template.parse(stack.blueprint.original)
    else:
        raise ValidationError("Either StackName, TemplateBody or TemplateURL must be specified.")
    types = dict.fromkeys(resource["Type"] for resource in source["Resources"].values())
    summary = {"ResourceTypes": list(types), "Version": source.get("AWSTemplateFormatVersion"), **_summary(source)}
    if "Metadata" in source:
        summary["Metadata"] = template.text(source["Metadata"])
    return summary


def validate_template(call: Call, request: Request) -> Answer:
    rights = requests.credentials(call, None)
    source = template.parse(requests.text(request, None, call.region, rights))
    if not macros.declared(source):
        references.check(source)
    return _summary(source)


def _summary(source: dict[str, Any]) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "Parameters": [_declaration(name, each) for name, each in source.get("Parameters", {}).items()],
        "Description": source.get("Description"),
        "DeclaredTransforms": macros.declared(source),
        "Capabilities": [],
    }
    needs = capabilities.needed(source)
    if needs:
        summary["Capabilities"] = [needs]
        listed = [each["Type"] for each in source["Resources"].values() if each["Type"].startswith("AWS::IAM::")]
        summary["CapabilitiesReason"] = f"The following resource(s) require capabilities: [{', '.join(listed)}]"
    elif summary["DeclaredTransforms"]:
        summary["Capabilities"] = [capabilities.AUTO_EXPAND]
        summary["CapabilitiesReason"] = "The following resource(s) require capabilities: [Transform]"
    return summary


def _declaration(name: str, declaration: dict[str, Any]) -> dict[str, Any]:
    default = declaration.get("Default")
    allowed = declaration.get("AllowedValues")
    return {
        "ParameterKey": name,
        "ParameterType": declaration["Type"],
        "DefaultValue": None if default is None else as_text(default),
        "NoEcho": str(declaration.get("NoEcho", False)).lower() == "true",
        "Description": declaration.get("Description"),
        "ParameterConstraints": {} if allowed is None else {"AllowedValues": [as_text(value) for value in allowed]},
    }
