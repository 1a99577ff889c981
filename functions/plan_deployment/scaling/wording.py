"""Numbers, lists, capacities and metrics in the words of a sentence."""

from collections.abc import Iterable

from plan_deployment.variants import INSTANCES
from shared.autoscaling import COPY_COUNT
from shared.aws import Json

# Default of all cooldowns (Application Auto Scaling API reference, both policy configurations).
DEFAULT_COOLDOWN_SECONDS = 300
UNITS = {INSTANCES: ("instance", "instances"), COPY_COUNT: ("copy", "copies")}


def number(value: float) -> str:
    """Return a number with separators of thousands, such as ``2,100`` or ``0.7``."""
    return f"{value:,.10g}"


def plural(count: float, noun: str) -> str:
    """Return a count with its noun."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def listed(parts: Iterable[str]) -> str:
    """Return the parts with commas and "and"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def span(bounds: tuple[int, int]) -> str:
    """Return a minimum and a maximum, such as ``1 to 4``."""
    least, most = bounds
    return str(most) if least == most else f"{least} to {most}"


def capacity(dimension: str, bounds: tuple[int, int]) -> str:
    """Return a minimum and a maximum with what is counted, such as ``1 to 4 instances``."""
    if dimension not in UNITS:
        return f"provisioned concurrency {span(bounds)}"
    one, several = UNITS[dimension]
    return f"{span(bounds)} {one if bounds == (1, 1) else several}"


def metric_of_queries(queries: list[Json]) -> str:
    """Return what metric math measures: the label, metric or expression of the query that returns data."""
    query = next((each for each in queries if each.get("ReturnData", True)), queries[-1])
    if "Label" in query:
        return str(query["Label"])
    if "MetricStat" in query:
        return str(query["MetricStat"]["Metric"]["MetricName"])
    return str(query["Expression"])
