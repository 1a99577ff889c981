"""The state of an alarm by its datapoints, metric math, percentiles, reasons and rules of composite alarms."""

from types import SimpleNamespace
from typing import Any

import pytest
from moto.cloudwatch.exceptions import ValidationError

from local_aws.cloudwatch import expressions, missing_data, reasons, rules, statistics
from local_aws.cloudwatch.expressions import UnsupportedError
from local_aws.cloudwatch.series import Bucket, Series

BREACHES = {"0": False, "X": True, "-": None}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
CURRENT = "as before"

# CloudWatch user guide, alarms-and-missing-data: the examples of its two tables. Datapoints, the oldest first.
GUIDE = [
    ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
    ("- - - - 0", 3, ("OK", "OK", "OK", "OK")),
    ("- - - - -", 3, ("INSUFFICIENT_DATA", CURRENT, "ALARM", "OK")),
    ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("- - X - -", 3, ("ALARM", CURRENT, "ALARM", "OK")),
    ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
    ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
    ("- - - X -", 2, ("ALARM", CURRENT, "ALARM", "OK")),
]


@pytest.mark.parametrize(("datapoints", "to_alarm", "expected"), GUIDE)
def test_the_guides_examples_of_missing_data_have_its_states(
    datapoints: str, to_alarm: int, expected: tuple[str, ...]
) -> None:
    breaches = [BREACHES[each] for each in datapoints.split()]

    states = tuple(missing_data.state(breaches, 3, to_alarm, treatment, CURRENT) for treatment in TREATMENTS)

    assert states == expected


def test_one_breaching_datapoint_of_three_does_not_raise_a_new_alarm() -> None:
    assert missing_data.state([None, None, None, None, True], 3, 3, "missing", "INSUFFICIENT_DATA") == (
        "INSUFFICIENT_DATA"
    )


def value_of(expression: str, **series: list[float | None]) -> float | None:
    """The expression's value in the last of the minutes for which the series have values."""
    length = max(len(values) for values in series.values())

    def reader(values: list[float | None]) -> expressions.Value:
        return lambda start, _: values[start // 60] if 0 <= start // 60 < len(values) else None

    values = {name: reader(given) for name, given in series.items()}
    expressions.resolve({"result": expression}, values)
    return values["result"]((length - 1) * 60, length * 60)


COMPUTED: list[tuple[str, dict[str, list[float | None]], float | None]] = [
    ("100 * m1 / m2", {"m1": [1], "m2": [4]}, 25),
    ("(m1 + m2) - -m1", {"m1": [1], "m2": [4]}, 6),
    ("m1 / m2", {"m1": [1], "m2": [0]}, None),
    ("m1 + m2", {"m1": [1], "m2": [None]}, None),
    ("FILL(m1, 0) + m2", {"m1": [None], "m2": [4]}, 4),
    ("FILL(m1, m2)", {"m1": [None], "m2": [4]}, 4),
    ("FILL(m1, REPEAT)", {"m1": [7, None, None]}, 7),
    ("IF(m1 > 3, m2, 0)", {"m1": [4], "m2": [9]}, 9),
    ("IF(m1 >= 5, m2, 1.5)", {"m1": [4], "m2": [9]}, 1.5),
    ("IF(m1 == 5, m2)", {"m1": [4], "m2": [9]}, None),
    ("MAX([m1, m2])", {"m1": [4], "m2": [9]}, 9),
    ("MIN([m1, m2])", {"m1": [4], "m2": [None]}, 4),
    ("SUM([m1, m2])", {"m1": [4], "m2": [9]}, 13),
    ("avg([m1, m2])", {"m1": [4], "m2": [9]}, 6.5),
]


@pytest.mark.parametrize(("expression", "series", "expected"), COMPUTED)
def test_expressions_are_computed(
    expression: str, series: dict[str, list[float | None]], expected: float | None
) -> None:
    assert value_of(expression, **series) == expected


@pytest.mark.parametrize(
    "expression",
    ["ANOMALY_DETECTION_BAND(m1)", "SEARCH('x', 'Sum')", "METRICS()", "RATE(m1)", "m1 ** 2", "MAX(m1)", "m1 m1", ""],
)
def test_other_expressions_are_refused(expression: str) -> None:
    with pytest.raises(UnsupportedError, match=r"^the expression"):
        value_of(expression, m1=[1.0])


def test_expressions_can_refer_to_expressions_but_not_in_a_circle() -> None:
    values: dict[str, expressions.Value] = {"m1": lambda *_: 2.0}
    expressions.resolve({"e1": "e2 * 2", "e2": "m1 + 1"}, values)
    assert values["e1"](0, 60) == 6

    with pytest.raises(UnsupportedError, match="refer to each other: e1, e2"):
        expressions.resolve({"e1": "e2", "e2": "e1"}, {})


def test_statistics_of_a_period_merge_its_minutes() -> None:
    series = Series()
    for at, value in ((0, 1.0), (59, 2.0), (60, 6.0)):
        bucket = Bucket()
        bucket.add(value)
        series.add(at, bucket)

    found = series.between(0, 120)

    assert found is not None
    names = ("SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50", "p100")
    computed = [statistics.named(name) for name in names]
    assert [each(found) for each in computed if each] == [3, 9, 3, 1, 6, 2, 6]
    assert series.between(120, 180) is None
    assert series.between(50, 60) is not None
    assert series.between(30, 50) is None


def test_a_statistic_set_of_different_values_has_no_percentile() -> None:
    percentile = statistics.named("p99")

    assert percentile is not None
    assert percentile(Bucket.of_statistics(2, 3.0, 1.0, 2.0)) is None


def test_a_trimmed_mean_is_not_modelled() -> None:
    assert statistics.named("tm99") is None


ALARM: Any = SimpleNamespace(
    comparison_operator="GreaterThanThreshold", threshold=60, treat_missing_data="notBreaching", statistic="Sum"
)
REASONS = [
    (
        [(0, 70.0), (60, 80.0)],
        "ALARM",
        "Threshold Crossed: 2 out of the last 2 datapoints [80.0 (01/01/70 00:01:00), 70.0 (01/01/70 00:00:00)] were "
        "greater than the threshold (60.0) (minimum 2 datapoints for OK -> ALARM transition).",
    ),
    (
        [(0, 70.0), (60, 10.0)],
        "OK",
        "Threshold Crossed: 1 out of the last 2 datapoints [10.0 (01/01/70 00:01:00)] was not greater than the "
        "threshold (60.0) (minimum 1 datapoint for ALARM -> OK transition).",
    ),
    ([(0, None), (60, None)], "INSUFFICIENT_DATA", "Insufficient Data: 2 datapoints were unknown."),
    (
        [(0, None)],
        "OK",
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[NonBreaching].",
    ),
]


@pytest.mark.parametrize(("points", "state", "expected"), REASONS)
def test_reasons_are_those_of_cloudwatch(points: list[reasons.Point], state: str, expected: str) -> None:
    assert reasons.text(ALARM, points, state, to_alarm=2) == expected


STATES = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA"}
RULES = [
    ("ALARM(a)", True),
    ('ALARM("a") AND OK(b)', True),
    ("ALARM(a) AND NOT OK(b)", False),
    ("ALARM(b) OR INSUFFICIENT_DATA('c')", True),
    ("ALARM(a) OR ALARM(b) AND FALSE", True),
    ("(ALARM(a) OR ALARM(b)) AND FALSE", False),
    ("NOT (TRUE)", False),
    ("alarm(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a)", True),
]


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_rules_of_composite_alarms_hold_by_the_states_of_their_alarms(text: str, expected: bool) -> None:
    assert rules.parsed(text).holds(lambda name: STATES[name]) is expected


def test_a_rule_names_its_alarms() -> None:
    assert rules.parsed('ALARM(a) OR OK("b with space")').alarms == {"a", "b with space"}


@pytest.mark.parametrize("text", ["", "ALARM", "ALARM(a", "(ALARM(a)", "ALARM(a) ALARM(b)", "a AND b", "NOT", "TRUE )"])
def test_an_invalid_rule_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="AlarmRule is invalid at"):
        rules.parsed(text)
