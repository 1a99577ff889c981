"""Parts of a request: the template, its parameters, and the blueprint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlparse

from botocore.exceptions import ClientError
from moto.settings import moto_server_port

from local_aws.cloudformation import (
    capabilities,
    condition_checks,
    conditions,
    intrinsics,
    macros,
    references,
    resources,
    schemas,
    template,
)
from local_aws.cloudformation.engine import kind_and_schema
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.parameters import Parameter, resolve
from local_aws.cloudformation.scope import Scope, supported
from local_aws.cloudformation.stacks import Blueprint, Stack
from local_aws.cloudformation.template import Template
from local_aws.core import clients, gateway, partition, principals
from local_aws.core.authorization.trust import may_assume
from local_aws.core.errors import NotModelledError
from local_aws.core.gateway import Call
from local_aws.core.principals import Credentials

Request = Mapping[str, Any]

_S3_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")
_SERVICE = "cloudformation.amazonaws.com"
_LONGEST_BODY_BYTES = 51200  # CloudFormation user guide, quotas
_ADMINISTRATOR: Credentials = {
    "aws_access_key_id": "administrator",
    "aws_secret_access_key": "local",
    "aws_session_token": "local",
}


def credentials(call: Call, role_arn: str | None) -> Credentials:
    """Credentials for the stack's resources: those of the stack's role, otherwise the caller's.

    Raises
    ------
    ValidationError
        If the role does not trust CloudFormation.
    """
    if role_arn is None:
        caller = call.principal
        return principals.role_session(caller.role_arn, caller.session) if caller.role_arn else _ADMINISTRATOR
    if not may_assume(_SERVICE, role_arn, f"{_arn_prefix(call)}:stack/*"):
        raise ValidationError(f"Role {role_arn} is invalid or cannot be assumed")
    return principals.role_session(role_arn, "AWSCloudFormation")


def authorize_macros(call: Call, source: Template) -> None:
    """Check that the caller has the right to use the template's macros.

    CloudFormation user guide, "Control access with IAM": ``CreateChangeSet`` on the macros, for every operation.
    """
    prefix = f"arn:{partition.NAME}:cloudformation:{call.region}:aws:transform/"
    transforms = [prefix + name.removeprefix("AWS::") for name in macros.declared(source)]
    gateway.authorize(call.principal, "cloudformation:CreateChangeSet", transforms)


def _arn_prefix(call: Call) -> str:
    return f"arn:{partition.NAME}:cloudformation:{call.region}:{call.account_id}"


def refuse(request: Request, *members: str) -> None:
    """Raise `NotModelledError` if the request has an unsupported option."""
    for member in members:
        if request.get(member):
            raise NotModelledError(f"{member} of a CloudFormation request")


def text(request: Request, stack: Stack | None, region: str, rights: Credentials) -> str:
    """The template in the request, at its URL, or of `stack`.

    Raises
    ------
    ValidationError
        If there is none, more than one, or its object is missing.
    """
    given = [member for member in ("TemplateBody", "TemplateURL", "UsePreviousTemplate") if request.get(member)]
    if not given:
        raise ValidationError("Either Template URL or Template Body must be specified.")
    if len(given) > 1:
        raise ValidationError("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
    if given == ["TemplateBody"]:
        if len(request["TemplateBody"].encode()) > _LONGEST_BODY_BYTES:
            raise ValidationError(
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_LONGEST_BODY_BYTES}"
            )
        return str(request["TemplateBody"])
    if given == ["TemplateURL"]:
        return download(request["TemplateURL"], region, rights)
    if stack is None or stack.blueprint is None:
        raise ValidationError("There is no previous template to use.")
    return stack.blueprint.original


def download(url: str, region: str, rights: Credentials) -> str:
    """The object at `url`, on this server or at AWS's own hosts.

    Raises
    ------
    ValidationError
        If it is not an S3 URL or the object is missing.
    """
    parts = urlparse(url)
    host = _S3_HOST.fullmatch(parts.hostname or "")
    path = parts.path.lstrip("/")
    if host and host["bucket"]:
        bucket, key = host["bucket"], path
    elif host or parts.port == int(moto_server_port()):
        bucket, _, key = path.partition("/")
    else:
        raise ValidationError("TemplateURL must be a supported URL.")
    query = parse_qs(parts.query)
    version = {"VersionId": query["versionId"][0]} if "versionId" in query else {}
    try:
        body: bytes = clients.client("s3", region, rights).get_object(Bucket=bucket, Key=key, **version)["Body"].read()
    except ClientError as error:
        raise ValidationError(f"S3 error: {error.response['Error']['Message']}") from error
    return body.decode()


def blueprint(stack: Stack, request: Request, original: str) -> Blueprint:
    """The blueprint of `request` for `stack`, after the macros and before `check`.

    Raises
    ------
    ValidationError
        If the template or its parameters are refused.
    """
    source = template.parse(original)
    before = stack.blueprint
    previous: Mapping[str, Parameter] = before.parameters if before else {}

    def stored(name: str) -> str | None:
        ssm = clients.client("ssm", stack.region, stack.credentials)
        try:
            return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except ssm.exceptions.ParameterNotFound:
            return None

    parameters = resolve(source, request.get("Parameters", []), previous, stored)
    values = {name: parameter.value for name, parameter in parameters.items()}
    if not macros.declared(source):
        references.check(source)
    tags = (
        {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if "Tags" in request
        else dict(before.tags if before else {})
    )
    if any(key.startswith("aws:") for key in tags):
        raise ValidationError("aws: prefixed tag key names are not allowed for external use.")
    given = tuple(request.get("Capabilities", ()))
    capabilities.check_resources(source, given)
    unprocessed = Blueprint(original, source, parameters, tags, given)
    return replace(unprocessed, template=macros.process(source, values, stack.region))


def check(stack: Stack, wanted: Blueprint) -> None:
    """Check that the processed template can be deployed.

    Raises
    ------
    ValidationError
        If a referenced name, a type or an attribute is missing, or a rule does not hold.
    NotModelledError
        If the type exists on AWS but not here.
    InsufficientCapabilitiesError
        If the request does not acknowledge a needed capability.
    """
    references.check(wanted.template)
    scope = Scope(stack, wanted)
    for name in wanted.template.get("Conditions", {}):
        scope.condition(name)
    conditions.check_rules(wanted.template, scope)
    active = {name: scope.definition(name) for name in scope.active()}
    _check_types(stack, active)
    condition_checks.check(wanted.template, active, scope)
    for name, definition in active.items():
        _check_modelled(name, definition, scope)
    _check_attributes(wanted.template)
    capabilities.check_resources(wanted.template, wanted.capabilities)


def _check_types(stack: Stack, active: Mapping[str, Any]) -> None:
    types = {name: definition["Type"] for name, definition in active.items()}
    unknown = sorted(
        {kind for kind in types.values() if not _is_custom(kind) and schemas.load(kind, stack.region) is None}
    )
    if unknown:
        raise ValidationError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    for name, definition in active.items():
        if resources.find(definition["Type"]) is None:
            raise NotModelledError(f"resources of type {definition['Type']} ({name})")
        for member in ("CreationPolicy", "UpdatePolicy"):
            if member in definition:
                raise NotModelledError(f"{member} of resource {name}")
        existing = stack.resources.get(name)
        if existing is not None and existing.type != definition["Type"]:
            raise ValidationError(
                "Update of resource type is not permitted. The new template modifies resource type of the following "
                f"resources: [{name}]"
            )


def _is_custom(kind: str) -> bool:
    """Whether the type is a custom resource's, whose name is the template's choice."""
    return kind.startswith("Custom::")


def _check_modelled(name: str, definition: Mapping[str, Any], scope: Scope) -> None:
    """Refuse resources that AWS supports and the local AWS does not, before anything is created."""
    kind, schema = kind_and_schema(definition["Type"], scope.region)
    given = definition.get("Properties", {})
    resolved: dict[str, Any] = {}
    dependent = set()
    for member, value in given.items():
        try:
            resolved |= intrinsics.resolve({member: value}, scope)
        except ValidationError:  # its value belongs to a resource that does not exist yet
            dependent.add(member)
    present = (set(resolved) | dependent) & set(schema.root["properties"])
    if missing := sorted(present - set(kind.properties.split())):
        raise NotModelledError(f"{', '.join(missing)} of {definition['Type']} ({name})")
    if refusal := kind.unsupported(resolved):
        raise NotModelledError(f"{name}: {refusal}")


def _check_attributes(processed: Template) -> None:
    blocks = [definition.get("Properties", {}) for definition in processed["Resources"].values()]
    for name, attribute in references.attributes([*blocks, processed.get("Outputs", {})]):
        if not supported(processed["Resources"][name]["Type"], attribute):
            raise ValidationError(
                f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
            )
