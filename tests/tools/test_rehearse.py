"""`make rehearse` draws what the local AWS played, from a result that it recorded, and refuses files before it starts."""

import copy
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support import project
from tools import stack
from tools.rehearse import __main__ as command
from tools.rehearse import chart, drawing, figures, inputs, pictures, playing, png
from tools.rehearse.figures import Figures
from tools.rehearse.playing import LAST, WHOLE, Rehearsal
from tools.rehearse.prices import Prices

EVENT = project.ROOT / "events" / "deploy_steady.json"
TRAFFIC = project.ROOT / "traffic"
RECORDED = Path(__file__).parent / "data" / "rehearsal.json"  # deploy_steady.json with traffic/spike.json


def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORDED.read_text())
    return found


def of(result: dict[str, Any]) -> Figures:
    return Figures(result, result["resources"][0])


def with_columns(**columns: Any) -> Figures:
    result = recorded()[LAST]
    return Figures(result, {**result["resources"][0], **columns})


def run(*arguments: str | Path) -> command.Exit:
    return command.main([str(each) for each in arguments])


def started(*_: Any, **__: Any) -> None:
    raise AssertionError("the local AWS was started")


def texts(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


def test_the_picture_says_when_and_why_the_variant_was_scaled() -> None:
    result, whole = recorded()[LAST], recorded()[WHOLE]

    words = [each.text or "" for each in texts(drawing.svg(of(result), of(whole), "as requested", result, chart.LIGHT))]

    assert "AllTraffic: as requested" in words
    assert f"Scaling activities: {len(result['activities'])}" in words
    assert "to 7 · above target of invocations" in words
    assert any(each.startswith("Assumptions: a larger fleet is in service after 300 s") for each in words)


@pytest.mark.parametrize("theme", sorted(chart.THEMES))
@pytest.mark.parametrize("name", ["W" * 63, "i" * 63])
def test_no_text_of_the_picture_leaves_it_at_long_names(theme: str, name: str) -> None:
    result = recorded()[LAST]
    result["resources"][0]["name"] = name
    for each in result["activities"]:
        each["Cause"] = f"scheduled action name {'M' * 250} was triggered"

    for text in texts(drawing.svg(of(result), of(result), "off-hours", result, chart.THEMES[theme])):
        width = chart.width_of(text.text or "", float(text.attrib["font-size"]))
        begin = float(text.attrib["x"]) - {"start": 0.0, "middle": width / 2, "end": width}[text.attrib["text-anchor"]]
        assert begin >= 0
        assert begin + width <= drawing.WIDTH, text.text


def test_both_outcomes_are_in_the_picture_where_they_differ() -> None:
    result, whole = recorded()[LAST], recorded()[LAST]
    whole["resources"][0]["running"][-1] += 1

    svg = drawing.svg(of(result), of(whole), "as requested", result, chart.LIGHT)

    assert "running, other assumption" in svg
    assert "Scale-in by the highest datapoint of its window (other assumption)" in svg


def test_one_outcome_is_named_as_the_same_for_both_assumptions() -> None:
    result = recorded()[LAST]

    svg = drawing.svg(of(result), of(result), "as requested", result, chart.LIGHT)

    assert "running, other assumption" not in svg
    assert "The outcome is the same whether a scale-in looks at the last datapoint" in svg


def test_the_axis_has_local_hours() -> None:
    assert [f"{at:%H:%M}" for at in drawing.moments(of(recorded()[LAST]))][:3] == ["08:00", "08:30", "09:00"]


def test_the_figures_count_minutes_hours_and_the_fixed_fleets() -> None:
    minutes = with_columns(
        requestsPerSecond=[10, 50, 30], running=[1, 2, 2], instances=[1, 3, 2], loadPerUnit=[600, 1500, 900]
    )

    assert minutes.worst_load == 50 / 40
    assert minutes.minutes_above_target == 2
    assert minutes.minutes_above_capacity == 1
    assert minutes.unit_hours == 6 / 60
    assert minutes.fixed_fleet == 3
    assert minutes.fixed_fleet_at_target == 5


def test_a_metric_that_no_result_has_gives_no_minutes_above_target() -> None:
    custom = with_columns(targets=[{"policyName": "p", "metric": "QueueLength", "targetValue": 3}])

    assert custom.minutes_above_target is None
    assert custom.fixed_fleet_at_target is None


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (
            "monitor alarm TargetTracking-endpoint/e/variant/v-AlarmLow-1 in state ALARM triggered policy slipway-load",
            "below target of load",
        ),
        ("monitor alarm slipway/e/v/surge in state ALARM triggered policy slipway-surge", "alarm of surge"),
        ("scheduled action name slipway-morning was triggered", "schedule morning"),
        ("minimum capacity was set to 3", "minimum capacity was set to 3"),
    ],
)
def test_the_reason_of_an_activity_is_short(cause: str, words: str) -> None:
    assert figures.reason(cause) == words


@pytest.mark.parametrize("name", sorted(each.name for each in TRAFFIC.glob("*.json")))
def test_each_example_of_traffic_is_valid(name: str) -> None:
    read = inputs.read(EVENT, TRAFFIC / name)

    assert read.traffic["endpointName"] == "steady-endpoint"
    assert read.clock < "2026-12-07T08:00:00Z"


def test_the_bounds_of_a_schedule_are_short() -> None:
    result = recorded()[LAST]
    result["activities"][0]["Description"] = "Setting min capacity to 3 and max capacity to 10"

    assert "min 3 and max 10" in [each.change for each in of(result).activities]


@pytest.mark.parametrize("preset", command.PRESETS)
def test_each_preset_has_a_picture_for_light_and_dark_pages_in_the_documents(preset: str) -> None:
    page = (project.ROOT / "docs" / "scaling.md").read_text()

    for file in pictures.files(preset).values():
        assert f'"{file.name}"' in page
        assert f"AllTraffic: {preset}" in [each.text for each in texts(file.read_text())]


@pytest.mark.parametrize(
    ("traffic", "problem"),
    [
        ("{", "traffic.json: Expecting property name"),
        ("[]", "traffic.json: not a JSON object"),
        ('{"endpointName": "e"}', "/endpointName: remove it"),
        ('{"hours": 0}', "/hours: 0 is not a number above 0"),
        ('{"hours": 1, "requestsPerSecond": [{"csv": "no.csv"}]}', "no.csv"),
        ('{"hours": 1, "peak": 3}', "/peak: unknown member"),
    ],
)
def test_bad_traffic_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], traffic: str, problem: str
) -> None:
    monkeypatch.setattr(stack, "running", started)
    path = tmp_path / "traffic.json"
    path.write_text(traffic)

    assert run(EVENT, path) == command.Exit.BAD_USAGE
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize("event", ["no.json", "remove_endpoint.json"])
def test_a_bad_event_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], event: str
) -> None:
    monkeypatch.setattr(stack, "running", started)

    assert run(EVENT.with_name(event), TRAFFIC / "daily.json") == command.Exit.BAD_USAGE
    assert event in capsys.readouterr().err


def test_png_without_its_package_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack, "running", started)
    monkeypatch.setitem(sys.modules, "resvg_py", None)

    assert run(EVENT, TRAFFIC / "daily.json", "--png") == command.Exit.BAD_USAGE
    assert f"PNG=1 needs the package {png.PACKAGE}" in capsys.readouterr().err


def test_the_command_shows_a_table_and_writes_a_picture_for_each_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(playing, "rehearse", lambda _, name, __: Rehearsal(name, recorded()))

    assert run(EVENT, TRAFFIC / "spike.json", "--out", tmp_path) == command.Exit.PLAYED

    shown = capsys.readouterr().out
    assert "worst load" in shown
    assert "Assumptions: " in shown
    assert "Prices: USD, us-east-1" in shown
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "steady-endpoint-AllTraffic-dark.svg",
        "steady-endpoint-AllTraffic-light.svg",
    ]


def test_a_preset_that_the_payload_cannot_have_is_named_and_the_others_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def rehearse(_: Any, name: str, __: Any) -> Rehearsal:
        if name == "to-zero":
            raise playing.RefusedError("InvalidRequest: no zero")
        return Rehearsal(name, recorded())

    monkeypatch.setattr(playing, "rehearse", rehearse)

    assert run(EVENT, TRAFFIC / "spike.json", "--presets", "all", "--out", tmp_path) == command.Exit.PLAYED
    shown = capsys.readouterr().out
    assert "to-zero is not possible here: InvalidRequest: no zero" in shown
    assert "bursty" in shown
    assert (tmp_path / "steady-endpoint-AllTraffic-bursty-light.svg").exists()


def test_a_preset_replaces_policies_and_takes_the_load_test_from_the_traffic() -> None:
    event = {
        "productionVariants": [{"VariantName": "v"}],
        "targetTrackingScalingPolicyConfiguration": {"TargetValue": 5},
        "autoscaling": {"v": {"policies": [], "maxCapacity": 3}},
    }
    before = copy.deepcopy(event)

    changed = playing.with_preset(event, "bursty", 20)

    assert changed["autoscaling"] == {"v": {"maxCapacity": 3}, "*": {"preset": "bursty", "expectedPeakRps": 20}}
    assert "targetTrackingScalingPolicyConfiguration" not in changed
    assert event == before


@pytest.mark.parametrize(
    "event",
    [
        {"productionVariants": [{"VariantName": "v"}], "asyncInferenceConfig": {}},
        {"productionVariants": [{"VariantName": "v", "ServerlessConfig": {}}]},
    ],
)
def test_a_preset_without_a_policy_on_invocations_takes_no_load_test(event: dict[str, Any]) -> None:
    assert playing.with_preset(event, "steady", 20)["autoscaling"] == {"*": {"preset": "steady"}}


def test_prices_have_a_date_and_a_source_and_warn_after_a_year() -> None:
    prices = Prices.load()

    assert prices.cost("ml.m5.xlarge", 10) == pytest.approx(2.3)
    assert prices.cost("ml.nobody.xlarge", 10) is None
    assert "read 2026-09-28. Source: AWS Price List" in prices.note(date(2027, 9, 28))
    assert "Warning: the prices are 366 days old." in prices.note(date(2027, 9, 29))
