"""Generates the memory, vCPUs and accelerators of SageMaker's instance types from moto's copy of EC2's data.

`python -m tools.instance_sizes` writes functions/plan_deployment/request/instance_sizes.json. Types that EC2 no longer
has are missing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.utilities.utils import load_resource

from tools.request_schema import schema
from tools.stack import ROOT

PATH = ROOT / "functions" / "plan_deployment" / "request" / "instance_sizes.json"
# Families of instances that have no accelerators; EC2's data does not count the Neuron devices of ml.trn1.
WITHOUT_ACCELERATORS = re.compile(r"ml\.[cmrt]\d")
COUNTED = (("GpuInfo", "Gpus"), ("InferenceAcceleratorInfo", "Accelerators"))


def sizes() -> dict[str, list[int | None]]:
    """Memory in MiB, vCPUs and accelerators of each type; None if the accelerators are unknown."""
    known: dict[str, Any] = load_resource("ec2/resources/instance_types.json")
    names = schema()["$defs"]["ProductionVariantInstanceType"]["examples"]
    return {name: _size(name, known[of_ec2]) for name in names if (of_ec2 := name.removeprefix("ml.")) in known}


def text() -> str:
    """The content of the file, one type a line."""
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(size)}" for name, size in sizes().items())
    return f"{{\n{lines}\n}}\n"


def _size(name: str, described: dict[str, Any]) -> list[int | None]:
    devices = [each.get("Count", 0) for info, member in COUNTED for each in described.get(info, {}).get(member, [])]
    accelerators = sum(devices) or (0 if WITHOUT_ACCELERATORS.match(name) else None)
    return [described["MemoryInfo"]["SizeInMiB"], described["VCpuInfo"]["DefaultVCpus"], accelerators]


if __name__ == "__main__":
    PATH.write_text(text())
