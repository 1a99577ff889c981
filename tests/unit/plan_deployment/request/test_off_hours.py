from typing import Any

import pytest

from tests.unit.plan_deployment.request.reading import MINIMAL, faults

BERLIN = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}


def test_hours_are_refused_until_schedules_work() -> None:
    assert faults({**MINIMAL, "schedule": BERLIN}) == {"/schedule": "is not supported by this version. Remove it."}


@pytest.mark.parametrize(
    ("schedule", "pointer", "text"),
    [
        ({"timeZone": "UTC"}, "/schedule", "names no hours"),
        ({"weekdays": "20:00-07:00", "timeZone": "UTC"}, "/schedule/weekdays", "ends at 07:00"),
        ({"weekdays": "07:00-20:00", "timeZone": "Berlin"}, "/schedule/timeZone", "is not the IANA name"),
        ({"weekdays": "7-20", "timeZone": "UTC"}, "/schedule/weekdays", ""),
        ({"weekdays": "07:00-20:00"}, "/schedule/timeZone", "is missing"),
        ({**BERLIN, "minCapacity": 2}, "/schedule/minCapacity", ""),
    ],
)
def test_faults_of_hours_name_the_member(schedule: dict[str, Any], pointer: str, text: str) -> None:
    assert text in faults({**MINIMAL, "schedule": schedule})[pointer]
