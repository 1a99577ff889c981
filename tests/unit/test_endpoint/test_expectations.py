import json
from typing import Any

import pytest

from test_endpoint.answers import Answer
from test_endpoint.expectations import unmet

SETOSA = {"predictions": [{"predicted_class": "setosa", "probabilities": {"setosa": 0.97}}]}


def answer(
    document: Any = SETOSA,
    status: int = 200,
    content_type: str = "application/json",
    latency_milliseconds: float | None = 12.3,
) -> Answer:
    body = document if isinstance(document, str) else json.dumps(document)
    return Answer(status, content_type, body.encode(), latency_milliseconds)


def lines(given: Answer, **expect: Any) -> list[str]:
    return [str(each) for each in unmet(given, expect)]


@pytest.mark.parametrize(
    "expect",
    [
        {},
        {"status": 200},
        {"equals": {"/predictions/0/predicted_class": "setosa"}},
        {"equals": {"": SETOSA}},
        {"within": {"/predictions/0/probabilities/setosa": [1.0, 0.05]}},
        {"rows": {"/predictions": 1}},
        {"schema": {"type": "object", "required": ["predictions"]}},
        {"schema": {"$ref": "#/$defs/answer", "$defs": {"answer": {"type": "object"}}}},
        {"latencyMilliseconds": 13},
        {"noNaN": True},
    ],
)
def test_an_answer_as_expected_meets_every_expectation(expect: dict[str, Any]) -> None:
    assert lines(answer(), **expect) == []


@pytest.mark.parametrize(
    ("expect", "line"),
    [
        ({"status": 400}, "status: expected 400, got 200 "),
        (
            {"equals": {"/predictions/0/predicted_class": "virginica"}},
            '/predictions/0/predicted_class: expected "virginica", got "setosa"',
        ),
        ({"equals": {"/predictions/1": None}}, "/predictions/1: expected null, got nothing"),
        ({"equals": {"": 1}}, 'the whole answer: expected 1, got {"predictions": [{"predicted_class": "setosa", '),
        (
            {"within": {"/predictions/0/probabilities/setosa": [1.0, 0.01]}},
            "/predictions/0/probabilities/setosa: expected 1.0 ± 0.01, got 0.97",
        ),
        (
            {"within": {"/predictions/0/predicted_class": [1.0, 0.01]}},
            '/predictions/0/predicted_class: expected 1.0 ± 0.01, got "setosa"',
        ),
        ({"rows": {"/predictions": 2}}, "/predictions: expected a list of 2, got a list of 1"),
        ({"rows": {"": 1}}, 'the whole answer: expected a list of 1, got {"predictions"'),
        (
            {"schema": {"properties": {"predictions": {"minItems": 2}}}},
            '/predictions: expected minItems 2 of the schema, got [{"predicted_class"',
        ),
        ({"latencyMilliseconds": 12}, "latency: expected at most 12 ms, got 12.3 ms"),
    ],
)
def test_an_expectation_that_does_not_hold_names_expected_and_actual(expect: dict[str, Any], line: str) -> None:
    (found,) = lines(answer(), **expect)

    assert found.startswith(line)


def test_every_expectation_that_does_not_hold_is_reported() -> None:
    found = lines(answer(), latencyMilliseconds=1, equals={"/a": 1, "/b": 2}, rows={"/c": 3})

    assert [line.partition(":")[0] for line in found] == ["latency", "/a", "/b", "/c"]


def test_another_status_is_the_only_finding_with_what_the_container_said() -> None:
    given = answer("no such column: age", 400, "")

    assert lines(given, equals={"/a": 1}) == ['status: expected 200, got 400 "no such column: age"']
    assert lines(answer("", 500), status=200) == ["status: expected 200, got 500"]


def test_an_expected_error_can_have_an_expected_text() -> None:
    assert lines(answer("no such column: age", 400, ""), status=400, equals={"": "no such column: age"}) == []


def test_no_answer_is_shown_as_a_whole() -> None:
    long = {"text": "x" * 10_000}

    found = [*lines(answer(long), equals={"/text": "y" * 10_000}), *lines(answer(long, 500)), *lines(answer("{" * 999))]

    assert len(found) == 3
    assert all(len(line) < 500 for line in found)


@pytest.mark.parametrize(("body", "kind"), [('{"a": NaN}', "application/json"), ("nan\n", "text/csv")])
def test_numbers_that_are_not_finite_fail_unless_they_are_allowed(body: str, kind: str) -> None:
    (line,) = lines(answer(body, content_type=kind))

    assert line.endswith(": expected a finite number, got NaN")
    assert lines(answer(body, content_type=kind), noNaN=False) == []


def test_not_a_number_is_within_no_tolerance() -> None:
    assert lines(answer('{"a": NaN}'), noNaN=False, within={"/a": [1, 1000]}) == ["/a: expected 1 ± 1000, got NaN"]


@pytest.mark.parametrize(
    ("found", "value", "is_same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ([1, {"a": 2}], [1.0, {"a": 2}], True),
        ([True], [1], False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        (None, None, True),
    ],
)
def test_values_are_equal_as_json_values(found: Any, value: Any, is_same: bool) -> None:
    assert (lines(answer({"v": found}), equals={"/v": value}) == []) is is_same


def test_rows_of_csv_are_counted_and_compared() -> None:
    given = answer("0.1,setosa\n0.9,virginica\n", content_type="text/csv")

    assert lines(given, rows={"": 2}, equals={"/1/1": "virginica"}, within={"/0/0": [0.1, 0]}) == []
    assert lines(given, rows={"": 3}) == ["the whole answer: expected a list of 3, got a list of 2"]


def test_an_answer_that_is_not_json_although_its_type_says_so_is_reported() -> None:
    (line,) = lines(answer("<html>"))

    assert line.startswith('body: expected JSON, got "the body is not JSON: Expecting value')


def test_the_messages_of_an_answer_with_countless_faults_are_limited() -> None:
    assert len(lines(answer([float("nan")] * 5000))) == 1000


@pytest.mark.parametrize(
    ("body", "expect"),
    [
        ("1" + "0" * 400, {"within": {"": [1.5, 1]}}),
        ("1" + "0" * 400, {"schema": {"multipleOf": 0.5}}),
        ("1", {"schema": {"$ref": "#"}}),
        ("[" * 400 + "]" * 400, {"schema": {"items": {"$ref": "#"}}}),
    ],
)
def test_an_answer_that_cannot_be_compared_is_not_as_expected(body: str, expect: dict[str, Any]) -> None:
    (line,) = lines(answer(body), **expect)

    assert line.startswith("the whole answer: expected numbers and nesting that can be compared, got ")


def test_an_answer_that_has_no_utf8_can_be_shown() -> None:
    (line,) = lines(answer(r'{"a": "\ud800"}'), equals={"/a": "x"})

    assert line.encode() == b'/a: expected "x", got "?"'
