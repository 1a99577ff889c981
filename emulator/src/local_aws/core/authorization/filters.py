"""Filters of the templates in the tables: functions of a parameter's value. None drops the value."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local_aws.core import partition, task_tokens
from local_aws.core.authorization import account


@dataclass(frozen=True)
class Scope:
    """Account and Region of a call."""

    region: str
    account: str
    partition: str = partition.NAME


def _of_another_account(value: str, scope: Scope) -> str | None:
    return value if value.startswith("arn:") and value.split(":")[4] != scope.account else None


def _last(value: str, _: Scope) -> str:
    return value.rsplit("/", 1)[-1]


def _function(value: str, _: Scope) -> str:
    """Lambda's forms of a function name: a name, `account:function:name`, or an ARN."""
    return value if value.startswith("arn:") else value.rsplit("function:", 1)[-1]


def _qualifier(value: str, _: Scope) -> str:
    return f":{value}" if value else ""


def _parameter(value: str, _: Scope) -> str:
    """A parameter's name without its leading slash and its version or label."""
    return value if value.startswith("arn:") else value.removeprefix("/").split(":")[0]


def _bus_prefix(value: str, _: Scope) -> str:
    """The part before a rule's name in its ARN: empty on the default bus."""
    name = value.rsplit("/", 1)[-1]
    return "" if name == "default" else f"{name}/"


def _group_prefix(value: str, _: Scope) -> str:
    return f"{value}/" if value else ""


def _log_group(value: str, _: Scope) -> str:
    return value.removesuffix(":*")


def _topic(value: str, _: Scope) -> str:
    """ARN of a subscription's topic: its ARN without the subscription's id."""
    return value.rsplit(":", 1)[0]


def _state_machine(value: str, _: Scope) -> str:
    """ARN of the state machine of a version or an alias: its first seven parts."""
    return ":".join(value.split(":")[:7])


def _state_machine_qualifier(value: str, _: Scope) -> str | None:
    parts = value.split(":")
    return parts[7] if len(parts) > 7 else None


def _machine_of_task(token: str, _: Scope) -> str | None:
    return task_tokens.state_machine_of(token)


def _copy_source(value: str, _: Scope) -> str:
    return unquote(value).removeprefix("/").split("?")[0]


def _scaled(kind: str) -> Callable[[str, Scope], str | None]:
    def name(value: str, _: Scope) -> str | None:
        found = re.fullmatch(rf"{kind}/([^/]+)(/.*)?", value)
        return found[1] if found else None

    return name


def _scalable_target(value: str, scope: Scope) -> str:
    registered = account.scalable_target_arn(value, scope.region, scope.account)
    if registered:
        return registered
    made_up = hashlib.sha256(value.encode()).hexdigest()[:32]
    return f"arn:{scope.partition}:application-autoscaling:{scope.region}:{scope.account}:scalable-target/{made_up}"


def _config_in_use(value: str, scope: Scope) -> str | None:
    return account.endpoint_config_of(value, scope.region, scope.account)


def _volume_key(value: str, scope: Scope) -> str | None:
    return account.volume_key_of(value, scope.region, scope.account)


def _role_path(value: str, scope: Scope) -> str:
    return account.role_path(value, scope.account)


def _key(value: str, scope: Scope) -> str:
    return account.key_arn(value, scope.region, scope.account)


def _alias_key(value: str, scope: Scope) -> str | None:
    """The key of an alias; None if the alias does not exist."""
    arn = _key(value, scope)
    return arn if ":key/" in arn else None


def _ciphertext_key(value: Any, scope: Scope) -> str:
    """The key at the beginning of moto's ciphertexts."""
    return _key(value[:36].decode(errors="replace"), scope)


FILTERS: dict[str, Callable[[Any, Scope], str | None]] = {
    "alias_key": _alias_key,
    "bus_prefix": _bus_prefix,
    "ciphertext_key": _ciphertext_key,
    "config_in_use": _config_in_use,
    "copy_source": _copy_source,
    "function": _function,
    "group_prefix": _group_prefix,
    "key": _key,
    "last": _last,
    "log_group": _log_group,
    "lower": lambda value, _: value.lower(),
    "machine_of_task": _machine_of_task,
    "of_another_account": _of_another_account,
    "parameter": _parameter,
    "qualifier": _qualifier,
    "role_path": _role_path,
    "scalable_target": _scalable_target,
    "scaled_component": _scaled("inference-component"),
    "scaled_endpoint": _scaled("endpoint"),
    "state_machine": _state_machine,
    "state_machine_qualifier": _state_machine_qualifier,
    "topic": _topic,
    "volume_key": _volume_key,
}
