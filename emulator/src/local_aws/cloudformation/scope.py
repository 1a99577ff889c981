"""Values of the names in a template while a stack is deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws.cloudformation import conditions, intrinsics
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.resources import find
from local_aws.cloudformation.stacks import Blueprint, Resource, Stack, registry
from local_aws.core import clients, partition
from local_aws.core.errors import NotModelledError
from local_aws.core.principals import Credentials

_DYNAMIC = re.compile(r"\{\{resolve:([a-z-]+):([^{}]+)\}\}")


class Scope:
    """Names of `blueprint` for `stack`; implements `intrinsics.Names`.

    Attributes
    ----------
    imports : set of str
        Exports of other stacks that the template has used.
    """

    def __init__(self, stack: Stack, blueprint: Blueprint) -> None:
        self.imports: set[str] = set()
        self._stack = stack
        self._blueprint = blueprint
        self._conditions: dict[str, bool] = {}
        self._pseudo: dict[str, Any] = {
            "AWS::AccountId": stack.account_id,
            "AWS::NotificationARNs": [],
            "AWS::Partition": partition.NAME,
            "AWS::Region": stack.region,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": partition.DNS_SUFFIX,
        }

    @property
    def mappings(self) -> Mapping[str, Any]:
        mappings: Mapping[str, Any] = self._blueprint.template.get("Mappings", {})
        return mappings

    @property
    def region(self) -> str:
        return self._stack.region

    def active(self) -> list[str]:
        """Logical ids of the resources whose condition holds."""
        resources = self._blueprint.template["Resources"]
        return [
            name for name, each in resources.items() if "Condition" not in each or self.condition(each["Condition"])
        ]

    def definition(self, logical_id: str) -> dict[str, Any]:
        """The resource in the template, with its policies evaluated.

        CloudFormation user guide, "Intrinsic function references in DeletionPolicy and UpdateReplacePolicy".
        """
        given = self._blueprint.template["Resources"][logical_id]
        policies = {name: given[name] for name in ("DeletionPolicy", "UpdateReplacePolicy") if name in given}
        return {**given, **intrinsics.resolve(policies, self)}

    def reference(self, name: str) -> Any:
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._blueprint.parameters:
            return self._blueprint.parameters[name].value
        return self.resource(name).physical_id

    def attribute(self, logical_id: str, attribute: str) -> Any:
        resource = self.resource(logical_id)
        if attribute not in resource.attributes:
            raise ValidationError(
                f"Template error: resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt"
            )
        return resource.attributes[attribute]

    def resource(self, logical_id: str) -> Resource:
        """The existing resource."""
        resource = self._stack.resources.get(logical_id)
        if resource is None or not resource.physical_id:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{logical_id}] "
                "in the Resources block of the template"
            )
        return resource

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            declared = self._blueprint.template.get("Conditions", {})
            if name not in declared:
                raise ValidationError(f"Template format error: Unresolved condition dependency {name}")
            self._conditions[name] = conditions.holds(declared[name], self)
        return self._conditions[name]

    def imported(self, export: str) -> str:
        found = registry(self._stack.account_id, self._stack.region).exports().get(export)
        if found is None:
            raise ValidationError(f"No export named {export} found.")
        self.imports.add(export)
        return found[1].value

    def dynamic(self, text: str) -> str:
        return _DYNAMIC.sub(self._resolved, text)

    def _resolved(self, match: re.Match[str]) -> str:
        service, key = match.groups()
        if service not in _STORES:
            raise NotModelledError(f"dynamic references of {service}")
        try:
            return _STORES[service](self._stack.region, self._stack.credentials, key)
        except ClientError as error:
            raise ValidationError(f"Could not resolve {match[0]}: {error.response['Error']['Message']}") from error


def supported(type_name: str, attribute: str) -> bool:
    """Whether ``Fn::GetAtt`` supports `attribute` of a resource of this type."""
    kind = find(type_name)
    return kind is None or kind.attributes == "*" or attribute in kind.attributes.split()


def _parameter(region: str, credentials: Credentials, key: str) -> str:
    """Value of ``name`` or ``name:version`` in Parameter Store."""
    value: str = clients.client("ssm", region, credentials).get_parameter(Name=key)["Parameter"]["Value"]
    return value


def _secret(region: str, credentials: Credentials, key: str) -> str:
    """Value of ``secret-id:SecretString:json-key`` in Secrets Manager; the secret id can be an ARN."""
    identifier, _, rest = key.partition(":SecretString")
    text: str = clients.client("secretsmanager", region, credentials).get_secret_value(SecretId=identifier)[
        "SecretString"
    ]
    json_key = rest.strip(":").split(":")[0]
    return str(json.loads(text)[json_key]) if json_key else text


_STORES: dict[str, Callable[[str, Credentials, str], str]] = {"ssm": _parameter, "secretsmanager": _secret}
