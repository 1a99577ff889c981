"""The inference components of a deployment: in the output of the execution, and in its notification."""

from collections.abc import Iterable, Iterator

from shared.aws import Json
from shared.plan import COMPONENTS, DeploymentPlan, steps_of


def result(plan: DeploymentPlan, found: Iterable[Json]) -> Json:
    """Return whether components changed, the live ones, and the names of those that were deleted.

    Parameters
    ----------
    found : iterable of Json
        The components as "Deploy components" found them last.
    """
    seen = {each["name"]: each for each in found}
    # The plan of an execution that began before an update of the stack has no components.
    planned = plan.get("components", [])
    removed = [each["name"] for each in planned if each["action"] == "delete"]
    live = [
        {name: each[name] for name in ("name", "variantName", "base")} | seen.get(each["name"], {})
        for each in planned
        if each["name"] not in removed
    ]
    return {"changed": bool(steps_of(plan, COMPONENTS)), "live": live, "removed": removed}


def lines(components: Json) -> Iterator[str]:
    """Yield a line for each live component, and one for each that was deleted."""
    yield from (f"Component {each['name']}: {', '.join(_parts(each))}" for each in components["live"])
    yield from (f"Removed: component {name}" for name in components["removed"])


def _parts(component: Json) -> Iterator[str]:
    if component["base"]:
        yield f"adapter of {component['base']}"
    yield from component.get("modelNames", [])
    yield f"on variant {component['variantName']}"
    count = component.get("currentCopyCount")
    if count is not None:
        yield f"{count} {'copy' if count == 1 else 'copies'}"
