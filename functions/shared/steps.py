"""The steps of a plan, for people and for the output of the execution."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.plan import Step


def views(steps: Sequence[Step]) -> list[dict[str, str]]:
    """Return ``state``, ``action`` and ``what`` of each step, without the requests."""
    return [{"state": step["state"], "action": step["action"], "what": step["what"]} for step in steps]


def as_lines(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return a line for each step, or "Nothing."."""
    return "\n".join(f"- {step['action'].capitalize()} {step['what']}" for step in steps) or "Nothing."
