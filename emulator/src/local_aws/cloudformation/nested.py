"""AWS::CloudFormation: nested stacks, and resources without a service."""

from __future__ import annotations

import uuid
from typing import Any

from local_aws.cloudformation import lifecycle, requests
from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.macros import TransformError
from local_aws.cloudformation.resources.base import Context, Name, Properties, Provisioned, ResourceType, Types, tag_map
from local_aws.cloudformation.stacks import Stack, registry
from local_aws.core import partition
from local_aws.core.clock import clock


def _create_stack(context: Context, properties: Properties) -> Provisioned:
    parent = registry(context.account_id, context.region).get(context.stack_id)
    name = Name("StackName", longest=128).make(parent.name, context.logical_id)
    child = Stack(
        id=context.arn("cloudformation", f"stack/{name}/{uuid.uuid4()}"),
        name=name,
        region=parent.region,
        account_id=parent.account_id,
        credentials=parent.credentials,
        created_at=clock.utc(),
        role_arn=parent.role_arn,
        parent=parent,
        status="CREATE_IN_PROGRESS",
    )
    blueprint = _checked(child, parent, properties)
    registry(context.account_id, context.region).add(child)
    context.initiated(child.id)
    # The parent's rollback deletes it with the resources that it has created.
    lifecycle.create(child, blueprint, "DO_NOTHING")
    if child.status != "CREATE_COMPLETE":
        raise ResourceError(f"Embedded stack {child.id} was not successfully created: {child.reason}")
    return _made(child)


def _checked(child: Stack, parent: Stack, properties: Properties) -> Any:
    """The blueprint of the nested stack."""
    original = requests.download(properties["TemplateURL"], child.region, child.credentials)
    given = properties.get("Parameters", {})
    request = {
        "Parameters": [{"ParameterKey": key, "ParameterValue": _text(value)} for key, value in given.items()],
        "Tags": [
            {"Key": key, "Value": value}
            for key, value in tag_map(properties).items()
            if not key.startswith("aws:")  # the stack's policies are not the nested stack's
        ],
        "Capabilities": parent.blueprint.capabilities if parent.blueprint else (),
    }
    try:
        wanted = requests.blueprint(child, request, original)
    except TransformError as error:
        raise ResourceError(error.message) from error
    requests.check(child, wanted)
    return wanted


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _made(child: Stack) -> Provisioned:
    outputs = {f"Outputs.{output.key}": output.value for output in child.outputs}
    return Provisioned(child.id, outputs)


def _update_stack(context: Context, child_id: str, _: Properties, new: Properties) -> Provisioned:
    stacks = registry(context.account_id, context.region)
    child, parent = stacks.get(child_id), stacks.get(context.stack_id)
    wanted = _checked(child, parent, new)
    lifecycle.update(child, wanted, disable_rollback=False)
    if child.status != "UPDATE_COMPLETE":
        why = next(
            (event.reason for event in reversed(child.events) if event.status == "UPDATE_ROLLBACK_IN_PROGRESS"), ""
        )
        raise ResourceError(
            f"Embedded stack {child.id} was not successfully updated. Currently in {child.status} with reason: {why}"
        )
    return _made(child)


def _delete_stack(context: Context, child_id: str, _: Properties) -> None:
    child = registry(context.account_id, context.region).get(child_id)
    if not child.exists:
        return
    lifecycle.delete(child)
    if child.exists:
        raise ResourceError(f"Embedded stack {child.id} was not successfully deleted: {child.reason}")


def _create_handle(context: Context, _: Properties) -> Provisioned:
    stack = context.stack_id.split("/", 1)[1]
    host = f"cloudformation-waitcondition-{context.region}.s3.{partition.DNS_SUFFIX}"
    url = f"https://{host}/{context.arn('cloudformation', 'stack')}/{stack}/{context.logical_id}"
    return Provisioned(url, {"Id": url})


def _nothing(_: Context, __: str, ___: Properties) -> None:
    """A handle is only a name."""


TYPES: Types = {
    "AWS::CloudFormation::Stack": ResourceType(
        properties="Parameters Tags TemplateURL",
        create=_create_stack,
        update=_update_stack,
        delete=_delete_stack,
        attributes="*",
        changing="*",
    ),
    "AWS::CloudFormation::WaitConditionHandle": ResourceType(
        properties="", create=_create_handle, delete=_nothing, attributes="Id"
    ),
}
