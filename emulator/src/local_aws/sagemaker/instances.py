"""What EC2 tells of the instance types behind SageMaker's."""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.utilities.utils import load_resource


def has_local_storage(instance_type: str) -> bool:
    """Whether the type has instance store volumes; not of a type that moto's copy of EC2's data lacks."""
    described = _ec2_instance_types().get(instance_type.removeprefix("ml."), {})
    return bool(described.get("InstanceStorageSupported", False))


@cache
def _ec2_instance_types() -> dict[str, Any]:
    """DescribeInstanceTypes' answers, by the type's name; read only when needed, for they are large."""
    found: dict[str, Any] = load_resource("ec2/resources/instance_types.json")
    return found
