"""Rules on instance types, and warnings about unknown ones. See `variant_rules` for what a rule is."""

import re
from collections.abc import Iterator

from plan_deployment.request.fields import every_variant
from plan_deployment.request.schema import SCHEMA
from shared.aws import Json
from shared.planning.faults import Fault

KNOWN_TYPES = frozenset(SCHEMA["$defs"]["ProductionVariantInstanceType"]["examples"])
# SageMaker developer guide, endpoint-auto-scaling-add-console: ml.t2, ml.t3, …; ml.trn1 is Trainium.
BURSTABLE = re.compile(r"ml\.t\d")
# Families with local NVMe storage: EC2, DescribeInstanceTypes (InstanceStorageInfo); dl1 and p6e-gb200: EC2 user guide,
# instance store volumes.
LOCAL_STORAGE = frozenset({
    "c5d", "c6gd",
    "dl1",
    "g4dn", "g5", "g6", "g6e", "g7", "g7e",
    "m5d", "m6gd",
    "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200",
    "r5d", "r6gd", "r7gd",
    "trn1", "trn1n", "trn2",
})  # fmt: skip
WITHOUT_LOCAL_STORAGE = "a type without local storage, such as ml.m5.xlarge"


def instance_types(pointer: str, variant: Json) -> Iterator[tuple[str, str]]:
    """Yield JSON pointer and name of each instance type of a variant."""
    pools = [(f"/InstancePools/{index}", pool or {}) for index, pool in enumerate(variant.get("InstancePools") or [])]
    for place, source in (("", variant), *pools):
        if source.get("InstanceType") is not None:
            yield f"{pointer}{place}/InstanceType", source["InstanceType"]


def is_burstable(instance_type: str) -> bool:
    """Whether the instances are burstable."""
    return BURSTABLE.match(instance_type) is not None


def has_local_storage(instance_type: str) -> bool:
    """Whether the instances have local NVMe storage."""
    return instance_type.split(".")[1] in LOCAL_STORAGE


def no_key_for_local_storage(request: Json) -> Iterator[Fault]:
    """SageMaker API reference, CreateEndpointConfig: fails (until 2026), or does not encrypt the local storage."""
    local = sorted({name for _, variant in every_variant(request) for name in _with_local_storage(variant)})
    if request.get("kmsKeyId") is not None and local:
        problem = f"does not encrypt the local NVMe storage of {', '.join(local)}"
        remedy = f"Remove it, because the instance encrypts its local storage itself, or choose {WITHOUT_LOCAL_STORAGE}"
        yield Fault("/kmsKeyId", problem, remedy)


def no_volume_beside_local_storage(request: Json) -> Iterator[Fault]:
    """Issue 4828 of aws/sagemaker-python-sdk."""
    for pointer, variant in every_variant(request):
        local = _with_local_storage(variant)
        if variant.get("VolumeSizeInGB") is not None and local:
            problem = f"{', '.join(local)} has local NVMe storage and supports no other volume"
            yield Fault(f"{pointer}/VolumeSizeInGB", problem, f"Remove it, or choose {WITHOUT_LOCAL_STORAGE}")


def unknown_types(request: Json) -> Iterator[str]:
    """Yield a warning for each instance type that is newer than this version, or misspelled."""
    for pointer, variant in every_variant(request):
        for at, name in instance_types(pointer, variant):
            if name not in KNOWN_TYPES:
                yield f"{at}: {name} is unknown to this version of Slipway and is passed to SageMaker unchanged."


def _with_local_storage(variant: Json) -> list[str]:
    return sorted(name for _, name in instance_types("", variant) if has_local_storage(name))


RULES = (no_key_for_local_storage, no_volume_beside_local_storage)
