"""Deployment profiles: requests without models, in SSM parameters named for model package groups."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from slipway import validation
from slipway.aws import code_of
from slipway.calls import Call
from slipway.errors import CommandError, Exit
from slipway.stack import Stack


def get_call(stack: Stack, group: str) -> Call:
    """Return the call that reads a profile."""
    return Call("ssm", "GetParameter", {"Name": stack.profile_name(group)})


def put_call(stack: Stack, group: str, profile: dict[str, Any]) -> Call:
    """Return the call that writes a profile; one above 4 KB becomes an advanced parameter, which costs money."""
    request = {"Name": stack.profile_name(group), "Type": "String", "Overwrite": True, "Tier": "Intelligent-Tiering"}
    return Call("ssm", "PutParameter", request | {"Value": json.dumps(profile, ensure_ascii=False)})


def read(stack: Stack, group: str) -> Any:
    """Return the profile of a model package group.

    Raises
    ------
    CommandError
        If there is none, or it cannot be read as a profile.
    """
    name = stack.profile_name(group)
    try:
        parameter = get_call(stack, group).make(stack.session)["Parameter"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        remedy = f"Write one: slipway profile set {group} FILE."
        problem = f"There is no profile {name}, so no model of {group} is deployed."
        raise CommandError("ProfileNotFound", problem, remedy, Exit.REFUSED) from error
    if parameter["Type"] == "SecureString":
        remedy = f"Delete the parameter, then: slipway profile set {group} FILE."
        raise CommandError("ProfileInvalid", f"Profile {name} is a SecureString.", remedy, Exit.REFUSED)
    try:
        return json.loads(parameter["Value"])
    except json.JSONDecodeError as error:
        remedy = f"Write it again: slipway profile set {group} FILE."
        raise CommandError("ProfileInvalid", f"Profile {name} is not JSON: {error}.", remedy, Exit.REFUSED) from error


def read_valid(stack: Stack, group: str) -> dict[str, Any]:
    """Return the profile of a model package group.

    Raises
    ------
    CommandError
        As `read`; or if the profile has faults.
    """
    profile = read(stack, group)
    require_valid(profile, stack.profile_name(group))
    found: dict[str, Any] = profile
    return found


def require_valid(profile: Any, name: str) -> None:
    """Check a profile; `name` is that of its file or parameter.

    Raises
    ------
    CommandError
        If it has faults.
    """
    if faults := validation.faults(profile, is_profile=True):
        listed = "\n".join(f"- {each}" for each in faults)
        raise CommandError("ProfileInvalid", f"{name} is not a valid profile:\n{listed}", "", Exit.REFUSED)
