"""Revision of a function: the inputs of its execution environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import LambdaFunction

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Logging:
    """Destination and format of the function's log (Lambda developer guide, advanced logging controls)."""

    group: str
    json: bool
    application_level: str = "INFO"
    system_level: str = "INFO"


@dataclass(frozen=True)
class Revision:
    """Inputs of an execution environment. An environment serves one revision.

    `function_arn` has no qualifier; `version` is ``$LATEST`` or a number.
    """

    function_arn: str
    version: str
    runtime: str
    handler: str
    role_arn: str
    code_sha256: str
    layer_arns: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    timeout_seconds: int
    memory_mb: int
    logging: Logging
    traced: bool

    @property
    def name(self) -> str:
        return self.function_arn.split(":")[6]

    @property
    def log_stream_prefix(self) -> str:
        """The function's part of a log stream's name; in a custom log group it has the function's name.

        Lambda developer guide, Configuring CloudWatch log groups.
        """
        is_custom = self.logging.group != f"/aws/lambda/{self.name}"
        return f"{self.name if is_custom else ''}[{self.version}]"

    @property
    def region(self) -> str:
        return self.function_arn.split(":")[3]

    @property
    def account_id(self) -> str:
        return self.function_arn.split(":")[4]


def revision_of(function: LambdaFunction) -> Revision:
    """The current revision of moto's `function`."""
    return Revision(
        function_arn=":".join(function.function_arn.split(":")[:7]),
        version=str(function.version),
        runtime=function.run_time,
        handler=function.handler,
        role_arn=function.role,
        code_sha256=function.code_sha_256,
        layer_arns=tuple(layer["Arn"] for layer in function.layers),
        variables=tuple(sorted((name, str(value)) for name, value in function.environment_vars.items())),
        timeout_seconds=int(function.timeout),
        memory_mb=int(function.memory_size),
        logging=_logging_of(function.logging_config),
        traced=function.tracing_config.get("Mode") == "Active",
    )


def _logging_of(config: dict[str, Any]) -> Logging:
    return Logging(
        group=config["LogGroup"],
        json=config["LogFormat"] == "JSON",
        application_level=config.get("ApplicationLogLevel", "INFO"),
        system_level=config.get("SystemLogLevel", "INFO"),
    )
