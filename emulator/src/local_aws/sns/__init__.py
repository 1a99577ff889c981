"""SNS: publishing is checked as AWS checks it, and subscribers are called by SNS itself.

moto puts messages into queues past every queue policy, calls functions with records of its own
invention, and takes subjects and messages that AWS refuses.
"""

from __future__ import annotations

from local_aws.sns import filters, messages, publishing

__all__ = ["install", "messages"]


def install() -> None:
    """Replace moto's checks, filters and deliveries."""
    publishing.install()
    filters.install()
