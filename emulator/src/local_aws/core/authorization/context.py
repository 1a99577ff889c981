"""A permission check: principal, action, resource and condition keys.

IAM user guide, "AWS global condition context keys", and the service authorization reference for the keys of
single services. A key that this module cannot supply is an error, not an absent key: otherwise a policy with it
would be evaluated incorrectly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local_aws.core.authorization import account, tables
from local_aws.core.clock import clock
from local_aws.core.errors import NotModelledError
from local_aws.core.principals import Principal

# Truly absent from the calls of roles and services in an account without an organization, a VPC or a proxy.
ABSENT_KEYS = frozenset(
    {
        "aws:assumedroot",
        "aws:federatedprovider",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:sourceidentity",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:username",
        "aws:vpcsourceip",
    }
)
_RESOURCE_TAG = re.compile(r"[\w-]+:resourcetag/(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """A permission: an action on a resource.

    Attributes
    ----------
    names : tuple of str
        The resource's ARN, and other names of the resource in policies.
    supplied : function
        Returns the condition keys of this call beyond those that every call has, in lower case; called only
        if a policy has conditions.
    """

    principal: Principal
    action: str
    names: tuple[str, ...]
    region: str
    account_id: str
    supplied: Callable[[], Mapping[str, list[str]]] = field(default=dict, repr=False)

    @property
    def resource(self) -> str:
        return self.names[0]

    @property
    def crosses_accounts(self) -> bool:
        """Whether the resource belongs to another account than the principal. A service belongs to none."""
        owner = account.owner(self.resource) if self.resource.startswith("arn:") else ""
        return self.principal.service is None and owner.isdigit() and owner != self.principal.account_id

    def values(self, key: str) -> list[str]:
        """Values of a condition key; empty if the call has no such key.

        Raises
        ------
        NotModelledError
            If AWS's value is not modelled.
        """
        name = key.lower()
        for keys in (self._of_call, self._of_every_call):
            if name in keys:
                return list(keys[name])
        if name in ABSENT_KEYS or name.startswith(("aws:requesttag/", "kms:encryptioncontext:")):
            return []
        tag = _RESOURCE_TAG.fullmatch(key)
        if tag:
            return self._tag(self._resource_tags, tag[1])
        if name.startswith("aws:principaltag/"):
            return self._tag(self._role_tags, key.split("/", 1)[1])
        if name in tables.known_keys():
            return []
        raise NotModelledError(f"condition key {key} (in a policy for {self.action})")

    @cached_property
    def _of_call(self) -> Mapping[str, list[str]]:
        return self.supplied()

    @cached_property
    def _of_every_call(self) -> dict[str, list[str]]:
        principal, now = self.principal, clock.utc()
        optional = {
            "aws:principalarn": principal.role_arn or (None if principal.service else principal.arn),
            "aws:principalaccount": None if principal.service else principal.arn.split(":")[4],
            "aws:principaltype": "AssumedRole" if principal.role_arn else None,
            "aws:principalservicename": principal.service,
            "aws:sourcearn": principal.source_arn,
            "aws:sourceaccount": principal.source_arn.split(":")[4] if principal.source_arn else None,
            # CloudWatch publishes alarms on behalf of the topic's owner; no other service modelled here does
            # (CloudWatch user guide, "Using Amazon CloudWatch alarms": the default topic policy is enough).
            "aws:sourceowner": self.account_id if principal.service == "cloudwatch.amazonaws.com" else None,
            "aws:userid": self._user_id,
        }
        always = {
            "aws:calledvia": [],
            "aws:calledviafirst": [],
            "aws:calledvialast": [],
            "aws:currenttime": [now.strftime("%Y-%m-%dT%H:%M:%SZ")],
            "aws:epochtime": [str(int(now.timestamp()))],
            "aws:principalisawsservice": [str(principal.service is not None).lower()],
            "aws:requestedregion": [self.region],
            "aws:resourceaccount": [account.owner(self.resource) or self.account_id] if ":" in self.resource else [],
            "aws:securetransport": ["true"],  # the loopback connection is treated as TLS
            "aws:tagkeys": [],
            "aws:viaawsservice": ["false"],
        }
        return always | {key: [] if value is None else [value] for key, value in optional.items()}

    @cached_property
    def _role(self) -> account.Role | None:
        return account.role(self.principal.role_arn) if self.principal.role_arn else None

    @property
    def _role_tags(self) -> dict[str, str]:
        return self._role.tags if self._role else {}

    @property
    def _user_id(self) -> str | None:
        return f"{self._role.id}:{self.principal.session}" if self._role else None

    @cached_property
    def _resource_tags(self) -> dict[str, str]:
        tags = account.tags(self.resource)
        if tags is None:
            raise NotModelledError(f"tags of {self.resource} (in a policy for {self.action})")
        return tags

    @staticmethod
    def _tag(tags: Mapping[str, str], key: str) -> list[str]:
        """Value of a tag. Condition keys match tag names regardless of case."""
        return [value for name, value in tags.items() if name.lower() == key.lower()]


def lower_keys(context: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Condition keys in the form that `Check` expects."""
    given = context or {}
    return {key.lower(): list(value) if isinstance(value, list | tuple) else [value] for key, value in given.items()}
