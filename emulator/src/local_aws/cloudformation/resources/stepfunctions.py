"""AWS::StepFunctions: state machines, their versions and aliases, activities."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from typing import Any

import yaml

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    camel,
    only,
    retag,
    tag_list,
)

_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def _definition(context: Context, properties: Properties) -> str:
    """The definition as JSON text with its substitutions."""
    if "DefinitionS3Location" in properties:
        text = _stored(context, properties["DefinitionS3Location"])
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"])
    elif "DefinitionString" in properties:
        text = properties["DefinitionString"]
    else:
        raise ResourceError("One of Definition, DefinitionString and DefinitionS3Location is required.")
    text = _substituted(text, properties.get("DefinitionSubstitutions", {}))
    return text if text.lstrip().startswith("{") else json.dumps(_from_yaml(text))


def _stored(context: Context, location: dict[str, str]) -> str:
    request = {"Bucket": location["Bucket"], "Key": location["Key"]}
    if "Version" in location:
        request["VersionId"] = location["Version"]
    body: bytes = context.client("s3").get_object(**request)["Body"].read()
    return body.decode()


def _substituted(text: str, substitutions: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in substitutions:
            return match[0]  # the definition can have such text for other purposes
        given = substitutions[name]
        return str(given).lower() if isinstance(given, bool) else str(given)

    return _SUBSTITUTION.sub(value, text)


def _from_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ResourceError(f"The definition is neither JSON nor YAML: {error}") from error


def _settings(properties: Properties) -> dict[str, Any]:
    return dict(camel(only(properties, "LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration")))


def _create_machine(context: Context, properties: Properties) -> Provisioned:
    answer = context.client("stepfunctions").create_state_machine(
        name=properties["StateMachineName"],
        definition=_definition(context, properties),
        roleArn=properties["RoleArn"],
        type=properties.get("StateMachineType", "STANDARD"),
        tags=camel(properties.get("Tags", [])),
        **_settings(properties),
    )
    return _machine(answer["stateMachineArn"], properties)


def _machine(arn: str, properties: Properties) -> Provisioned:
    """The machine. Its revision is a digest of its settings, because moto's state machines have no revisions."""
    revision = hashlib.sha256(json.dumps(_without_tags(properties), sort_keys=True).encode()).hexdigest()[:32]
    return Provisioned(
        arn, {"Arn": arn, "Name": arn.rsplit(":", 1)[1], "StateMachineRevisionId": str(uuid.UUID(revision))}
    )


def _update_machine(context: Context, arn: str, old: Properties, new: Properties) -> Provisioned:
    states = context.client("stepfunctions")
    off = {
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False, "destinations": []},
        "tracingConfiguration": {"enabled": False},
    }
    had = {member: value for member, value in off.items() if member in _settings(old)}
    if _without_tags(old) != _without_tags(new):
        states.update_state_machine(
            stateMachineArn=arn,
            definition=_definition(context, new),
            roleArn=new["RoleArn"],
            **{**had, **_settings(new)},
        )
    retag(
        old,
        new,
        lambda tags: states.tag_resource(resourceArn=arn, tags=camel(tag_list(tags))),
        lambda keys: states.untag_resource(resourceArn=arn, tagKeys=keys),
    )
    return _machine(arn, new)


def _without_tags(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if name != "Tags"}


def _delete_machine(context: Context, arn: str, _: Properties) -> None:
    context.client("stepfunctions").delete_state_machine(stateMachineArn=arn)


def _create_version(context: Context, properties: Properties) -> Provisioned:
    request = {
        "stateMachineArn": properties["StateMachineArn"],
        "description": properties.get("Description"),
    }
    given = {member: value for member, value in request.items() if value is not None}
    arn = context.client("stepfunctions").publish_state_machine_version(**given)["stateMachineVersionArn"]
    return Provisioned(arn, {"Arn": arn})


def _delete_version(context: Context, arn: str, _: Properties) -> None:
    context.client("stepfunctions").delete_state_machine_version(stateMachineVersionArn=arn)


def _routing(properties: Properties) -> list[dict[str, Any]]:
    if "RoutingConfiguration" in properties:
        return list(camel(properties["RoutingConfiguration"]))
    preference = properties.get("DeploymentPreference", {})
    if preference.get("Type") != "ALL_AT_ONCE":
        raise ResourceError("The local AWS models RoutingConfiguration and DeploymentPreference ALL_AT_ONCE only.")
    return [{"stateMachineVersionArn": preference["StateMachineVersionArn"], "weight": 100}]


def _create_alias(context: Context, properties: Properties) -> Provisioned:
    request = camel(only(properties, "Name", "Description"))
    states = context.client("stepfunctions")
    arn = states.create_state_machine_alias(routingConfiguration=_routing(properties), **request)[
        "stateMachineAliasArn"
    ]
    return Provisioned(arn, {"Arn": arn})


def _update_alias(context: Context, arn: str, _: Properties, new: Properties) -> Provisioned:
    request = {"description": "", **camel(only(new, "Description"))}
    states = context.client("stepfunctions")
    states.update_state_machine_alias(stateMachineAliasArn=arn, routingConfiguration=_routing(new), **request)
    return Provisioned(arn, {"Arn": arn})


def _delete_alias(context: Context, arn: str, _: Properties) -> None:
    context.client("stepfunctions").delete_state_machine_alias(stateMachineAliasArn=arn)


def _create_activity(context: Context, properties: Properties) -> Provisioned:
    arn = context.client("stepfunctions").create_activity(**camel(properties))["activityArn"]
    return Provisioned(arn, {"Arn": arn, "Name": properties["Name"]})


def _delete_activity(context: Context, arn: str, _: Properties) -> None:
    context.client("stepfunctions").delete_activity(activityArn=arn)


TYPES: Types = {
    "AWS::StepFunctions::StateMachine": ResourceType(
        properties="Definition DefinitionS3Location DefinitionString DefinitionSubstitutions LoggingConfiguration "
        "RoleArn StateMachineName StateMachineType Tags TracingConfiguration",
        create=_create_machine,
        update=_update_machine,
        delete=_delete_machine,
        name=Name("StateMachineName", longest=80),
        attributes="Arn Name StateMachineRevisionId",
        changing="StateMachineRevisionId",
    ),
    "AWS::StepFunctions::StateMachineVersion": ResourceType(
        properties="Description StateMachineArn StateMachineRevisionId",
        create=_create_version,
        delete=_delete_version,
        attributes="Arn",
    ),
    "AWS::StepFunctions::StateMachineAlias": ResourceType(
        properties="DeploymentPreference Description Name RoutingConfiguration StateMachineArn",
        create=_create_alias,
        update=_update_alias,
        delete=_delete_alias,
        name=Name("Name", longest=80),
        attributes="Arn",
    ),
    "AWS::StepFunctions::Activity": ResourceType(
        properties="Name Tags",
        create=_create_activity,
        delete=_delete_activity,
        name=Name("Name", longest=80),
        attributes="Arn Name",
    ),
}
