"""Scalable targets of resources, as far as SageMaker checks and deletes them, and notifies of finished changes.

Application Auto Scaling stores scalable targets and depends on this package. It sets `registry` when it is
installed, so that this package does not depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Registry(Protocol):
    """`local_aws.applicationautoscaling.registry`, which documents the functions."""

    def of_variant(self, account_id: str, region: str, endpoint_name: str, variant_name: str) -> Sequence[Any]: ...

    def deregister_endpoint(self, account_id: str, region: str, endpoint_name: str) -> None: ...


class Settled(Protocol):
    """Called with account, Region and resource id (``endpoint/name``) when a resource is no longer in progress."""

    def __call__(self, account_id: str, region: str, resource_id: str, *, succeeded: bool) -> None: ...


registry: Registry
_listeners: list[Settled] = []


def when_settled(listener: Settled) -> None:
    """Call `listener` when a change of a resource has ended."""
    _listeners.append(listener)


def settled(arn: str, resource_id: str, *, succeeded: bool) -> None:
    """The resource with that ARN is no longer in progress."""
    _, _, _, region, account_id, _ = arn.split(":", 5)
    for listener in _listeners:
        listener(account_id, region, resource_id, succeeded=succeeded)
