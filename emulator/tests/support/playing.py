"""Traffic for tests: endpoints with their own durations, and what is played on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws import until
from support.hosting import Hosting

Json = dict[str, Any]

UNIT = {"requestsPerSecond": 20, "latencyMilliseconds": 50}


def play(hosting: Hosting, endpoint_name: str, *elements: Json, hours: float = 0.25, **more: Any) -> Json:
    """Play traffic on an endpoint; return the result."""
    body = {
        "endpointName": endpoint_name,
        "hours": hours,
        "unit": UNIT,
        "requestsPerSecond": list(elements),
        **more,
    }
    result: Json = hosting.aws.post("traffic", body)
    return result


def play_after(hosting: Hosting, begin: Callable[[], object], *arguments: Any, **more: Any) -> Json:
    """Play traffic from the moment of `begin`; return the result.

    Time stands still in between: the idle clock would jump to the end of what begins.
    """
    with hosting.standing_still():
        begin()
        play(hosting, *arguments, **more)
    until(lambda: not hosting.aws.get("traffic")["playing"])
    result: Json = hosting.aws.get("traffic")
    return result


def constant(rate: float) -> Json:
    """The element of a constant number of requests per second."""
    return {"constant": rate}


def sums(hosting: Hosting, metric: str, dimensions: dict[str, str], statistic: str = "Sum") -> list[float]:
    """The metric's values by minute, of the last play."""
    result = hosting.aws.get("traffic")
    found = hosting.aws.client("cloudwatch").get_metric_data(
        StartTime=datetime.fromisoformat(result["from"]),
        EndTime=datetime.fromisoformat(result["to"]),
        ScanBy="TimestampAscending",
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SageMaker",
                        "MetricName": metric,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                    },
                    "Period": 60,
                    "Stat": statistic,
                },
            }
        ],
    )
    return [round(value, 4) for value in found["MetricDataResults"][0]["Values"]]


def of_variant(endpoint: str, variant: str = "AllTraffic") -> dict[str, str]:
    """The dimensions of a variant's metrics."""
    return {"EndpointName": endpoint, "VariantName": variant}
