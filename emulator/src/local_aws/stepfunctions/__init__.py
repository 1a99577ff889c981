"""Step Functions: an interpreter of the Amazon States Language in virtual time, behind moto's API.

From the outside in: `service` (the API), `executions`, `interpreter` (states), `languages` (JSONata, JSONPath),
`tasks` and `integrations` (calls of AWS), `definition` (checks of definitions).
"""

from __future__ import annotations

from local_aws.stepfunctions import service

__all__ = ["install"]


def install() -> None:
    """Let moto's Step Functions check definitions and run executions."""
    service.install()
