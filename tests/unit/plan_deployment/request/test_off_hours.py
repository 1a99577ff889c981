from typing import Any

import pytest

from tests.unit.plan_deployment.request.reading import MINIMAL, faults, read

BERLIN = {"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}


def test_hours_are_part_of_the_request() -> None:
    assert read({**MINIMAL, "schedule": BERLIN}).schedule == BERLIN
    assert read(MINIMAL).schedule is None


def test_a_profile_can_have_hours() -> None:
    variant = {name: value for name, value in MINIMAL["productionVariants"][0].items() if name != "ModelName"}  # type: ignore[attr-defined]

    assert read({**MINIMAL, "productionVariants": [variant], "schedule": BERLIN}, is_profile=True).schedule == BERLIN


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
