"""The instances of a variant by type: one type, or the instance pools of the variant by priority.

SageMaker developer guide, realtime-endpoints-heterogeneous: instances are added from the pool of the highest priority
that has capacity, and released from the pool of the lowest priority first.

``POST /_emulator/sagemaker/shortages`` takes ``{"ml.g6.2xlarge": 1}``: the most instances of the type that a variant
gets from now on. A variant keeps those that it has. ``GET`` returns them, ``DELETE`` ends all shortages.
"""

from __future__ import annotations

from typing import Any

from local_aws.core import control
from local_aws.core.control import BadControlRequestError
from local_aws.core.operations import lock

# aws/deep-learning-containers, pull request 6673, verbatim
NO_CAPACITY = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."
# ProductionVariant, VariantInstanceProvisionTimeoutInSeconds; without it, half an hour is measured, not documented
TIMEOUT = "VariantInstanceProvisionTimeoutInSeconds"
USUAL_TIMEOUT_SECONDS = 1800.0

_shortages: dict[str, int] = {}


def types_of(specification: dict[str, Any]) -> list[str]:
    """The instance types of a ProductionVariant, the highest priority first; none if it is serverless."""
    if "InstanceType" in specification:
        return [specification["InstanceType"]]
    by_priority = sorted(specification.get("InstancePools", []), key=lambda pool: int(pool["Priority"]))
    return [pool["InstanceType"] for pool in by_priority]


def models_of(specification: dict[str, Any]) -> list[str]:
    """Names of the models of a ProductionVariant, each once: its own, and those of its pools."""
    own = [specification["ModelName"]] if "ModelName" in specification else []
    return list(dict.fromkeys([*own, *own_models(specification).values()]))


def own_models(specification: dict[str, Any]) -> dict[str, str]:
    """Names of the models of the pools that have one of their own, by instance type."""
    return {
        pool["InstanceType"]: pool["ModelNameOverride"]
        for pool in specification.get("InstancePools", [])
        if "ModelNameOverride" in pool
    }


class Pools:
    """The instances of a variant by type.

    Attributes
    ----------
    counts : dict
        Instances of each type, the highest priority first.
    missing : int
        Instances that lacked capacity at the last change of the size.
    """

    def __init__(self, specification: dict[str, Any]) -> None:
        self.counts = dict.fromkeys(types_of(specification), 0)
        self.missing = 0
        self._timeout_seconds = float(specification.get(TIMEOUT, USUAL_TIMEOUT_SECONDS))

    def resize(self, size: int) -> None:
        """Provision or release instances until there are `size`, as far as there is capacity."""
        change = size - sum(self.counts.values())
        self.missing = max(0, change)
        for instance_type in self.counts:
            added = min(self.missing, max(0, _most(instance_type, size) - self.counts[instance_type]))
            self.counts[instance_type] += added
            self.missing -= added
        surplus = max(0, -change)
        for instance_type in reversed(self.counts):
            released = min(surplus, self.counts[instance_type])
            self.counts[instance_type] -= released
            surplus -= released

    def wait_seconds(self, size: int) -> float:
        """Seconds that SageMaker tries to provision what `size` instances lack now; 0 if there is capacity."""
        available = sum(max(count, _most(each, size)) for each, count in self.counts.items())
        return self._timeout_seconds if available < size else 0.0

    def first(self, size: int) -> dict[str, int]:
        """The counts of the first `size` instances, the highest priority first."""
        found, left = {}, size
        for instance_type, count in self.counts.items():
            found[instance_type] = min(count, left)
            left -= found[instance_type]
        return found


def summaries(counts: dict[str, int]) -> list[dict[str, Any]]:
    """The InstancePoolSummary of each pool."""
    return [{"InstanceType": each, "CurrentInstanceCount": count} for each, count in counts.items()]


def _most(instance_type: str, otherwise: int) -> int:
    return _shortages.get(instance_type, otherwise)


@control.route("GET", "sagemaker/shortages")
def get_shortages(_: None) -> dict[str, int]:
    with lock:
        return dict(_shortages)


@control.route("POST", "sagemaker/shortages")
def post_shortages(body: Any) -> dict[str, int]:
    if not isinstance(body, dict):
        raise BadControlRequestError('the body must be an object such as {"ml.m5.large": 1}')
    for instance_type, most in body.items():
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise BadControlRequestError(f"/{instance_type}: {most!r} is not a number of instances, 0 or more")
    with lock:
        _shortages.update(body)
        return dict(_shortages)


@control.route("DELETE", "sagemaker/shortages")
def delete_shortages(_: None) -> dict[str, int]:
    with lock:
        _shortages.clear()
        return {}
