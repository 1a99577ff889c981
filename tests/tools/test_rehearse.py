"""`make rehearse` draws what the local AWS played, from stored results, and refuses files before it starts."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from local_aws.offline import traffic_description
from plan_deployment.request.autoscaling import resources
from tests.support import project
from tools import environment, stack
from tools.rehearse import __main__ as command
from tools.rehearse import activities, chart, drawing, inputs, pictures, playing, png, words
from tools.rehearse.figures import Figures
from tools.rehearse.fleet import Fleet
from tools.rehearse.playing import LAST, WHOLE, Rehearsal
from tools.rehearse.presets import PRESETS
from tools.rehearse.prices import Prices

EVENT = project.ROOT / "events" / "deploy_steady.json"
TRAFFIC = project.ROOT / "traffic"
MINUTES = 3


def recorded() -> dict[str, Any]:
    """What was played for docs/scaling.md: deploy_steady.json with traffic/daily.json."""
    return pictures.stored("steady").results


def of(result: dict[str, Any]) -> Figures:
    return Figures(result, result["resources"][0])


def resource(**columns: Any) -> dict[str, Any]:
    """The recorded variant, with three minutes: one instance of 20 requests per second, and no requests."""
    found = recorded()[LAST]["resources"][0]
    counted = dict.fromkeys(("running", "wanted", "instances"), [1] * MINUTES)
    zeros = dict.fromkeys(("requestsPerSecond", "loadPerUnit", "utilization", "concurrency", "backlog", "failed"))
    return {**found, **counted, **{name: [0] * MINUTES for name in zeros}, **columns}


def with_columns(**columns: Any) -> Figures:
    return of({**recorded()[LAST], "activities": [], "resources": [resource(**columns)]})


def component(name: str, **columns: Any) -> dict[str, Any]:
    """One of several components on a variant of ml.m5.xlarge; two copies fit on an instance."""
    found = {"kind": "component", "name": name, "resourceId": f"inference-component/{name}"}
    return resource(**found, instanceType="ml.m5.xlarge", unitsPerInstance=2, **columns)


def with_components(*resources: dict[str, Any]) -> list[Figures]:
    result = {**recorded()[LAST], "activities": [], "resources": list(resources)}
    return [Figures(result, each) for each in resources]


def svg(figures: Figures, other: Figures | None = None, theme: str = "light") -> str:
    return drawing.svg(figures, other or figures, "as requested", chart.THEMES[theme])


def run(*arguments: str | Path) -> command.Exit:
    return command.main([str(each) for each in arguments])


def started(*_: Any, **__: Any) -> None:
    raise AssertionError("the local AWS was started")


def texts(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


def test_the_picture_says_when_and_why_the_variant_was_scaled() -> None:
    result, whole = recorded()[LAST], recorded()[WHOLE]

    shown = [each.text or "" for each in texts(svg(of(result), of(whole)))]

    assert "AllTraffic: as requested" in shown
    assert f"Scaling activities: {len(result['activities'])}" in shown
    assert "to 4 · above target of invocations" in shown
    assert any(each.startswith("Assumptions: a larger fleet is in service after 300 s") for each in shown)


@pytest.mark.parametrize("theme", sorted(chart.THEMES))
@pytest.mark.parametrize("name", ["W" * 63, "i" * 63])
def test_no_text_of_the_picture_leaves_it_or_covers_another(theme: str, name: str) -> None:
    result = recorded()[LAST]
    result["resources"][0]["name"] = name
    for each in result["activities"]:
        each["Cause"] = f"scheduled action name {'M' * 250} was triggered"

    boxes = [box(each) for each in texts(svg(of(result), theme=theme))]

    for number, (left, right, top, bottom, text) in enumerate(boxes):
        assert left >= 0, text
        assert right <= drawing.WIDTH, text
        for other_left, other_right, other_top, other_bottom, other in boxes[:number]:
            assert right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top, (
                text,
                other,
            )


def box(text: ElementTree.Element) -> tuple[float, float, float, float, str]:
    """The left, right, top and bottom that a text needs at most, and its words."""
    words_, size = text.text or "", float(text.attrib["font-size"])
    width = chart.width_of(words_, size)
    left = float(text.attrib["x"]) - {"start": 0.0, "middle": width / 2, "end": width}[text.attrib["text-anchor"]]
    bottom = float(text.attrib["y"])
    return left, left + width, bottom - 0.75 * size, bottom, words_


def test_both_outcomes_are_in_the_picture_where_they_differ() -> None:
    result, whole = recorded()[LAST], recorded()[LAST]
    whole["resources"][0]["running"][-1] += 1

    drawn = svg(of(result), of(whole))

    assert "running, other assumption" in drawn
    assert "Scale-in by the highest datapoint of its window (other assumption)" in drawn


def test_one_outcome_is_named_as_the_same_for_both_assumptions() -> None:
    drawn = svg(of(recorded()[LAST]))

    assert "running, other assumption" not in drawn
    assert (
        "The outcome is the same whether a scale-in looks at the last datapoint or at the whole window: worst load"
        in (" ".join(each.text or "" for each in texts(drawn)))
    )


def test_the_axis_has_local_hours() -> None:
    assert [f"{at:%H:%M}" for at in drawing.moments(of(recorded()[LAST]))][:3] == ["00:00", "02:00", "04:00"]


def test_the_figures_count_minutes_hours_and_the_fixed_fleets() -> None:
    minutes = with_columns(
        requestsPerSecond=[10, 50, 30], running=[1, 2, 2], instances=[1, 3, 2], loadPerUnit=[600, 1500, 900]
    )

    assert minutes.worst_load == 50 / 40
    assert minutes.minutes_above_target == 2
    assert minutes.above_capacity == [False, True, False]
    assert minutes.unit_hours == 6 / 60
    assert minutes.fixed_fleet == 3
    assert minutes.fixed_fleet_at_target == 5


def test_a_metric_that_no_result_has_gives_no_minutes_above_target() -> None:
    custom = with_columns(targets=[{"policyName": "p", "metric": "QueueLength", "targetValue": 3}])

    assert custom.minutes_above_target is None
    assert custom.fixed_fleet_at_target is None


def test_minutes_at_zero_with_requests_or_jobs_that_wait_are_above_target_and_capacity() -> None:
    backlog = [{"policyName": "backlog", "metric": "ApproximateBacklogSizePerInstance", "targetValue": 5}]

    asleep = with_columns(running=[0, 0, 0], requestsPerSecond=[0, 2, 0], backlog=[0, 120, 120], targets=backlog)

    assert asleep.minutes_above_target == 2
    assert words.outcome(asleep).startswith(
        "worst load 0 %, 2 min above target, 2 min above capacity (2 of them at zero)"
    )
    assert "above capacity" in svg(asleep)


def test_each_target_has_a_panel_with_its_line() -> None:
    metrics = ("SageMakerVariantInvocationsPerInstance", "SageMakerVariantConcurrentRequestsPerModelHighResolution")
    targets = [{"policyName": "p", "metric": each, "targetValue": 7 + n} for n, each in enumerate(metrics)]

    shown = [each.text for each in texts(svg(with_columns(targets=targets, concurrency=[1, 9, 2])))]

    assert {"Requests per instance and minute", "target 7", "Concurrent requests per instance", "target 8"} <= {*shown}
    assert shown.count("above target") == 1


def test_failed_requests_are_drawn_and_counted() -> None:
    failing = with_columns(running=[0, 1, 1], requestsPerSecond=[3, 3, 0], failed=[180, 0, 0])

    assert "failed" in [each.text for each in texts(svg(failing))]
    assert "180 failed requests" in words.outcome(failing)
    assert "failed" not in [each.text for each in texts(svg(with_columns()))]


def test_the_maximum_is_a_line_or_is_named_if_it_would_flatten_the_others() -> None:
    near, far = (with_columns(minimum=[1] * MINUTES, maximum=[most] * MINUTES) for most in (4, 100))

    assert "maximum" in [each.text for each in texts(svg(near))]
    assert "Instances (maximum 100, above this panel)" in [each.text for each in texts(svg(far))]


def test_components_on_one_variant_share_its_instances() -> None:
    """Instances are the maximum of what the components report; fixed copies become instances by their room."""
    busy = component("busy", running=[3, 3, 3], instances=[2, 3, 3], requestsPerSecond=[50, 50, 50])
    late = component("late", running=[0, 0, 1], instances=[0, 0, 3], requestsPerSecond=[0, 0, 10])

    first, second = with_components(busy, late)

    assert Fleet(first).instances == Fleet(second).instances == [2, 3, 3]
    assert Fleet(first).hours == 8 / 60
    assert (first.unit_hours, second.unit_hours) == (9 / 60, 1 / 60)
    assert (first.fixed_fleet, second.fixed_fleet, Fleet(first).fixed) == (3, 1, 2)
    assert {"Copies", "instances"} <= {each.text for each in texts(svg(first))}
    assert words.outcome(first).endswith("0.1 instance hours of AllTraffic (2 × 0.05 h = 0.1 h fixed)")


def test_instance_pools_have_the_hours_and_the_cost_of_each_type() -> None:
    pools = {"ml.m5.large": [1, 2, 2], "ml.m5.xlarge": [0, 0, 1]}

    mixed = with_columns(instanceType=None, instancePools=pools, instances=[1, 2, 3])

    assert mixed.instance_hours == {"ml.m5.large": 5 / 60, "ml.m5.xlarge": 1 / 60}
    assert Prices.load().cost(mixed.instance_hours) == pytest.approx((5 * 0.115 + 0.23) / 60)
    assert any((each.text or "").startswith("ml.m5.large, ml.m5.xlarge · ") for each in texts(svg(mixed)))


def test_the_room_of_an_unknown_instance_type_gives_no_fixed_fleet() -> None:
    (alone,) = with_components(component("alone") | {"unitsPerInstance": None})

    assert Fleet(alone).fixed is None
    assert "× 0.05 h = 0.1 h fixed)" in words.outcome(alone)


@pytest.mark.parametrize(
    ("cause", "short"),
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
def test_the_reason_of_an_activity_is_short(cause: str, short: str) -> None:
    assert activities.reason(cause) == short


@pytest.mark.parametrize("name", sorted(each.name for each in TRAFFIC.glob("*.json")))
def test_each_example_of_traffic_is_valid(name: str) -> None:
    read = inputs.read(EVENT, TRAFFIC / name)

    assert read.traffic["endpointName"] == "steady-endpoint"
    assert read.clock < "2026-12-07T08:00:00Z"


def test_the_bounds_of_a_schedule_are_short() -> None:
    result = recorded()[LAST]
    result["activities"][0]["Description"] = "Setting min capacity to 3 and max capacity to 10"

    assert "min 3, max 10" in [each.change for each in of(result).activities]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_documents_have_the_pictures_of_what_was_played(preset: str) -> None:
    """`python -m tools.rehearse.pictures --draw` draws them again; test_rehearse_command.py plays one."""
    page = (project.ROOT / "docs" / "scaling.md").read_text()

    for theme, drawn in pictures.drawn(pictures.stored(preset)).items():
        file = pictures.files(preset)[theme]
        assert f'"{file.name}"' in page
        assert file.read_text() == drawn


@pytest.mark.parametrize("preset", PRESETS)
def test_what_was_played_is_the_payload_and_the_traffic_of_the_example(preset: str) -> None:
    read = inputs.read(*pictures.EXAMPLES[preset].paths)
    (wanted,) = resources(read.event)
    described = traffic_description(read.traffic, 0.0)

    for result in pictures.stored(preset).results.values():
        (played,) = result["resources"]
        targets = {each.name: each.tracking["TargetValue"] for each in wanted.policies if each.tracking}
        assert {each["policyName"]: each["targetValue"] for each in played["targets"]} == {
            f"slipway-{name}": value for name, value in targets.items()
        }
        assert {*played["maximum"]} == {wanted.value("maxCapacity")}
        assert min(played["minimum"]) == wanted.min_capacity
        middles = [described.start + second + 30 for second in played["seconds"]]
        rates = [described.requests_per_second(each) for each in middles]
        assert played["requestsPerSecond"] == pytest.approx(rates, abs=0.01)


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


def test_a_payload_that_the_planner_refuses_starts_nothing_and_has_its_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack, "running", started)

    code = run(EVENT.with_name("bad_min_above_max.json"), TRAFFIC / "spike.json", "--out", tmp_path / "none")

    assert code == command.Exit.REFUSED
    assert "/autoscalingMinCapacity: 5 is more than autoscalingMaxCapacity, 4" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_png_without_its_packages_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_index(*_: Any) -> None:
        raise environment.SetupError("no index")

    monkeypatch.setattr(stack, "running", started)
    monkeypatch.setattr(environment, "set_up", no_index)

    assert run(EVENT, TRAFFIC / "daily.json", "--png") == command.Exit.BAD_USAGE
    assert capsys.readouterr().err == f"PNG=1 needs the packages in {png.REQUIREMENTS.name}:\nno index\n"


def test_a_stack_that_is_not_deployed_has_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise stack.DeployError("sam deploy: no")

    monkeypatch.setattr(stack, "running", fails)

    assert run(EVENT, TRAFFIC / "daily.json") == command.Exit.STACK_FAILED
    assert "sam deploy: no" in capsys.readouterr().err


def test_the_command_shows_a_table_and_writes_a_picture_for_each_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(playing, "rehearse", lambda _, name, __: Rehearsal(name, recorded()))

    assert run(EVENT, TRAFFIC / "spike.json", "--out", tmp_path) == command.Exit.PLAYED

    shown = capsys.readouterr().out
    assert "scale-in by" in shown
    assert "Assumptions: " in shown
    assert "Price of ml.c5.2xlarge: 0.408 USD an hour, on demand in us-east-1, read 2025-02-03." in shown
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "steady-endpoint-AllTraffic-dark.svg",
        "steady-endpoint-AllTraffic-light.svg",
    ]


def test_the_instances_that_components_share_have_a_table_with_their_cost_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    both = [component("a", running=[2] * MINUTES), component("b", running=[2] * MINUTES)]
    result = {**recorded()[LAST], "activities": [], "resources": both}
    monkeypatch.setattr(playing, "rehearse", lambda _, name, __: Rehearsal(name, {LAST: result, WHOLE: result}))

    run(EVENT, TRAFFIC / "spike.json", "--out", tmp_path)

    shown = capsys.readouterr().out
    of_components, of_instances = shown.split("AllTraffic: the instances that its components share")
    assert "USD" not in of_components
    assert re.search(
        r"as requested +either +1 +0.1 h +1: 0.1 h +1: 0.1 h *\n *0.01 USD +0.01 USD +0.01 USD", of_instances
    )
    assert sorted(each.name for each in tmp_path.glob("*-light.svg")) == [
        "steady-endpoint-a-light.svg",
        "steady-endpoint-b-light.svg",
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
