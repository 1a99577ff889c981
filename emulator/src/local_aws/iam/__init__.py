"""IAM: AWS managed policies are loaded late, and policies need no version.

`local_aws.core.authorization` evaluates the policies.
"""

from local_aws.iam import managed, versions

__all__ = ["install"]


def install() -> None:
    """Extend moto's IAM."""
    versions.install()
    managed.install()
