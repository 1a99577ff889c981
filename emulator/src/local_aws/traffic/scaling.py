"""What Application Auto Scaling tells about a resource whose traffic plays.

Application Auto Scaling depends on this package and sets `view` when it is installed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol


class View(Protocol):
    """`local_aws.applicationautoscaling.view`, which documents the functions."""

    def bounds(self, account_id: str, region: str, resource_id: str) -> tuple[int, int] | None: ...

    def targets(self, account_id: str, region: str, resource_id: str) -> list[dict[str, Any]]: ...

    def activities(self, account_id: str, region: str, since: datetime) -> list[dict[str, Any]]: ...


view: View
