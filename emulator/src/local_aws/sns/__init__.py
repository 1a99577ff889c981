"""SNS: checks and deliveries as on AWS.

moto delivers to queues regardless of their policies, calls functions with records of a form of its own, and
accepts subjects and messages that AWS refuses.
"""

from __future__ import annotations

from local_aws.sns import filters, messages, publishing

__all__ = ["install", "messages"]


def install() -> None:
    """Replace moto's checks, filters and deliveries."""
    publishing.install()
    filters.install()
