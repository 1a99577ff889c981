"""Authorization: the caller's policies and the policies of resources are evaluated for every call.

An administrator's own policy allows everything. Roles, policies and resources are stored by moto.
"""

from local_aws.core.authorization.context import Check, lower_keys
from local_aws.core.authorization.decisions import (
    Decision,
    MissingRoleError,
    decide,
    decide_alone,
    may_replace_key_policy,
)
from local_aws.core.authorization.documents import statements

__all__ = [
    "Check",
    "Decision",
    "MissingRoleError",
    "decide",
    "decide_alone",
    "lower_keys",
    "may_replace_key_policy",
    "statements",
]
