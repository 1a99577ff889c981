"""EC2's facts about the instance types of SageMaker."""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.utilities.utils import load_resource


def has_local_storage(instance_type: str) -> bool:
    """Whether the type has instance store volumes. False for types that moto's copy of EC2's data lacks."""
    described = _ec2_instance_types().get(instance_type.removeprefix("ml."), {})
    return bool(described.get("InstanceStorageSupported", False))


@cache
def _ec2_instance_types() -> dict[str, Any]:
    """Answers of DescribeInstanceTypes by type. Read on first use because they are large."""
    found: dict[str, Any] = load_resource("ec2/resources/instance_types.json")
    return found


def vcpus(instance_type: str) -> int:
    """The vCPUs of the type; 0 for types that moto's copy of EC2's data lacks."""
    described = _ec2_instance_types().get(instance_type.removeprefix("ml."), {})
    return int(described.get("VCpuInfo", {}).get("DefaultVCpus", 0))


def size(instance_type: str) -> tuple[float, float, float] | None:
    """Memory in MiB, vCPUs and accelerators of the type; None for types that moto's copy of EC2's data lacks."""
    described = _ec2_instance_types().get(instance_type.removeprefix("ml."))
    if described is None:
        return None
    accelerators = sum(
        each.get("Count", 0)
        for info, member in (("GpuInfo", "Gpus"), ("InferenceAcceleratorInfo", "Accelerators"))
        for each in described.get(info, {}).get(member, [])
    )
    return float(described["MemoryInfo"]["SizeInMiB"]), float(vcpus(instance_type)), float(accelerators)
