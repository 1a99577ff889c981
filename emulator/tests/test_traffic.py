"""Traffic is played: the result, the clock, and what real invocations add to it."""

from typing import Any

import pytest

from support.hosting import Hosting
from support.playing import UNIT, constant, play

Json = dict[str, Any]

ASSUMED = {
    "scaleInLooksAt": "lastDatapoint",
    "metricDelaySeconds": 90.0,
    "highResolutionDelaySeconds": 20.0,
    "reactionSeconds": 20.0,
}


def test_a_result_has_a_value_for_each_minute(hosting: Hosting) -> None:
    hosting.endpoint("played", hosting.variant(hosting.model("played-model"), InitialInstanceCount=2))
    hosting.register("played", 1, 4)

    result = play(hosting, "played", constant(3), hours=0.05, timeZone="Europe/Berlin", launchSeconds=300)

    (resource,) = result.pop("resources")
    assert resource == {
        "resourceId": "endpoint/played/variant/AllTraffic",
        "kind": "variant",
        "name": "AllTraffic",
        "unit": UNIT,
        "instanceType": "ml.m5.large",
        "seconds": [0, 60, 120],
        "requestsPerSecond": [3.0] * 3,
        "running": [2] * 3,
        "wanted": [2] * 3,
        "minimum": [1] * 3,
        "maximum": [4] * 3,
        "instances": [2] * 3,
        "loadPerUnit": [90.0] * 3,
        "utilization": [0.075] * 3,
        "backlog": [0.0] * 3,
        "failed": [0.0] * 3,
        "targets": [],
    }
    times = result.pop("from"), result.pop("to")
    assert result == {
        "endpointName": "played",
        "timeZone": "Europe/Berlin",
        "stepSeconds": 60,
        "assumptions": ASSUMED,
        "launchSeconds": 300.0,
        "releaseSeconds": None,
        "activities": [],
        "alarms": [],
    }
    assert [time[-9:] for time in times] in ([":00+01:00"] * 2, [":00+02:00"] * 2)


def test_the_last_result_can_be_read_again(hosting: Hosting) -> None:
    hosting.endpoint("read-again")

    result = play(hosting, "read-again", constant(1), hours=0.05)

    assert hosting.aws.get("traffic") == {**result, "playing": False}


def test_traffic_of_a_missing_endpoint_is_refused(hosting: Hosting) -> None:
    with pytest.raises(ValueError, match="/endpointName: no endpoint missing in account 123456789012, eu-west-1"):
        play(hosting, "missing", constant(1))
