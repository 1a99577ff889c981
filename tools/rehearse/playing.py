"""Rehearsals: each on a local AWS of its own, so that one cannot change the next."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from slipway import validation
from tools import progress, stack
from tools.execution import Execution
from tools.rehearse.figures import Figures
from tools.rehearse.fleet import Fleet
from tools.rehearse.inputs import Inputs

LAST, WHOLE = "lastDatapoint", "wholeWindow"
LOOKS_AT = {LAST: "last datapoint", WHOLE: "highest datapoint"}


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

    def fleets(self) -> list[tuple[Fleet, Fleet]]:
        """For each variant that hosts components its instances under both assumptions."""
        hosts = {last.resource["variantName"]: (last, whole) for last, whole in self.figures() if last.is_component}
        return [(Fleet(last), Fleet(whole)) for last, whole in hosts.values()]


def rehearse(inputs: Inputs, name: str, event: dict[str, Any]) -> Rehearsal:
    """Deploy `event` and play the traffic, once for each assumption, at the same time.

    Raises
    ------
    RefusedError
        If the planner refuses the payload, before anything starts; if the deployment fails, or the local AWS refuses
        the traffic.
    stack.DeployError
        If `sam deploy` fails.
    """
    if found := validation.faults(event):
        raise RefusedError("\n".join(str(each) for each in found))
    with progress.step("rehearsal", f"{name}: start", sys.stderr) as step, ThreadPoolExecutor() as threads:
        playing = {each: threads.submit(_played, inputs, event, each, step, name) for each in (LAST, WHOLE)}
        results = {each: future.result() for each, future in playing.items()}
        step.result = name
    return Rehearsal(name, results)


def _played(inputs: Inputs, event: dict[str, Any], looks_at: str, step: progress.Step, name: str) -> dict[str, Any]:
    with stack.running(io.StringIO(), time=inputs.clock) as (aws, outputs):
        step.note(f"{name}: deploy")
        stack.make_models(aws, event)
        ended = Execution.start(aws, outputs["DeployEndpointStateMachineArn"], event).watched(lambda _: None)
        if ended.error:
            raise RefusedError(f"{ended.error}: {ended.cause}")
        step.note(f"{name}: play the traffic")
        assumptions = {**inputs.traffic.get("assumptions", {}), "scaleInLooksAt": looks_at}
        try:
            result: dict[str, Any] = aws.post("traffic", {**inputs.traffic, "assumptions": assumptions})
        except ValueError as error:
            raise RefusedError(str(error)) from error
        return result
