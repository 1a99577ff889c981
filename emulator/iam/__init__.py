"""IAM: what roles and services may do.

The caller's policies and the policies of resources are evaluated for every call; an administrator's own
policy allows everything. Roles, policies and resources are moto's.
"""

from emulator.iam import managed, versions
from emulator.iam.context import Check, lower_keys
from emulator.iam.decisions import Decision, MissingRoleError, decide, may_replace_key_policy
from emulator.iam.documents import statements

__all__ = [
    "Check",
    "Decision",
    "MissingRoleError",
    "decide",
    "install",
    "lower_keys",
    "may_replace_key_policy",
    "statements",
]


def install() -> None:
    """Install what moto's IAM is extended by."""
    versions.install()
    managed.install()
