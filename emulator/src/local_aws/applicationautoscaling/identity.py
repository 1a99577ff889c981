"""Identity of scalable targets: resource id and dimension in SageMaker's namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NAMESPACE = "sagemaker"


@dataclass(frozen=True)
class Target:
    """Identity of a scalable target."""

    resource_id: str
    scalable_dimension: str

    @classmethod
    def of(cls, request: dict[str, Any]) -> Target:
        return cls(request["ResourceId"], request["ScalableDimension"])

    def members(self) -> dict[str, str]:
        """The identity as members of a response."""
        return {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": self.resource_id,
            "ScalableDimension": self.scalable_dimension,
        }

    def __str__(self) -> str:
        return (
            f"service namespace: {NAMESPACE}, resource ID: {self.resource_id}, "
            f"scalable dimension: {self.scalable_dimension}"
        )
