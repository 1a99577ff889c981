"""API operations that describe stacks, their resources, events and exports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.operations import Answer
from local_aws.cloudformation.requests import Request
from local_aws.cloudformation.stacks import Event, Output, Registry, Resource, Stack, described_properties, registry
from local_aws.core.gateway import Call


def _registry(call: Call) -> Registry:
    return registry(call.account_id, call.region)


def describe_stacks(call: Call, request: Request) -> Answer:
    stacks = [_registry(call).get(request["StackName"])] if "StackName" in request else _registry(call).existing()
    return {"Stacks": [_stack(stack) for stack in stacks]}


def list_stacks(call: Call, request: Request) -> Answer:
    wanted = request.get("StackStatusFilter")
    stacks = [stack for stack in _registry(call).all() if not wanted or stack.status in wanted]
    return {"StackSummaries": [_common(stack) | {"TemplateDescription": stack.description} for stack in stacks]}


def _common(stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at,
        "DeletionTime": stack.deleted_at,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "ParentId": stack.parent.id if stack.parent else None,
        "RootId": _root(stack).id if stack.parent else None,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def _root(stack: Stack) -> Stack:
    return stack if stack.parent is None else _root(stack.parent)


def _stack(stack: Stack) -> dict[str, Any]:
    wanted = stack.blueprint
    return _common(stack) | {
        "Description": stack.description,
        "Capabilities": list(wanted.capabilities) if wanted else [],
        "Parameters": [parameter.described() for parameter in wanted.parameters.values()] if wanted else [],
        "Tags": [{"Key": key, "Value": value} for key, value in wanted.tags.items()] if wanted else [],
        "Outputs": [_output(output) for output in stack.outputs] or None,
        "ChangeSetId": stack.change_set_id,
        "RoleARN": stack.role_arn,
        "EnableTerminationProtection": stack.protected,
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
    }


def _output(output: Output) -> dict[str, Any]:
    return {
        "OutputKey": output.key,
        "OutputValue": output.value,
        "Description": output.description,
        "ExportName": output.export,
    }


def describe_stack_events(call: Call, request: Request) -> Answer:
    stack = _registry(call).find(request["StackName"])
    if stack is None:
        raise ValidationError(f"Stack [{request['StackName']}] does not exist")
    return {"StackEvents": [_event(stack, event) for event in reversed(stack.events)]}


def _event(stack: Stack, event: Event) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "EventId": event.id,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": described_properties(event.properties),
        "Timestamp": event.at,
        "ClientRequestToken": event.token,
    }


def list_stack_resources(call: Call, request: Request) -> Answer:
    stack = _registry(call).get(request["StackName"])
    return {"StackResourceSummaries": [_summary(resource) for resource in _resources(stack)]}


def _resources(stack: Stack) -> list[Resource]:
    # copies: a change set may be under way
    return list(stack.resources.values()) or list(stack.gone.values())


def _summary(resource: Resource, timestamp: str = "LastUpdatedTimestamp") -> dict[str, Any]:
    moment: datetime = resource.updated_at
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        timestamp: moment,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def describe_stack_resources(call: Call, request: Request) -> Answer:
    physical_id, logical_id = request.get("PhysicalResourceId"), request.get("LogicalResourceId")
    if "StackName" in request:
        stack = _registry(call).get(request["StackName"])
    elif physical_id is not None:
        stack = _owner(_registry(call), physical_id)
    else:
        raise ValidationError("Either PhysicalResourceId or StackName must be specified.")
    found = [
        resource
        for resource in _resources(stack)
        if logical_id in (None, resource.logical_id) and physical_id in (None, resource.physical_id)
    ]
    named = {"StackId": stack.id, "StackName": stack.name}
    return {"StackResources": [{**named, **_summary(resource, "Timestamp")} for resource in found]}


def _owner(stacks: Registry, physical_id: str) -> Stack:
    for stack in stacks.existing():
        if any(resource.physical_id == physical_id for resource in list(stack.resources.values())):
            return stack
    raise ValidationError(f"Stack for {physical_id} does not exist")


def describe_stack_resource(call: Call, request: Request) -> Answer:
    stack = _registry(call).get(request["StackName"])
    name = request["LogicalResourceId"]
    resource = next((each for each in _resources(stack) if each.logical_id == name), None)
    if resource is None:
        raise ValidationError(f"Resource {name} does not exist for stack {stack.name}")
    named = {"StackId": stack.id, "StackName": stack.name}
    return {"StackResourceDetail": {**named, **_summary(resource)}}


def list_exports(call: Call, _: Request) -> Answer:
    exports = _registry(call).exports()
    return {
        "Exports": [
            {"ExportingStackId": stack.id, "Name": name, "Value": output.value}
            for name, (stack, output) in exports.items()
        ]
    }


def list_imports(call: Call, request: Request) -> Answer:
    importers = _registry(call).importers(request["ExportName"])
    if not importers:
        raise ValidationError(f"Export '{request['ExportName']}' is not imported by any stack.")
    return {"Imports": importers}
