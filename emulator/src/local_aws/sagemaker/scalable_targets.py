"""Scalable targets of endpoints, as far as SageMaker checks and deletes them.

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


registry: Registry
