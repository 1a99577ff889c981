"""The policies that a preset becomes, for each kind of resource that it is for: as a request would have them."""

from __future__ import annotations

import json

from plan_deployment.request.autoscaling import Given, Resource
from plan_deployment.request.presets import PRESETS, policies_of
from plan_deployment.request.scaling_kinds import ASYNCHRONOUS, COMPONENT, CONCURRENCY, INSTANCES, Kind
from tools import markdown

# The kinds with the example load; the others have none.
KINDS: dict[str, Kind] = {
    "instances": INSTANCES,
    "an asynchronous endpoint": ASYNCHRONOUS,
    "provisioned concurrency": CONCURRENCY,
    "an inference component": COMPONENT,
}
PEAK_RPS = 20
SAME_AS_STEADY = "off-hours"
NAMES = tuple(name for name in PRESETS if name != SAME_AS_STEADY)


def text(preset: str) -> str:
    """The policies of a preset with an expectedPeakRps of 20, by kind."""
    parts = []
    for name, kind in KINDS.items():
        members = {"preset": preset, "expectedPeakRps": PEAK_RPS}
        levels = [{member: Given(value, f"/autoscaling/v/{member}") for member, value in members.items()}]
        policies = policies_of(Resource("v", kind, "/productionVariants/0", {}, levels))
        if policies:
            lines = ",\n  ".join(json.dumps(policy) for policy in policies)
            parts += [f"For {name}:", markdown.fenced("json", f"[\n  {lines}\n]")]
    return "\n\n".join(parts)
