"""API operations on change sets, which `sam deploy` and `aws cloudformation deploy` use."""

from __future__ import annotations

import re
import uuid
from contextvars import copy_context
from typing import Any

from local_aws.cloudformation import capabilities, lifecycle, macros, preview, requests, template
from local_aws.cloudformation.errors import InsufficientCapabilitiesError, ValidationError
from local_aws.cloudformation.operations import Answer, change_set_of, differs, new_stack, set_role, updatable
from local_aws.cloudformation.requests import Request
from local_aws.cloudformation.stacks import Blueprint, ChangeSet, Stack, registry
from local_aws.core import background, partition
from local_aws.core.clock import clock
from local_aws.core.errors import ApiError, NotModelledError
from local_aws.core.gateway import Call

_UNSUPPORTED = (
    "DeploymentConfig",
    "DeploymentMode",
    "ImportExistingResources",
    "IncludeNestedStacks",
    "NotificationARNs",
    "ResourceTypes",
    "ResourcesToImport",
    "RollbackConfiguration",
)
# On AWS the answer comes at once. Then the waiters of sam and aws, which look again after 5 to 30 seconds, would always
# wait that long; after a second, sam shows each resource as it comes.
ANSWER_SECONDS = 1.0
_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


def create_change_set(call: Call, request: Request) -> Answer:
    requests.refuse(request, *_UNSUPPORTED)
    _check_name(request["ChangeSetName"])
    kind = request.get("ChangeSetType", "UPDATE")
    if kind not in ("CREATE", "UPDATE"):
        raise NotModelledError(f"change sets of type {kind}")
    stack = _stack(call, request, kind)
    if any(
        change_set.name == request["ChangeSetName"] and not change_set.execution_status.startswith("EXECUTE_")
        for change_set in stack.change_sets.values()
    ):
        raise ApiError(
            "AlreadyExistsException",
            f"ChangeSet {request['ChangeSetName']} cannot be created because it already exists",
        )
    rights = requests.credentials(call, request.get("RoleARN"))
    original = requests.text(request, stack, call.region, rights)
    requests.authorize_macros(call, template.parse(original))
    change_set = _change_set(stack, request, kind)
    _fill(change_set, stack, request, original)
    if stack.status != "REVIEW_IN_PROGRESS" and kind == "CREATE":
        registry(call.account_id, call.region).add(stack)
        stack.enter("REVIEW_IN_PROGRESS", "User Initiated")
    stack.change_sets[change_set.id] = change_set
    return {"Id": change_set.id, "StackId": stack.id}


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]{0,127}", name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'changeSetName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )


def _stack(call: Call, request: Request, kind: str) -> Stack:
    """The stack to change. A stack to create is not registered yet, unless it is under review."""
    if kind == "UPDATE":
        return updatable(call, request["StackName"])
    existing = registry(call.account_id, call.region).find(request["StackName"])
    if existing is None or not existing.exists:
        return new_stack(call, request, "")
    if existing.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            f"Stack [{existing.name}] already exists and cannot be created again with the changeSet "
            f"[{request['ChangeSetName']}]."
        )
    return existing


def _change_set(stack: Stack, request: Request, kind: str) -> ChangeSet:
    name = request["ChangeSetName"]
    return ChangeSet(
        id=f"arn:{partition.NAME}:cloudformation:{stack.region}:{stack.account_id}:changeSet/{name}/{uuid.uuid4()}",
        name=name,
        type=kind,
        created_at=clock.utc(),
        description=request.get("Description"),
        given=dict(request),
    )


def _fill(change_set: ChangeSet, stack: Stack, request: Request, original: str) -> None:
    """Compute the change set's changes. A template with macros that is refused makes the change set fail.

    Without macros CloudFormation refuses the request itself.
    """
    source = template.parse(original)
    transformed = bool(macros.declared(source))
    if transformed and capabilities.nests(source):
        capabilities.check_macros(source, request.get("Capabilities", ()))
    capabilities.check_resources(source, request.get("Capabilities", ()))
    try:
        wanted = requests.blueprint(stack, request, original)
        requests.check(stack, wanted)
    except (ValidationError, InsufficientCapabilitiesError) as error:
        if not transformed:
            raise
        _fail(change_set, error.message)
        return
    change_set.blueprint = wanted
    change_set.changes = preview.changes(stack, wanted)
    if change_set.type == "UPDATE" and not differs(stack, wanted):
        _fail(change_set, _NO_CHANGES)


def _fail(change_set: ChangeSet, why: str) -> None:
    change_set.status, change_set.reason, change_set.execution_status = "FAILED", why, "UNAVAILABLE"


def _find(call: Call, request: Request) -> tuple[Stack, ChangeSet]:
    name = request["ChangeSetName"]
    stacks = registry(call.account_id, call.region)
    if "StackName" in request:
        stack = stacks.get(request["StackName"])
        return stack, change_set_of(stack, name)
    for stack in stacks.all():
        if name in stack.change_sets:
            return stack, stack.change_sets[name]
    if not name.startswith("arn:"):
        raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
    raise ApiError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)


def execute_change_set(call: Call, request: Request) -> Answer:
    requests.refuse(request, "RetainExceptOnCreate")
    stack, change_set = _find(call, request)
    if change_set.execution_status != "AVAILABLE":
        raise ApiError(
            "InvalidChangeSetStatus",
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]",
        )
    wanted = change_set.blueprint
    assert wanted is not None
    set_role(call, stack, {**change_set.given, **request})
    change_set.execution_status = "EXECUTE_IN_PROGRESS"
    stack.change_set_id, stack.updated_at = change_set.id, clock.utc()
    disable_rollback = bool(request.get("DisableRollback"))
    context = copy_context()  # the call that the resources are created for
    running = background.run(
        lambda: context.run(_execute, stack, change_set, wanted, disable_rollback=disable_rollback)
    )
    running.join(ANSWER_SECONDS)
    return None


def _execute(stack: Stack, change_set: ChangeSet, wanted: Blueprint, *, disable_rollback: bool) -> None:
    try:
        _apply(stack, change_set, wanted, disable_rollback=disable_rollback)
    finally:
        if stack.busy:  # or its clients would wait forever
            verb = stack.status.partition("_")[0]
            stack.enter(f"{verb}_FAILED", "Internal error of the local AWS; its output has the details")
        done = stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        change_set.execution_status = "EXECUTE_COMPLETE" if done else "EXECUTE_FAILED"
        for other in stack.change_sets.values():
            if other.execution_status == "AVAILABLE":
                other.execution_status = "OBSOLETE"


def _apply(stack: Stack, change_set: ChangeSet, wanted: Blueprint, *, disable_rollback: bool) -> None:
    on_failure = change_set.given.get("OnStackFailure", "ROLLBACK")
    disable_rollback = disable_rollback or on_failure == "DO_NOTHING"
    if change_set.type == "CREATE":
        stack.disable_rollback = disable_rollback
        lifecycle.create(stack, wanted, "DO_NOTHING" if disable_rollback else on_failure)
    else:
        lifecycle.update(stack, wanted, disable_rollback=disable_rollback)


def describe_change_set(call: Call, request: Request) -> Answer:
    stack, change_set = _find(call, request)
    wanted = change_set.blueprint
    return _summary(stack, change_set) | {
        "Changes": change_set.changes,
        "Capabilities": change_set.given.get("Capabilities", []),
        "Tags": change_set.given.get("Tags", []),
        "Parameters": [parameter.described() for parameter in wanted.parameters.values()] if wanted else [],
        "RollbackConfiguration": {},
        "NotificationARNs": [],
        "OnStackFailure": change_set.given.get("OnStackFailure"),
    }


def list_change_sets(call: Call, request: Request) -> Answer:
    stack = registry(call.account_id, call.region).get(request["StackName"])
    return {"Summaries": [_summary(stack, change_set) for change_set in stack.change_sets.values()]}


def _summary(stack: Stack, change_set: ChangeSet) -> dict[str, Any]:
    return {
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "CreationTime": change_set.created_at,
        "Description": change_set.description,
        "ExecutionStatus": change_set.execution_status,
        "IncludeNestedStacks": False,
        "StackId": stack.id,
        "StackName": stack.name,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
    }


def delete_change_set(call: Call, request: Request) -> Answer:
    stack, change_set = _find(call, request)
    del stack.change_sets[change_set.id]
    return None
