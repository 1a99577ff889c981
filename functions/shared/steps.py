"""The steps of a plan, as people read them."""

from shared.aws import Json


def told(steps: list[Json]) -> str:
    """A line for each step.

    Parameters
    ----------
    steps : list of Json
        The plan's `steps`: ``state``, ``action`` and ``what`` of each.
    """
    return "\n".join(f"- {step['action'].capitalize()} {step['what']}" for step in steps) or "Nothing."
