"""Rehearsals: each on a local AWS of its own, so that one cannot change the next."""

from __future__ import annotations

import copy
import io
import sys
from dataclasses import dataclass
from typing import Any

from tools import progress, stack
from tools.execution import Execution
from tools.rehearse.figures import Figures
from tools.rehearse.inputs import Inputs

LAST, WHOLE = "lastDatapoint", "wholeWindow"
LOOKS_AT = {LAST: "last datapoint", WHOLE: "highest datapoint"}
ORIGINAL = ("targetTrackingScalingPolicyConfiguration",)
POLICIES = ("policies", "preset")


class RefusedError(RuntimeError):
    """The payload is not deployed, or its traffic not played; the message says why."""


@dataclass(frozen=True)
class Rehearsal:
    """A payload, played under both assumptions about scale-ins.

    Attributes
    ----------
    name : str
        "as requested", or the preset.
    results : dict
        Result of ``POST /_emulator/traffic`` by what a scale-in looks at.
    """

    name: str
    results: dict[str, dict[str, Any]]

    def figures(self) -> list[tuple[Figures, Figures]]:
        """For each resource its figures under both assumptions."""
        last, whole = self.results[LAST], self.results[WHOLE]
        others = {each["resourceId"]: each for each in whole["resources"]}
        return [
            (Figures(last, each), Figures(whole, others[each["resourceId"]]))
            for each in last["resources"]
            if each["resourceId"] in others
        ]


def rehearse(inputs: Inputs, name: str, event: dict[str, Any]) -> Rehearsal:
    """Deploy `event` and play the traffic, once for each assumption.

    Raises
    ------
    RefusedError
        If the deployment fails, or the local AWS refuses the traffic.
    stack.DeployError
        If `sam deploy` fails.
    """
    given = inputs.traffic.get("assumptions") or {}
    return Rehearsal(
        name,
        {looks_at: _played(inputs, name, event, {**given, "scaleInLooksAt": looks_at}) for looks_at in (LAST, WHOLE)},
    )


def with_preset(event: dict[str, Any], preset: str, peak_rps: float) -> dict[str, Any]:
    """The event with a preset instead of its policies; `peak_rps` is its load test if it has none."""
    changed = copy.deepcopy(event)
    for name in ORIGINAL:
        changed.pop(name, None)
    levels = changed.setdefault("autoscaling", {})
    for level in levels.values():
        for member in POLICIES:
            level.pop(member, None)
    every = levels.setdefault("*", {})
    every["preset"] = preset
    if _counts_invocations(event) and not any("expectedPeakRps" in each for each in (changed, *levels.values())):
        every["expectedPeakRps"] = peak_rps
    return changed


def _counts_invocations(event: dict[str, Any]) -> bool:
    """Whether presets track invocations, the only metric that a load test is for."""
    is_serverless = any("ServerlessConfig" in variant for variant in event["productionVariants"])
    return "asyncInferenceConfig" not in event and not is_serverless


def _played(inputs: Inputs, name: str, event: dict[str, Any], assumptions: dict[str, Any]) -> dict[str, Any]:
    with (
        progress.step("rehearsal", f"{name}: start", sys.stderr) as step,
        stack.running(io.StringIO(), time=inputs.clock) as (aws, outputs),
    ):
        step.note(f"{name}: deploy")
        stack.make_models(aws, event)
        ended = Execution.start(aws, outputs["DeployEndpointStateMachineArn"], event).watched(lambda _: None)
        if ended.error:
            step.result = f"{name}: not deployed"
            raise RefusedError(f"{ended.error}: {ended.cause}")
        step.note(f"{name}: play the traffic")
        try:
            result: dict[str, Any] = aws.post("traffic", {**inputs.traffic, "assumptions": assumptions})
        except ValueError as error:
            raise RefusedError(str(error)) from error
        step.result = f"{name}, scale-in by {LOOKS_AT[assumptions['scaleInLooksAt']]}"
        return result
