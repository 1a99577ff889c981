"""Look up functions by name, alias, version or ARN."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError, ValidationException
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends

_NAME = re.compile(r"(?:(?:arn:[\w-]+:lambda:[\w-]+:)?\d{12}:function:)?(?P<name>[\w-]+)(?::(?P<qualifier>[$\w-]+))?")


@dataclass(frozen=True)
class Target:
    """A function or a version, and the ARN by which it is invoked."""

    function: LambdaFunction
    arn: str


def resolve(arn: str) -> Target:
    """The function with this ARN, which can end in an alias or a version.

    Raises
    ------
    moto.awslambda.exceptions.UnknownFunctionException
    """
    backend = lambda_backends[arn.split(":")[4]][arn.split(":")[3]]
    return find(backend, arn, None)


def find(backend: LambdaBackend, name: str, qualifier: str | None) -> Target:
    """The function called `name`: its name, its ARN or a part of it, each with or without a qualifier.

    Raises
    ------
    moto.awslambda.exceptions.UnknownFunctionException
    moto.awslambda.exceptions.InvalidParameterValueException
        If `name` ends in another qualifier than `qualifier`.
    moto.awslambda.exceptions.ValidationException
        If `name` is not a valid name.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValidationException(
            name, "functionName", f"Member must satisfy regular expression pattern: {_NAME.pattern}"
        )
    name, own_qualifier = match["name"], match["qualifier"]
    if own_qualifier and qualifier and own_qualifier != qualifier:
        raise InvalidParameterValueException(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    qualifier = own_qualifier or qualifier
    function = backend.get_function(name, _version(backend, name, qualifier))
    base_arn = ":".join(function.function_arn.split(":")[:7])
    return Target(function, f"{base_arn}:{qualifier}" if qualifier else base_arn)


def _version(backend: LambdaBackend, name: str, qualifier: str | None) -> str | None:
    """The version of the qualifier. An alias with several versions selects one by their weights."""
    if qualifier is None or qualifier == "$LATEST" or qualifier.isdecimal():
        return qualifier
    try:
        alias = backend.get_alias(qualifier, name)
    except LambdaClientError:
        return qualifier  # moto reports whether the function or the alias is missing
    weights: dict[str, float] = (alias.routing_config or {}).get("AdditionalVersionWeights", {})
    versions = [*weights, alias.function_version]
    shares = [*weights.values(), 1 - sum(weights.values())]
    version: str = random.choices(versions, shares)[0]  # noqa: S311  # AWS routes by chance, too
    return version
