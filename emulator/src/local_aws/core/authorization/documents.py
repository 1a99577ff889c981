"""Policy documents: IAM user guide, "IAM JSON policy element reference"."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from local_aws.core.authorization.conditions import holds
from local_aws.core.authorization.context import Check
from local_aws.core.authorization.patterns import any_of, literal, matches_arn
from local_aws.core.errors import NotModelledError

Effect = Literal["Allow", "Deny"]

_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Principal",
    "NotPrincipal",
}
_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_DEFAULT = re.compile(r"(.+?)\s*,\s*'(.*)'")


@dataclass(frozen=True)
class Statement:
    """One statement of a policy; `principal` is only set in a resource policy."""

    effect: Effect
    actions: re.Pattern[str]
    except_actions: bool
    resources: tuple[str, ...]
    except_resources: bool
    condition: dict[str, dict[str, Any]]
    principal: Any
    except_principals: bool
    has_variables: bool

    def covers(self, check: Check) -> bool:
        """Whether action, resource and condition match; the principal is not checked."""
        return self.concerns(check) and self.holds(check)

    def concerns(self, check: Check) -> bool:
        """Whether action and resource match."""
        return self._covers_action(check.action) and self._covers_resource(check)

    def holds(self, check: Check) -> bool:
        """Whether the condition is satisfied."""
        return not self.condition or holds(self.condition, check.values, self._resolver(check))

    def _covers_action(self, action: str) -> bool:
        return (self.actions.fullmatch(action) is not None) != self.except_actions

    def _covers_resource(self, check: Check) -> bool:
        resolve = self._resolver(check)
        patterns = [each for each in map(resolve, self.resources) if each is not None]
        return any(matches_arn(each, name) for each in patterns for name in check.names) != self.except_resources

    def _resolver(self, check: Check) -> Callable[[str], str | None]:
        return (lambda text: _resolve(text, check)) if self.has_variables else (lambda text: text)


@lru_cache(maxsize=2048)
def statements(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises
    ------
    NotModelledError
        If a statement has an unknown element.
    """
    policy = json.loads(document)
    has_variables = policy.get("Version") == "2012-10-17"
    return tuple(_statement(each, has_variables) for each in _list(policy["Statement"]))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statement(statement: dict[str, Any], has_variables: bool) -> Statement:
    unknown = sorted(statement.keys() - _ELEMENTS)
    if unknown:
        raise NotModelledError(f"policy element {unknown[0]}")
    return Statement(
        effect=statement["Effect"],
        actions=any_of(_list(statement.get("Action", statement.get("NotAction")))),
        except_actions="NotAction" in statement,
        # trust policies have no resource: they apply to their role
        resources=tuple(_list(statement.get("Resource", statement.get("NotResource", "*")))),
        except_resources="NotResource" in statement,
        condition=statement.get("Condition", {}),
        principal=statement.get("Principal"),
        except_principals="NotPrincipal" in statement,
        has_variables=has_variables,
    )


def _resolve(text: str, check: Check) -> str | None:
    """`text` with its policy variables replaced; None if one has no value.

    IAM user guide, "IAM policy elements: Variables and tags": such a statement does not match.
    """
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name = found[1].strip()
        if name in ("*", "?", "$"):
            return literal(name)
        with_default = _DEFAULT.fullmatch(name)
        key, default = (with_default[1], with_default[2]) if with_default else (name, None)
        values = check.values(key)
        if len(values) == 1:
            return literal(values[0])
        missing = missing or default is None
        return literal(default or "")

    resolved = _VARIABLE.sub(value, text) if "${" in text else text
    return None if missing else resolved
