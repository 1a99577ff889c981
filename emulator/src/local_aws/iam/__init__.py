"""IAM: AWS managed policies are loaded late, policies need no version, and permissions can be simulated.

`local_aws.core.authorization` evaluates the policies.
"""

from local_aws.iam import managed, simulation, versions

__all__ = ["install"]


def install() -> None:
    """Extend moto's IAM."""
    versions.install()
    managed.install()
    simulation.install()
