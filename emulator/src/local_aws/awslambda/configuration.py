"""Configuration of functions that moto drops or does not check.

moto 5.2.5 drops LoggingConfig and DeadLetterConfig, ignores Architectures, TracingConfig and others on update,
and accepts any runtime.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.utils import make_function_arn

from local_aws.awslambda import code
from local_aws.awslambda.fleet import fleet
from local_aws.awslambda.variables import RESERVED
from local_aws.core.authorization.trust import may_assume

_OLDEST_PYTHON = 9  # Lambda developer guide, runtime deprecation: no function can be created with older ones
_NEWEST_PYTHON = 15
_PYTHON = re.compile(r"python3\.(\d+)")


def install() -> None:
    """Store, return and update the members that moto drops; end the environments of changed functions."""
    _store_new_configuration()
    _update_everything()
    _describe_everything()
    _retire_changed_functions()
    _replace_event_invoke_configs()


def _store_new_configuration() -> None:
    create = LambdaFunction.__init__

    def create_whole(
        function: LambdaFunction, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1
    ) -> None:
        _check(spec, creating=True)
        _check_role(spec["Role"], make_function_arn(region, account_id, spec["FunctionName"]))
        create(function, account_id, spec, region, version)
        code.check(function)
        function.logging_config = _logging_config(spec, function.function_name)
        function.dead_letter_config = spec.get("DeadLetterConfig") or {}

    LambdaFunction.__init__ = create_whole


def _update_everything() -> None:
    update = LambdaFunction.update_configuration

    def update_whole(function: LambdaFunction, updates: dict[str, Any]) -> Any:
        _check(updates, creating=False)
        if "Role" in updates:
            _check_role(updates["Role"], function.function_arn)
        if "Environment" in updates:
            updates = {**updates, "Environment": {"Variables": (updates["Environment"] or {}).get("Variables", {})}}
        update(function, updates)
        if "LoggingConfig" in updates:
            function.logging_config = _logging_config(updates, function.function_name)
        for key, attribute in _UPDATED.items():
            if key in updates:
                setattr(function, attribute, updates[key])
        if "EphemeralStorage" in updates:
            function.ephemeral_storage = updates["EphemeralStorage"]["Size"]
        fleet.retire(function.function_arn)
        return function.get_configuration()

    LambdaFunction.update_configuration = update_whole


def _describe_everything() -> None:
    describe = LambdaFunction.get_configuration

    def describe_whole(function: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        dead_letters = {"DeadLetterConfig": function.dead_letter_config} if function.dead_letter_config else {}
        return {**describe(function, on_create), "LoggingConfig": function.logging_config, **dead_letters}

    LambdaFunction.get_configuration = describe_whole


_UPDATED = {
    "TracingConfig": "tracing_config",
    "DeadLetterConfig": "dead_letter_config",
    "Architectures": "architectures",
    "KMSKeyArn": "kms_key_arn",
}


def _retire_changed_functions() -> None:
    update_code, delete = LambdaFunction.update_function_code, LambdaBackend.delete_function

    def update_and_retire(function: LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
        configuration: dict[str, Any] = update_code(function, updates)
        code.check(function)
        fleet.retire(function.function_arn)
        return configuration

    def delete_and_retire(backend: LambdaBackend, function_name: str, qualifier: str | None = None) -> None:
        function = backend.get_function(function_name, qualifier)
        delete(backend, function_name, qualifier)
        fleet.retire(":".join(function.function_arn.split(":")[:7]))

    LambdaFunction.update_function_code = update_and_retire
    LambdaBackend.delete_function = delete_and_retire


def _replace_event_invoke_configs() -> None:
    """Let a new configuration replace or change the old one. moto appends it and returns the first."""
    put = LambdaBackend.put_function_event_invoke_config

    def put_replacing(backend: LambdaBackend, function_name: str, config: dict[str, Any]) -> Any:
        backend.get_function(function_name).event_invoke_config.clear()
        return put(backend, function_name, config)

    def update(backend: LambdaBackend, function_name: str, config: dict[str, Any]) -> Any:
        present = backend.get_function_event_invoke_config(function_name)
        settings = {name: value for name, value in present.items() if name not in ("FunctionArn", "LastModified")}
        return put_replacing(backend, function_name, {**settings, **config})

    LambdaBackend.put_function_event_invoke_config = put_replacing
    LambdaBackend.update_function_event_invoke_config = update


def _logging_config(spec: dict[str, Any], function_name: str) -> dict[str, Any]:
    """The function's LoggingConfig with the defaults of the API (Lambda API reference, LoggingConfig)."""
    given = spec.get("LoggingConfig") or {}
    config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function_name}", **given}
    if config["LogFormat"] == "JSON":
        config = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **config}
    return config


def _check(spec: dict[str, Any], *, creating: bool) -> None:
    """Refuse what AWS refuses and what cannot run here; the message says which.

    Raises
    ------
    InvalidParameterValueException
    """
    if refusal := unsupported(spec, creating=creating):
        raise InvalidParameterValueException(refusal)
    _check_deprecation(spec.get("Runtime", ""))
    reserved = RESERVED.intersection((spec.get("Environment") or {}).get("Variables", {}))
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(sorted(reserved))}"
        )


def _check_role(role_arn: str, function_arn: str) -> None:
    if not may_assume("lambda.amazonaws.com", role_arn, function_arn):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")


def unsupported(spec: Mapping[str, Any], *, creating: bool) -> str | None:
    """Why the local AWS cannot run a function of this `PackageType` and `Runtime`; None if it can."""
    if spec.get("PackageType") == "Image":
        return "PackageType Image is not supported by the local AWS: it runs no containers."
    if not creating and "Runtime" not in spec:
        return None
    python = _PYTHON.fullmatch(spec.get("Runtime") or "")
    if python is None or int(python[1]) > _NEWEST_PYTHON:
        return (
            f"Runtime {spec.get('Runtime')} is not supported by the local AWS: it runs Python functions only, "
            f"python3.{_OLDEST_PYTHON} to python3.{_NEWEST_PYTHON}."
        )
    return None


def _check_deprecation(runtime: str) -> None:
    python = _PYTHON.fullmatch(runtime)
    if python and int(python[1]) < _OLDEST_PYTHON:
        raise InvalidParameterValueException(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
