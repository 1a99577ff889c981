"""IAM: what roles and services may do.

The caller's policies and the policies of resources are evaluated for every call of a role and of an
AWS service; administrators may do everything. Roles, policies and resources are moto's.
"""

from emulator.iam import managed, versions
from emulator.iam.context import Check, lower_keys
from emulator.iam.decisions import Decision, MissingRoleError, decide

__all__ = ["Check", "Decision", "MissingRoleError", "decide", "install", "lower_keys"]


def install() -> None:
    """Install what moto's IAM is extended by."""
    versions.install()
    managed.install()
