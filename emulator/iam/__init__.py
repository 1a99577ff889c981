"""IAM: what roles and services may do.

The caller's policies and the policies of resources are evaluated for every call of a role and of an
AWS service; administrators may do everything. Roles, policies and resources are moto's.
"""

from emulator.iam.context import Check, lower_keys
from emulator.iam.decisions import Decision, MissingRoleError, decide
from emulator.iam.versions import install

__all__ = ["Check", "Decision", "MissingRoleError", "decide", "install", "lower_keys"]
