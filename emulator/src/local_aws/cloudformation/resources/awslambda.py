"""AWS::Lambda: functions, versions, aliases, layers, permissions and event sources."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import Any

from local_aws.awslambda.configuration import unsupported
from local_aws.cloudformation.resources.base import (
    Context,
    Name,
    Properties,
    Provisioned,
    ResourceType,
    Types,
    changed,
    deletion,
    only,
    retag,
    tag_map,
    without,
)

_CONFIGURATION = (
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "KMSKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
)
# Values of properties that are removed from the template.
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "KMSKeyArn": "",
    "Layers": [],
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}


def _request(properties: Properties) -> dict[str, Any]:
    """`properties` with the names of Lambda's API."""
    request = dict(properties)
    if "KmsKeyArn" in request:
        request["KMSKeyArn"] = request.pop("KmsKeyArn")
    return request


def _code(properties: Properties) -> dict[str, Any]:
    code: dict[str, Any] = properties["Code"]
    return {**code, "ZipFile": _zipped(code["ZipFile"], properties)} if "ZipFile" in code else code


def _zipped(source: str, properties: Properties) -> bytes:
    """Inline source as a zip with the one file `index` (CloudFormation user guide, AWS::Lambda::Function Code)."""
    extension = "js" if properties.get("Runtime", "").startswith("nodejs") else "py"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(f"index.{extension}")
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, source)
    return buffer.getvalue()


def _create_function(context: Context, properties: Properties) -> Provisioned:
    api, name = context.client("lambda"), properties["FunctionName"]
    request = without(_request(properties), "ReservedConcurrentExecutions")
    request |= {"Code": _code(properties), "Tags": tag_map(properties)}
    arn = api.create_function(**request)["FunctionArn"]
    context.initiated(name)
    _reserve(api, name, {}, properties)
    return Provisioned(name, {"Arn": arn})


def _update_function(context: Context, name: str, old: Properties, new: Properties) -> Provisioned:
    api = context.client("lambda")
    if changed(old, new, "Code", "Architectures"):
        architectures = new.get("Architectures", ["x86_64"])
        api.update_function_code(FunctionName=name, **_code(new), Architectures=architectures)
    before, after = _request(old), _request(new)
    different = [member for member in _CONFIGURATION if before.get(member) != after.get(member)]
    if different:
        defaults = {member: value for member, value in _DEFAULTS.items() if member in different}
        api.update_function_configuration(FunctionName=name, **{**defaults, **only(after, *different)})
    _reserve(api, name, old, new)
    arn = api.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    retag(
        old,
        new,
        lambda tags: api.tag_resource(Resource=arn, Tags=tags),
        lambda keys: api.untag_resource(Resource=arn, TagKeys=keys),
    )
    return Provisioned(name, {"Arn": arn})


def _reserve(api: Any, name: str, old: Properties, new: Properties) -> None:
    if changed(old, new, "ReservedConcurrentExecutions"):
        if "ReservedConcurrentExecutions" in new:
            count = new["ReservedConcurrentExecutions"]
            api.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=count)
        else:
            api.delete_function_concurrency(FunctionName=name)


def _delete_function(context: Context, name: str, _: Properties) -> None:
    context.client("lambda").delete_function(FunctionName=name)


def _create_version(context: Context, properties: Properties) -> Provisioned:
    answer = context.client("lambda").publish_version(**properties)
    unqualified = ":".join(answer["FunctionArn"].split(":")[:7])
    arn = f"{unqualified}:{answer['Version']}"
    return Provisioned(arn, {"FunctionArn": arn, "Version": answer["Version"]})


def _delete_version(context: Context, arn: str, _: Properties) -> None:
    function, version = arn.rsplit(":", 1)
    context.client("lambda").delete_function(FunctionName=function, Qualifier=version)


def _alias_request(properties: Properties) -> dict[str, Any]:
    request = dict(properties)
    if "RoutingConfig" in request:
        weights = request["RoutingConfig"].get("AdditionalVersionWeights", [])
        routed = {weight["FunctionVersion"]: weight["FunctionWeight"] for weight in weights}
        request["RoutingConfig"] = {"AdditionalVersionWeights": routed}
    return request


def _create_alias(context: Context, properties: Properties) -> Provisioned:
    arn = context.client("lambda").create_alias(**_alias_request(properties))["AliasArn"]
    return Provisioned(arn, {"AliasArn": arn})


def _update_alias(context: Context, arn: str, _: Properties, new: Properties) -> Provisioned:
    request = {"Description": "", "RoutingConfig": {"AdditionalVersionWeights": {}}, **_alias_request(new)}
    context.client("lambda").update_alias(**request)
    return Provisioned(arn, {"AliasArn": arn})


def _create_permission(context: Context, properties: Properties) -> Provisioned:
    statement_id = Name("Id", longest=100).make(context.stack_name, context.logical_id)
    context.client("lambda").add_permission(StatementId=statement_id, **_permission_request(properties))
    return Provisioned(statement_id, {"Id": statement_id})


def _permission_request(properties: Properties) -> dict[str, Any]:
    """Split the qualifier from a FunctionName that is an ARN: the API has a parameter for it."""
    parts = properties["FunctionName"].split(":")
    if len(parts) != 8:
        return properties
    return {**properties, "FunctionName": ":".join(parts[:7]), "Qualifier": parts[7]}


def _delete_permission(context: Context, statement_id: str, properties: Properties) -> None:
    request = only(_permission_request(properties), "FunctionName", "Qualifier")
    context.client("lambda").remove_permission(StatementId=statement_id, **request)


def _create_layer(context: Context, properties: Properties) -> Provisioned:
    arn = context.client("lambda").publish_layer_version(**properties)["LayerVersionArn"]
    return Provisioned(arn, {"LayerVersionArn": arn})


def _delete_layer(context: Context, arn: str, _: Properties) -> None:
    name, version = arn.rsplit(":", 1)
    context.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))


def _put_invoke_config(context: Context, properties: Properties) -> Provisioned:
    context.client("lambda").put_function_event_invoke_config(**properties)
    return Provisioned(f"{properties['FunctionName']}|{properties['Qualifier']}")


def _update_invoke_config(context: Context, _: str, __: Properties, new: Properties) -> Provisioned:
    return _put_invoke_config(context, new)


def _create_mapping(context: Context, properties: Properties) -> Provisioned:
    request = {**properties, **({"Tags": tag_map(properties)} if "Tags" in properties else {})}
    return _mapping(context, context.client("lambda").create_event_source_mapping(**request)["UUID"])


def _mapping(context: Context, identifier: str) -> Provisioned:
    arn = context.arn("lambda", f"event-source-mapping:{identifier}")
    return Provisioned(identifier, {"EventSourceMappingArn": arn, "Id": identifier})


def _update_mapping(context: Context, identifier: str, old: Properties, new: Properties) -> Provisioned:
    api = context.client("lambda")
    fixed = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "Tags")
    api.update_event_source_mapping(UUID=identifier, **{"Enabled": True, **without(new, *fixed)})
    made = _mapping(context, identifier)
    arn = made.attributes["EventSourceMappingArn"]
    retag(
        old,
        new,
        lambda tags: api.tag_resource(Resource=arn, Tags=tags),
        lambda keys: api.untag_resource(Resource=arn, TagKeys=keys),
    )
    return made


def _delete_mapping(context: Context, identifier: str, _: Properties) -> None:
    context.client("lambda").delete_event_source_mapping(UUID=identifier)


TYPES: Types = {
    "AWS::Lambda::Function": ResourceType(
        properties="Architectures Code DeadLetterConfig Description Environment EphemeralStorage FunctionName Handler "
        "KmsKeyArn Layers LoggingConfig MemorySize PackageType ReservedConcurrentExecutions Role Runtime Tags Timeout "
        "TracingConfig",
        create=_create_function,
        update=_update_function,
        delete=_delete_function,
        name=Name("FunctionName"),
        attributes="Arn",
        unsupported=partial(unsupported, creating=True),
    ),
    "AWS::Lambda::Version": ResourceType(
        properties="CodeSha256 Description FunctionName",
        create=_create_version,
        delete=_delete_version,
        attributes="FunctionArn Version",
    ),
    "AWS::Lambda::Alias": ResourceType(
        properties="Description FunctionName FunctionVersion Name RoutingConfig",
        create=_create_alias,
        update=_update_alias,
        delete=deletion("lambda", "delete_alias", "FunctionName", "Name"),
        attributes="AliasArn",
    ),
    "AWS::Lambda::Permission": ResourceType(
        properties="Action EventSourceToken FunctionName Principal PrincipalOrgID SourceAccount SourceArn",
        create=_create_permission,
        delete=_delete_permission,
        attributes="Id",
    ),
    "AWS::Lambda::LayerVersion": ResourceType(
        properties="CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo",
        create=_create_layer,
        delete=_delete_layer,
        name=Name("LayerName", longest=140),
        attributes="LayerVersionArn",
    ),
    "AWS::Lambda::EventInvokeConfig": ResourceType(
        properties="DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier",
        create=_put_invoke_config,
        update=_update_invoke_config,
        delete=deletion("lambda", "delete_function_event_invoke_config", "FunctionName", "Qualifier"),
    ),
    "AWS::Lambda::EventSourceMapping": ResourceType(
        properties="BatchSize BisectBatchOnFunctionError DestinationConfig Enabled EventSourceArn FilterCriteria "
        "FunctionName FunctionResponseTypes MaximumBatchingWindowInSeconds MaximumRecordAgeInSeconds "
        "MaximumRetryAttempts ParallelizationFactor ScalingConfig StartingPosition StartingPositionTimestamp Tags "
        "TumblingWindowInSeconds",
        create=_create_mapping,
        update=_update_mapping,
        delete=_delete_mapping,
        attributes="EventSourceMappingArn Id",
    ),
}
