"""The steps of a plan, for people."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.plan import Step

SHOWN = ("state", "action", "what")


def shown(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Return ``state``, ``action`` and ``what`` of each step, as outputs and notifications have them."""
    return [{name: str(step[name]) for name in SHOWN} for step in steps]  # type: ignore[literal-required]


def told(steps: Iterable[Mapping[str, Any]]) -> str:
    """Return a line for each step, of a plan or as `shown`."""
    return "\n".join(f"- {step['action'].capitalize()} {step['what']}" for step in steps) or "Nothing."
