"""A column of PRESETS=all is what docs/scaling.md has for the preset, whatever the payload has of its own."""

import copy
from typing import Any

import pytest

from slipway import validation
from tests.support import project
from tools.rehearse.presets import PRESETS, with_preset

TRAFFIC = {"timeZone": "Europe/Lisbon", "unit": {"requestsPerSecond": 20}, "variants": {}}
EVENT = {"productionVariants": [{"VariantName": "v"}], "autoscaling": {"v": {"maxCapacity": 5}}}


def scaled(event: dict[str, Any], preset: str, **traffic: Any) -> dict[str, Any]:
    found: dict[str, Any] = with_preset(event, preset, {**TRAFFIC, **traffic})["autoscaling"]
    return found


def with_level(**members: Any) -> dict[str, Any]:
    return {**EVENT, "autoscaling": {"v": {"maxCapacity": 5, **members}}}


def test_a_preset_replaces_policies_schedules_and_suspensions_and_keeps_the_bounds() -> None:
    event = with_level(
        minCapacity=2, policies=[], scheduledActions=[], suspendedState={}, officeHours={}, expectedPeakRps=7
    )
    event["targetTrackingScalingPolicyConfiguration"] = {"TargetValue": 5}
    before = copy.deepcopy(event)

    changed = with_preset(event, "bursty", TRAFFIC)

    assert changed["autoscaling"] == {
        "v": {"maxCapacity": 5, "minCapacity": 2, "preset": "bursty", "expectedPeakRps": 7}
    }
    assert "targetTrackingScalingPolicyConfiguration" not in changed
    assert event == before


def test_a_preset_scales_what_the_payload_scales() -> None:
    original = {"productionVariants": [{"VariantName": "v"}], "autoscalingMaxCapacity": 4, "expectedPeakRps": 3}

    assert scaled(original, "steady") == {"*": {"preset": "steady"}}
    assert list(scaled(EVENT, "steady")) == ["v"]


def test_the_load_test_is_what_a_unit_serves_in_the_traffic() -> None:
    own = {"variants": {"v": {"unit": {"requestsPerSecond": 6}}}}

    assert scaled(EVENT, "steady")["v"]["expectedPeakRps"] == 20
    assert scaled(EVENT, "steady", **own)["v"]["expectedPeakRps"] == 6


@pytest.mark.parametrize(
    "event",
    [
        {"productionVariants": [{"VariantName": "v"}], "asyncInferenceConfig": {}},
        {"productionVariants": [{"VariantName": "v", "ServerlessConfig": {}}]},
    ],
)
def test_a_preset_without_a_policy_on_invocations_takes_no_load_test(event: dict[str, Any]) -> None:
    assert scaled(event, "steady") == {"*": {"preset": "steady"}}


def test_off_hours_alone_has_the_office_hours_of_the_payload() -> None:
    hours = {"weekdays": "08:00-18:00", "timeZone": "Asia/Tokyo", "minCapacity": 2}

    assert scaled(with_level(officeHours=hours), "off-hours")["v"]["officeHours"] == hours
    for preset in PRESETS:
        assert preset == "off-hours" or "officeHours" not in scaled(with_level(officeHours=hours), preset)["v"]


@pytest.mark.parametrize(("least", "most", "inside"), [(1, 5, 3), (4, 9, 5), (1, 2, 2)])
def test_off_hours_of_a_payload_without_any_has_those_of_its_example(least: int, most: int, inside: int) -> None:
    level = scaled(with_level(minCapacity=least, maxCapacity=most), "off-hours")["v"]

    assert level["officeHours"] == {"weekdays": "07:00-20:00", "timeZone": "Europe/Lisbon", "minCapacity": inside}


@pytest.mark.parametrize(("preset", "least"), [("to-zero", 0), ("off-hours", 0), ("steady", 1), ("bursty", 1)])
def test_the_minimum_is_one_that_the_preset_can_have(preset: str, least: int) -> None:
    assert scaled(with_level(minCapacity=0), preset)["v"]["minCapacity"] == least


def test_components_have_the_preset_instead_of_variants() -> None:
    components = [{"name": "a", "autoscaling": {"maxCapacity": 3, "policies": []}}, {"name": "b"}]
    event = {"productionVariants": [{"VariantName": "v"}], "inferenceComponents": components}

    changed = with_preset(event, "to-zero", {**TRAFFIC, "inferenceComponents": {"a": {"share": 1}}})

    assert changed["inferenceComponents"][0]["autoscaling"] == {
        "maxCapacity": 3,
        "preset": "to-zero",
        "minCapacity": 0,
        "expectedPeakRps": 20,
    }
    assert changed["inferenceComponents"][1] == {"name": "b"}
    assert "autoscaling" not in changed


@pytest.mark.parametrize("preset", ["steady", "bursty", "off-hours"])
def test_the_example_of_another_preset_becomes_the_example_of_this_one(preset: str) -> None:
    """The example with a schedule becomes, in another column, exactly the example of that column's preset."""
    wanted = project.event(f"deploy_{preset.replace('-', '_')}")["autoscaling"]["AllTraffic"]
    hours = wanted.get("officeHours", {}) | {"timeZone": "Europe/Berlin"}

    column = scaled(project.event("deploy_off_hours"), preset, timeZone="Europe/Berlin")["AllTraffic"]

    assert column == wanted | ({"officeHours": hours} if preset == "off-hours" else {})


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("event", ["scaled", "serverless", "asynchronous", "steady", "to_zero", "endpoint_historic"])
def test_a_column_is_a_valid_request_wherever_the_kind_can_have_the_preset(event: str, preset: str) -> None:
    payload = project.event(f"deploy_{event}")
    faults = validation.faults(with_preset(payload, preset, TRAFFIC))

    if preset == "to-zero" and "asyncInferenceConfig" not in payload:
        assert {each.pointer.rpartition("/")[2] for each in faults} >= {"preset"}
    else:
        assert faults == []
